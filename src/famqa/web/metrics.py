"""Figures of a running server in Prometheus' format, and the assistant that keeps them."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from famqa.assistant import Assistant, Trace
from famqa.errors import FamqaError, QuestionError
from famqa.records import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MOST_THREADS = 4
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger("famqa.questions")


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # lines that only say when counting began
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "famqa_http_requests", "Requests answered.", ["method", "status"], registry=self.registry
        )
        self._questions = Counter(
            "famqa_questions", "Questions by what came of them.", ["status"], registry=self.registry
        )
        for status in ("answered", "no_answer", "refused", "failed"):
            self._questions.labels(status)
        self._seconds = Histogram(
            "famqa_question_seconds",
            "Seconds of each stage of a question, and in all; 'wait' is the time until its turn came.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._running = Gauge("famqa_questions_running", "Questions being answered now.", registry=self.registry)
        self._limited = Counter(
            "famqa_rate_limited", "Requests refused because the client asked too fast.", registry=self.registry
        )
        self._updates = Counter(
            "famqa_index_updates",
            "Index updates asked for through the API, by what came of them.",
            ["result"],
            registry=self.registry,
        )

        self._switches = Counter(
            "famqa_index_switches",
            "Times that another generation of the index was taken up, whoever published it.",
            registry=self.registry,
        )
        self._generation = ""
        self._looking = threading.Lock()

    def request_finished(self, method: str, status: int, seconds: float) -> None:
        """Counts a request; the signature is that of `logs.Finished`."""
        self._requests.labels(method if method in _METHODS else "other", str(status)).inc()

    def too_fast(self) -> None:
        """Counts a request that was refused because its client asks too fast."""
        self._limited.inc()

    def update_finished(self, result: str) -> None:
        """Counts an index update: "published", "unchanged", "busy" or "failed"."""
        self._updates.labels(result).inc()

    def answered(self, answer: Answer, waited: float) -> None:
        """Counts an answer with its times."""
        self.saw(answer.index)
        self._questions.labels(answer.status).inc()
        self._seconds.labels("wait").observe(waited)
        for stage, elapsed_ms in answer.timings_ms.items():
            self._seconds.labels(stage).observe(elapsed_ms / 1000)

    def saw(self, generation: str) -> None:
        """Notices which generation is served."""
        with self._looking:
            if self._generation not in ("", generation):
                self._switches.inc()
            self._generation = generation

    def not_answered(self, status: str) -> None:
        """Counts a question that was "refused" (it cannot be asked) or that "failed"."""
        self._questions.labels(status).inc()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Counts a question as running while the context lasts."""
        self._running.inc()
        try:
            yield
        finally:
            self._running.dec()

    def watch_index(self, assistant: Assistant) -> None:
        """Has the served generation's figures told at each look."""
        self.registry.register(_IndexCollector(assistant, self.saw))

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self.registry)


class _IndexCollector(Collector):
    """Looks at the served generation whenever the figures are asked for."""

    def __init__(self, assistant: Assistant, saw: Callable[[str], None]) -> None:
        self._assistant = assistant
        self._saw = saw

    def describe(self) -> list[Metric]:
        return []  # so that registering it does not open an index

    def collect(self) -> Iterator[Metric]:
        try:
            overview = self._assistant.overview()
        except FamqaError:
            yield GaugeMetricFamily("famqa_index_up", "Whether the index can be opened.", value=0)
            return
        self._saw(overview.generation)
        age = max(0.0, (datetime.now(UTC) - overview.built_at).total_seconds())  # the clock may have been set back
        yield GaugeMetricFamily("famqa_index_up", "Whether the index can be opened.", value=1)
        yield GaugeMetricFamily("famqa_index_age_seconds", "Seconds since the served index was built.", value=age)
        yield GaugeMetricFamily("famqa_documents", "Documents in the served index.", value=len(overview.documents))
        yield GaugeMetricFamily("famqa_passages", "Passages in the served index.", value=overview.passages)


class MeasuredAssistant:
    """An assistant whose questions are counted, logged, and answered a few at a time.

    Everything else is the assistant's own. More questions at once than there are cores for would only make each of
    them slower, so the others wait here, whichever way they came.
    """

    def __init__(
        self, assistant: Assistant, metrics: Metrics, at_once: int | None = None, log_questions: bool = False
    ) -> None:
        self._assistant = assistant
        self._metrics = metrics
        self._turns = threading.BoundedSemaphore(at_once or questions_at_once())
        self._log_questions = log_questions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def ask(self, question: str, *arguments: Any, **named: Any) -> Answer:
        """As `Assistant.ask`."""
        return self._measured(question, lambda: self._assistant.trace(question, 0, *arguments, **named)).answer

    def trace(self, question: str, *arguments: Any, **named: Any) -> Trace:
        """As `Assistant.trace`."""
        return self._measured(question, lambda: self._assistant.trace(question, *arguments, **named))

    def _measured(self, question: str, trace: Callable[[], Trace]) -> Trace:
        extra: dict[str, Any] = {"question": question} if self._log_questions else {}
        began = time.perf_counter()
        with self._turns, self._metrics.running():
            waited = time.perf_counter() - began
            try:
                found = trace()
            except QuestionError:
                self._metrics.not_answered("refused")
                raise
            except Exception:
                self._metrics.not_answered("failed")
                raise
        answer = found.answer
        self._metrics.answered(answer, waited)
        extra |= {"status": answer.status, "confidence": answer.confidence, "ms": answer.timings_ms}
        _log.info("question", extra={**extra, "wait_ms": round(waited * 1000, 1), "index": answer.index})
        return found


def measured(
    assistant: Assistant, metrics: Metrics, at_once: int | None = None, log_questions: bool = False
) -> Assistant:
    """The assistant with its questions counted; to those who use it, it is one like any other."""
    return cast(Assistant, MeasuredAssistant(assistant, metrics, at_once, log_questions))


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_a_question() -> int:
    """How many threads read one question: as OMP_NUM_THREADS says, else one a core, 4 at most.

    A question alone is answered soonest with all of them, and many in a row as soon as side by side: twice the
    threads cost a tenth more processor time. Beyond four they no longer help so small a model.
    """
    stated = os.environ.get("OMP_NUM_THREADS", "")
    return int(stated) if stated.isdecimal() and int(stated) else min(_MOST_THREADS, cores())


def questions_at_once() -> int:
    """How many questions are answered side by side, so that no core has to serve two of them."""
    return max(1, cores() // threads_a_question())
