"""The server around the pages: health, figures, logs, ways to start and to stop. Real sockets where that matters."""

from __future__ import annotations

import io
import json
import logging
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from conftest import SMALL_CORPUS, TermEmbedder, make_settings
from famqa.assistant import Assistant
from famqa.errors import FamqaError, QuestionError, SettingsError
from famqa.indexing import update
from famqa.settings import SENTENCE_READER, Settings, load_settings
from famqa.updates import Updates
from famqa.users import UsersError
from famqa.web import logs, metrics, server
from famqa.web.metrics import MeasuredAssistant, Metrics, measured
from famqa.web.serving import Running, address_of, bind, exposure, running
from famqa.web.stopping import Draining, RootPath, Stopping

LOCAL = "http://127.0.0.1"


@pytest.fixture
def asked(tmp_path: Path, fake_model: TermEmbedder) -> Assistant:
    """An assistant without any model, and so a fast one."""
    settings = make_settings(tmp_path, dict(SMALL_CORPUS), reader=SENTENCE_READER, rate_limit=0)
    update(settings)
    return Assistant(settings)


@pytest.fixture
def blank_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are not the subject here and take long to build."""
    import gradio as gr

    def build(*_: Any) -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as page:
            gr.Markdown("A page.")
        return page

    monkeypatch.setattr("famqa.web.app.build_page", build)
    monkeypatch.setattr("famqa.web.documents_page.build", build)
    monkeypatch.setattr("famqa.web.evaluation_page.build", build)


@pytest.fixture
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no pages at all."""
    monkeypatch.setattr(server, "_mount_pages", lambda *_: None)


@pytest.fixture
def app(asked: Assistant, no_pages: None) -> Any:
    return server.create_app(asked, asked.settings)


@pytest.fixture
def client(app: Any) -> Iterator[TestClient]:
    with TestClient(app, base_url=LOCAL) as opened:
        yield opened


def wait_for(condition: Any, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.02)


def figure(client: Any, name: str) -> float:
    line = next(line for line in client.get("/metrics").text.splitlines() if line.startswith(f"{name} "))
    return float(line.rpartition(" ")[2])


# Health and figures


def test_health_and_readiness(client: TestClient, asked: Assistant) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    wait_for(lambda: client.get("/readyz").status_code == 200)
    (asked.settings.index / "CURRENT").unlink()
    assert client.get("/healthz").status_code == 200
    unready = client.get("/readyz")
    assert unready.status_code == 503 and "famqa index" in unready.json()["error"]


def test_it_is_not_ready_before_the_reader_is_loaded(
    asked: Assistant, no_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_load = threading.Event()
    real = asked.ask
    monkeypatch.setattr(asked, "ask", lambda question: may_load.wait(30) and real(question))
    with TestClient(server.create_app(asked, asked.settings), base_url=LOCAL) as client:
        unready = client.get("/readyz")
        assert unready.status_code == 503 and "being loaded" in unready.json()["error"]
        may_load.set()
        wait_for(lambda: client.get("/readyz").status_code == 200)


def test_a_reader_that_cannot_be_loaded_is_told(
    asked: Assistant, no_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(question: str) -> None:
        raise FamqaError("the reader's weights are damaged")

    monkeypatch.setattr(asked, "ask", fail)
    with TestClient(server.create_app(asked, asked.settings), base_url=LOCAL) as client:
        wait_for(lambda: "damaged" in client.get("/readyz").json()["error"])


def test_figures_count_what_was_asked(client: TestClient) -> None:
    wait_for(lambda: client.get("/readyz").status_code == 200)
    for question in ("Who was the architect of Gull Rock Lighthouse?", "zebra quartz xylophone"):
        client.post("/api/ask", json={"question": question})
    client.post("/api/ask", json={"question": "Who?", "within": ["attic"]})
    counts = {
        status: figure(client, f'famqa_questions_total{{status="{status}"}}')
        for status in ("answered", "no_answer", "refused", "failed")
    }
    assert counts["answered"] + counts["no_answer"] == 2 and counts["answered"] >= 1
    assert (counts["refused"], counts["failed"]) == (1, 0)
    for stage in ("wait", "search", "read", "answer", "total"):
        assert figure(client, f'famqa_question_seconds_count{{stage="{stage}"}}') == 2
    assert (figure(client, "famqa_documents"), figure(client, "famqa_index_up")) == (2, 1)
    assert figure(client, "famqa_passages") > 5
    assert 0 <= figure(client, "famqa_index_age_seconds") < 600
    assert figure(client, "famqa_questions_running") == 0
    assert figure(client, "process_resident_memory_bytes") > 1e6


def test_a_clock_that_is_set_back_makes_no_index_of_the_future(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr(metrics, "datetime", Earlier)
    assert figure(client, "famqa_index_age_seconds") == 0


def test_figures_without_an_index_say_so(client: TestClient, asked: Assistant) -> None:
    (asked.settings.index / "CURRENT").unlink()
    assert figure(client, "famqa_index_up") == 0


def test_refusals_by_rate_are_counted(asked: Assistant, no_pages: None) -> None:
    settings = asked.settings.model_copy(update={"rate_limit": 1.0, "rate_burst": 2})
    with TestClient(server.create_app(asked, settings), base_url=LOCAL) as client:
        statuses = [client.get("/api/search?question=rope").status_code for _ in range(4)]
        assert statuses == [200, 200, 429, 429]
        assert figure(client, "famqa_rate_limited_total") == 2


def test_no_more_questions_at_once_than_it_is_made_for() -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Slow:
        def trace(self, question: str) -> Any:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.02)
            with lock:
                at_once -= 1
            raise QuestionError("enough")

        other = "what else it can do"

    slow = MeasuredAssistant(Slow(), Metrics(), at_once=2)  # type: ignore[arg-type]

    def ask() -> None:
        with pytest.raises(QuestionError):
            slow.trace("Why?")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2 and slow.other == "what else it can do"


def test_questions_at_once_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, stated, threads, at_once in (
        (1, "", 1, 1),
        (2, "", 2, 1),
        (4, "", 4, 1),
        (16, "", 4, 4),
        (16, "2", 2, 8),
        (2, "1", 1, 2),
        (2, "8", 8, 1),
        (2, "0", 2, 1),
        (2, "many", 2, 1),
    ):
        monkeypatch.setattr(metrics, "cores", lambda cores=cores: cores)
        monkeypatch.setenv("OMP_NUM_THREADS", stated)
        assert (metrics.threads_a_question(), metrics.questions_at_once()) == (threads, at_once)


# Requests and logs


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    handler = logs.set_up(as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)
    logging.getLogger("famqa").setLevel(logging.NOTSET)


def test_a_request_has_an_id_that_its_log_lines_bear(client: TestClient, lines: Any) -> None:
    wait_for(lambda: client.get("/readyz").status_code == 200)
    given = client.post("/api/ask", json={"question": "What is a secret?"}, headers={"x-request-id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    of_it = [line for line in lines() if line.get("request_id") == "abc-1"]
    assert [line["message"] for line in of_it] == ["question", "request"]
    assert of_it[0]["status"] in ("answered", "no_answer") and of_it[0]["ms"]["total"] > 0
    request = of_it[1]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/api/ask", 200)
    assert request["bytes"] == len(given.content) and request["ms"] > 0


def test_what_was_asked_is_not_in_the_log(client: TestClient, lines: Any) -> None:
    client.post("/api/ask", json={"question": "What is the hidden treasure?"})
    client.get("/api/ask", params={"question": "What is the hidden treasure?"})
    client.get("/?q=hidden+treasure")
    assert lines() and "hidden" not in json.dumps(lines())


def test_what_was_asked_is_in_the_log_if_that_is_set(asked: Assistant, lines: Any) -> None:
    measured(asked, Metrics(), log_questions=True).ask("What burned in the lamp?")
    assert [line["question"] for line in lines() if line["message"] == "question"] == ["What burned in the lamp?"]


@pytest.mark.parametrize("stated", ["", "a b", "x" * 101, 'a"b', "é", "a\tb"])
def test_an_id_that_could_not_stand_in_a_log_is_replaced(stated: str) -> None:
    made = logs.sane_id(stated)
    assert made != stated and len(made) == 32
    assert logs.sane_id(made) == made


def test_health_checks_are_not_logged(client: TestClient, lines: Any) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/api/documents"):
        client.get(path)
    assert [line["path"] for line in lines() if line["message"] == "request"] == ["/api/documents"]


# Pages


def test_pages_are_mounted_and_nothing_else(asked: Assistant, blank_pages: None) -> None:
    client = TestClient(server.create_app(asked, asked.settings), base_url=LOCAL)
    for path in ("/", "/documents/", "/evaluation/"):
        assert "text/html" in client.get(path).headers["content-type"]
    for path in ("/documents", "/evaluation"):
        moved = client.get(path, follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (308, f"{path}/")
    assert "svg" in client.get("/favicon.ico").headers["content-type"]
    for path in ("/openapi.json", "/docs", "/nothing", "/monitoring"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("root_path", ["/famqa", "https://example.org/famqa"])
def test_behind_a_proxy_at_a_path(asked: Assistant, blank_pages: None, root_path: str) -> None:
    app = server.create_app(asked, asked.settings, root_path=root_path)
    with TestClient(app, base_url=LOCAL) as client:
        for prefix in ("/famqa", ""):  # whether the proxy leaves the prefix there or takes it off
            assert client.get(f"{prefix}/healthz").status_code == 200
            assert client.get(f"{prefix}/api/documents").status_code == 200
            assert client.get(f"{prefix}/documents/").status_code == 200
            moved = client.get(f"{prefix}/documents", follow_redirects=False)
            assert moved.headers["location"] == "/famqa/documents/"
        assert client.get("/famqa/api/openapi.json").json()["servers"] == [{"url": "/famqa/api"}]
        assert root_path in client.get("/famqa/").text


def test_the_root_path_is_put_in_front_once() -> None:
    seen: list[tuple[str, str]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["root_path"], scope["path"]))

    import asyncio

    for path in ("/a", "/under/a", "/under", "/underneath", "/"):
        asyncio.run(RootPath(inner, "/under/")({"type": "http", "path": path}, None, None))  # type: ignore[arg-type]
    assert seen == [("/under", path) for path in ("/under/a", "/under/a", "/under", "/under/underneath", "/under/")]


def test_many_at_once_and_an_update_between_them(app: Any, asked: Assistant) -> None:
    (asked.settings.corpus / "bells.txt").write_text("The bell of Norra church was cast by Hanna Lund.")
    texts = {doc_id: asked.document(doc_id).text for doc_id in ("lighthouse.txt", "shop/prices.md")}
    given: list[httpx.Response] = []

    def ask(number: int) -> None:
        with httpx.Client(base_url=site.address, trust_env=False, timeout=120) as client:
            for question in ("Who was the architect?", f"What burned in the lamp {number}?", "What does rope cost?"):
                given.append(client.post("/api/ask", json={"question": question}))

    with running(app) as site:
        assert figure(httpx.Client(base_url=site.address, trust_env=False), "famqa_index_switches_total") == 0
        clients = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
        for client in clients[:10]:
            client.start()
        updated = httpx.post(f"{site.address}/api/index", trust_env=False, timeout=120)
        for client in clients[10:]:
            client.start()
        for client in clients:
            client.join()
        switches = figure(httpx.Client(base_url=site.address, trust_env=False), "famqa_index_switches_total")
    assert updated.status_code == 200 and updated.json()["plan"]["added"] == ["bells.txt"]
    assert [answer.status_code for answer in given] == [200] * 60
    assert switches == 1
    for answer in given:
        for cited in answer.json()["citations"] + answer.json()["nearest"]:
            if cited["doc_id"] in texts:
                assert texts[cited["doc_id"]][cited["start"] : cited["end"]] == cited["quote"]


def test_the_pages_and_the_api_share_their_updates(asked: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(server, "_mount_pages", lambda *arguments: given.extend(arguments))
    client = TestClient(server.create_app(asked, asked.settings), base_url=LOCAL)
    (updates,) = [each for each in given if isinstance(each, Updates)]
    assert updates.status().outcome == ""
    assert client.post("/api/index").json()["plan"]["up_to_date"] is True
    assert updates.status().outcome.startswith("index is up to date: 2 documents")


# Addresses


@pytest.mark.parametrize(
    ("host", "values", "said"),
    [
        ("127.0.0.1", {}, ""),
        ("127.8.8.8", {}, ""),
        ("::1", {}, ""),
        ("0.0.0.0", {}, "add and remove"),
        ("::", {}, "add and remove"),
        ("192.168.1.4", {}, "add and remove"),
        ("0.0.0.0", {"guests": True}, "may ask and read every document. To change"),
        ("0.0.0.0", {"users_file": "users"}, ""),
        ("0.0.0.0", {"users_file": "users", "guests": True}, ""),
        ("0.0.0.0", {"proxy_header": "x-user"}, ""),
    ],
)
def test_who_serves_everybody_without_a_name_is_told(
    tmp_path: Path, host: str, values: dict[str, Any], said: str
) -> None:
    line = exposure(make_settings(tmp_path, {}, **values), host)
    assert bool(line) == bool(said) and said in line and "\n" not in line


@pytest.mark.parametrize(("host", "times"), [("0.0.0.0", 1), ("127.0.0.1", 0)])
def test_the_console_says_once_that_everybody_is_served(
    asked: Assistant,
    no_pages: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
    times: int,
) -> None:
    monkeypatch.setattr(server.terminal, "open_assistant", lambda *_: asked)
    monkeypatch.setattr(server.logs, "set_up", lambda **_: None)
    monkeypatch.setattr(server.signal, "signal", lambda *_: None)
    monkeypatch.setattr(Running, "wait", Running.stop)
    monkeypatch.setattr("torch.set_num_threads", lambda _: None)
    server.serve(asked.settings.model_copy(update={"host": host, "port": 0}))
    told = capsys.readouterr().err.splitlines()
    assert [line.startswith("famqa is ready at ") for line in told].count(True) == 1 and told[-1] == "stopped"
    assert [line.startswith("nobody has to sign in here: ") for line in told].count(True) == times


def test_gradios_variables_are_honoured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert address_of(load_settings()) == ("127.0.0.1", 7860)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "8123")
    assert address_of(load_settings()) == ("0.0.0.0", 8123)
    assert address_of(load_settings(host="127.0.0.2", port=1234)) == ("127.0.0.2", 1234)
    monkeypatch.setenv("GRADIO_SERVER_PORT", "many")
    with pytest.raises(SettingsError, match="GRADIO_SERVER_PORT = 'many' is no port"):
        address_of(load_settings())


def test_an_address_that_cannot_be_used_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port}: the port is in use.*--port"):
            bind("127.0.0.1", port)
    with pytest.raises(SettingsError, match="check --host and --port"):
        bind("192.0.2.1", 0)
    with pytest.raises(SettingsError, match="check --host and --port"):
        bind("no such host", 0)


def test_a_wrong_line_of_the_users_file_is_told_before_an_index_is_built(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, dict(SMALL_CORPUS), users_file=tmp_path / "users", port=0)
    (tmp_path / "users").write_text("ann admin nonsense\n")
    with pytest.raises(UsersError, match="line 1: not a user"):
        server.serve(settings)
    assert not settings.index.exists()


def test_ipv6_addresses_are_served_with_or_without_brackets(app: Any) -> None:
    try:
        bind("::1", 0).close()
    except SettingsError:
        pytest.skip("no IPv6 here")
    with running(app, "[::1]") as site:
        assert site.address.startswith("http://[::1]:")
        assert httpx.get(f"{site.address}/healthz", trust_env=False).status_code == 200


# Memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
@pytest.mark.parametrize(("variables", "most"), [({}, 2), ({"MALLOC_ARENA_MAX": "5"}, 5)])
def test_threads_share_few_pools_of_memory(variables: dict[str, str], most: int) -> None:
    """Sixteen threads at once, which would have a pool each."""
    program = """
import ctypes, threading
from famqa.web.serving import keep_few_arenas
keep_few_arenas()
all_here = threading.Barrier(16)
def allocate():
    kept = bytearray(5000)
    all_here.wait(60)
threads = [threading.Thread(target=allocate) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
stream = c.fopen(b"/dev/stdout", b"w")
c.malloc_info(0, ctypes.c_void_p(stream))
c.fflush(ctypes.c_void_p(stream))
"""
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"} | variables
    environment["PYTHONPATH"] = str(Path(server.__file__).parents[2])
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert told.stdout.count("<heap nr=") == most


# Stopping


def test_a_question_under_way_is_finished_when_the_server_stops(
    asked: Assistant, no_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, real = threading.Event(), asked.trace

    def slow(question: str, *arguments: Any) -> Any:
        began.set()
        time.sleep(1)
        return real(question, *arguments)

    app = server.create_app(asked, asked.settings)
    site = Running(app, bind("127.0.0.1", 0), app.state.stopping)
    site.start()
    wait_for(lambda: httpx.get(f"{site.address}/readyz", trust_env=False).status_code == 200)
    monkeypatch.setattr(asked, "trace", slow)
    answers: list[httpx.Response] = []

    def ask() -> None:
        question = {"question": "Who was the architect?"}
        answers.append(httpx.post(f"{site.address}/api/ask", json=question, timeout=30, trust_env=False))

    asking = threading.Thread(target=ask)
    asking.start()
    assert began.wait(10)
    site.stop()
    asking.join()
    assert answers[0].status_code == 200 and answers[0].json()["question"] == "Who was the architect?"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{site.address}/healthz", trust_env=False)


def test_an_open_page_does_not_keep_the_server_from_stopping(asked: Assistant, blank_pages: None) -> None:
    with running(server.create_app(asked, asked.settings)) as site:
        address = f"{site.address}/gradio_api/heartbeat/abc"
        with httpx.stream("GET", address, trust_env=False, timeout=30) as stream:
            assert stream.status_code == 200
            assert "ALIVE" in next(stream.iter_text())
            started = time.monotonic()
            site.stop()
            assert time.monotonic() - started < 5


def test_an_update_is_given_up_when_the_server_stops(
    asked: Assistant, no_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()
    real = TermEmbedder.embed

    def slow(self: TermEmbedder, texts: Any) -> Any:
        began.set()
        time.sleep(0.2)
        return real(self, texts)

    app = server.create_app(asked, asked.settings)
    before = asked.generation().name
    many = "".join(f"# Part {n}\n\nNote number {n} says nothing.\n\n" for n in range(400))
    (asked.settings.corpus / "many.md").write_text(many)
    given: list[httpx.Response] = []
    with running(app) as site:
        wait_for(lambda: httpx.get(f"{site.address}/readyz", trust_env=False).status_code == 200)
        monkeypatch.setattr(TermEmbedder, "embed", slow)
        url = f"{site.address}/api/index"
        updating = threading.Thread(target=lambda: given.append(httpx.post(url, timeout=60, trust_env=False)))
        updating.start()
        assert began.wait(30)
    updating.join()
    assert given[0].status_code == 503 and "left as it was" in given[0].json()["error"]
    assert asked.generation().name == before


def test_streams_end_for_the_app_when_it_stops() -> None:
    import asyncio

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def never() -> Any:
        await asyncio.Event().wait()

    async def play(path: str) -> bool:
        stopping = Stopping()
        call = asyncio.ensure_future(
            Draining(endless, stopping)({"type": "http", "method": "GET", "path": path}, never, None)  # type: ignore[arg-type]
        )
        await asyncio.sleep(0.05)
        assert not call.done()
        stopping.set()
        done, _ = await asyncio.wait({call}, timeout=0.2)
        call.cancel()
        return bool(done)

    assert asyncio.run(play("/gradio_api/heartbeat/x"))
    assert asyncio.run(play("/documents/gradio_api/heartbeat/x"))
    assert not asyncio.run(play("/gradio_api/queue/data"))


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_command_stops_cleanly_and_tells_what_it_logs(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, {"kites.txt": "A kite has a tail."})
    command = [sys.executable, "-m", "famqa.cli", "serve", "--port", "0"]
    folders = ["--corpus", str(settings.corpus), "--index", str(settings.index)]
    source = str(Path(server.__file__).parents[2])
    log = tmp_path / "log"
    with log.open("wb") as file:
        extra = {"PYTHONPATH": source, "FAMQA_LOG_FORMAT": "json"}
        process = subprocess.Popen([*command, *folders], stderr=file, env=os.environ | extra)
    try:
        wait_for(lambda: b"ready at" in log.read_bytes() or process.poll() is not None, 300)
        line = next(line for line in log.read_text().splitlines() if "ready at" in line)
        address = next(word for word in line.split() if word.startswith("http://"))
        assert httpx.get(f"{address}/api/documents", trust_env=False, timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
    told = log.read_text().splitlines()
    assert told[-1] == "stopped" and "Traceback" not in log.read_text()
    requests = [json.loads(line) for line in told if line.startswith("{")]
    assert "/api/documents" in [line.get("path") for line in requests]


def test_the_models_are_loaded_by_no_daemon_whatever_thread_begins_it(
    asked: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python waits for such a thread before it ends; a daemon inside torch made the process abort."""
    loading: list[bool] = []
    monkeypatch.setattr(asked, "ask", lambda _: loading.append(threading.current_thread().daemon))
    begun = threading.Thread(target=server._Readiness(asked).start, daemon=True)
    begun.start()
    begun.join()
    wait_for(lambda: bool(loading))
    assert loading == [False]


def test_settings_of_the_server_come_from_variables_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAMQA_TRUSTED_PROXIES", "10.0.0.0/8, 192.168.1.7")
    monkeypatch.setenv("FAMQA_LOG_FORMAT", "json")
    settings: Settings = load_settings()
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.168.1.7")
    assert (settings.log_format, settings.log_questions, settings.users_file) == ("json", False, None)
