"""Time and memory of famqa on a folder of documents: indexing, asking, starting.

    python benchmarks/speed.py [--corpus corpus] [--questions FILE.jsonl] [--runs 5]

Whole commands are run as processes of their own in a fresh index folder; the median of the runs is printed, and the
largest memory of any of them. Questions are asked in one running process, after one to warm up.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from famqa.assistant import open_assistant
from famqa.evaluation.metrics import percentile
from famqa.settings import load_settings

QUESTIONS = ["What is it about?", "Who made it?", "When did it begin?", "How long is it?", "Which prizes did it win?"]


def run(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of `python -m famqa.cli ARGUMENTS`; stops the benchmark if it fails."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "famqa.cli", *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"famqa {' '.join(arguments)} ended with {child.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def show(name: str, measured: list[tuple[float, float]]) -> None:
    seconds = [each for each, _ in measured]
    print(
        f"{name:42} median {statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})   "
        f"peak {max(memory for _, memory in measured):5.0f} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument(
        "--questions", type=Path, default=None, help="JSONL with `question`; otherwise a few general ones"
    )
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {version('torch')}"
    )

    with tempfile.TemporaryDirectory() as temporary:
        corpus = ["--corpus", str(args.corpus)]
        home = Path(temporary)
        show("first index", [run(["index", *corpus, "--index", str(home / str(n))]) for n in range(args.runs)])
        same = [*corpus, "--index", str(home / "0")]
        show("second index, nothing changed", [run(["index", *same]) for _ in range(args.runs)])
        show("famqa --version (the imports of a command)", [run(["--version"]) for _ in range(args.runs)])
        show("famqa ask, start to answer", [run(["ask", QUESTIONS[0], *same]) for _ in range(args.runs)])

        assistant = open_assistant(load_settings(corpus=args.corpus, index=home / "0"))
        questions = QUESTIONS
        if args.questions:
            lines = args.questions.read_text("utf-8").splitlines()
            questions = [json.loads(line)["question"] for line in lines if "question" in json.loads(line)]
        assistant.ask(questions[0])
        found = [assistant.ask(question).timings_ms for question in questions]
        total = [each["total"] for each in found]
        print(
            f"{len(questions)} questions in a running process: median {statistics.median(total):.0f} ms, "
            f"95th percentile {percentile(total, 0.95):.0f} ms"
        )
        for stage in ("search", "read", "answer"):
            share = sum(each[stage] for each in found) / sum(total)
            print(
                f"  {stage:8} median {statistics.median(each[stage] for each in found):6.1f} ms   {share:5.1%} of all"
            )


if __name__ == "__main__":
    main()
