"""Many clients at once: errors, times and memory of a served app, an update of its index in the middle.

    python benchmarks/load.py [--clients 50] [--seconds 60] [--count N] [--think 0] [--questions FILE] [--corpus DIR]

The server is a process of its own over a copy of the corpus. Every client asks one question after another through
/api/ask, each in an order of its own, and waits `--think` seconds on average in between. Nothing is cached anywhere.
Half-way a document is added and the index updated, both through the API. Ends with 1 if any request failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import httpx

ADDED = "# Harbour bells\n\nThe great bell of the harbour was cast by Hanna Lund in 1788.\n"
ADDED_QUESTION, ADDED_ANSWER = "Who cast the great bell of the harbour?", "Hanna Lund"
WAIT_SECONDS = 600  # for the server to begin, and for any answer


@dataclass
class Tally:
    """What the clients saw; times in seconds since the beginning of the run."""

    seconds: list[tuple[float, float]] = field(default_factory=list)  # when asked, how long it took
    statuses: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    generations: Counter[str] = field(default_factory=Counter)
    by_client: Counter[int] = field(default_factory=Counter)
    memory_mib: list[tuple[float, int, float]] = field(default_factory=list)  # when, questions so far, MiB
    update_seconds: float = 0.0
    updated: tuple[float, float] = (0.0, 0.0)  # from when to when


def start_server(corpus: Path, index: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The process and its address, once it is ready to answer."""
    command = [sys.executable, "-m", "famqa.cli", "serve", "--port", "0"]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--corpus", str(corpus), "--index", str(index)],
            stderr=file,
            env={**os.environ, "FAMQA_RATE_LIMIT": "0"},
        )
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and process.poll() is None:
        words = log.read_text("utf-8", "replace").split()
        address = next((word for word in words if word.startswith("http://127.0.0.1:")), "")
        if address and httpx.get(f"{address}/readyz", trust_env=False, timeout=30).status_code == 200:
            return process, address
        time.sleep(0.2)
    process.kill()
    sys.exit(f"the server did not begin: {log.read_text('utf-8', 'replace')[-2000:]}")


async def load(address: str, questions: list[str], args: argparse.Namespace) -> Tally:
    """All clients, the update and the looks at the memory, until the time or the count is up."""
    tally, started, is_over = Tally(), time.perf_counter(), asyncio.Event()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)

    def now() -> float:
        return time.perf_counter() - started

    async with httpx.AsyncClient(base_url=address, timeout=WAIT_SECONDS, limits=limits, trust_env=False) as http:

        async def client(number: int) -> None:
            order = random.Random(number)
            await asyncio.sleep(order.uniform(0, args.think or 0.5))
            while not is_over.is_set():
                began = now()
                try:
                    given = await http.post("/api/ask", json={"question": order.choice(questions)})
                    if given.status_code == 200:
                        answer = given.json()
                        tally.statuses[answer["status"]] += 1
                        tally.generations[answer["index"]] += 1
                    else:
                        tally.failures[f"{given.status_code} {given.text[:100]}"] += 1
                except httpx.HTTPError as error:
                    tally.failures[type(error).__name__] += 1
                tally.seconds.append((began, now() - began))
                tally.by_client[number] += 1
                if args.count and len(tally.seconds) >= args.count:
                    is_over.set()
                if args.think:
                    await asyncio.sleep(order.expovariate(1 / args.think))

        async def update() -> None:
            while len(tally.seconds) < args.count / 2 if args.count else now() < args.seconds / 2:
                await asyncio.sleep(0.05)
            began = now()
            added = await http.post("/api/documents", files={"file": ("bells.md", ADDED.encode())})
            updated = await http.post("/api/index")
            tally.updated, tally.update_seconds = (began, now()), now() - began
            answer = await http.post("/api/ask", json={"question": ADDED_QUESTION})
            if (added.status_code, updated.status_code) != (201, 200) or answer.json()["answer"] != ADDED_ANSWER:
                tally.failures[f"update: {added.text[:200]} {updated.text[:200]} {answer.text[:200]}"] += 1

        async def look() -> None:
            while not is_over.is_set():
                given = await http.get("/metrics")
                found = [line for line in given.text.splitlines() if line.startswith("process_resident_memory_bytes")]
                if found:
                    tally.memory_mib.append((now(), len(tally.seconds), float(found[0].split()[-1]) / (1 << 20)))
                await asyncio.sleep(1)

        async def end() -> None:
            if args.count:
                await is_over.wait()
            await asyncio.sleep(0 if args.count else args.seconds)
            is_over.set()

        await asyncio.gather(*(client(number) for number in range(args.clients)), update(), look(), end())
    return tally


def slope(points: list[tuple[float, int, float]]) -> float:
    """MiB for each 1,000 questions, by least squares over the second half of the run."""
    points = points[len(points) // 2 :]
    if len({count for _, count, _ in points}) < 2:
        return 0.0
    fitted = statistics.linear_regression([count for _, count, _ in points], [mib for _, _, mib in points])
    return 1000 * fitted.slope


def summary(tally: Tally, elapsed: float) -> dict[str, object]:
    """The figures."""
    took = sorted(seconds for _, seconds in tally.seconds)
    began, ended = tally.updated
    during = sorted(seconds for at, seconds in tally.seconds if at + seconds > began and at < ended)
    memory = [mib for _, _, mib in tally.memory_mib]
    return {
        "questions": len(took),
        "failures": dict(tally.failures),
        "statuses": dict(tally.statuses),
        "questions_a_second": round(len(took) / elapsed, 2),
        "seconds": {"median": quantile(took, 0.5), "p95": quantile(took, 0.95), "most": quantile(took, 1)},
        "questions_of_a_client": {"least": min(tally.by_client.values()), "most": max(tally.by_client.values())},
        "update": {
            "seconds": round(tally.update_seconds, 2),
            "generations_seen": len(tally.generations),
            "median_meanwhile": quantile(during, 0.5),
            "p95_meanwhile": quantile(during, 0.95),
        },
        "memory_mib": {
            "first": round(memory[0]),
            "middle": round(memory[len(memory) // 2]),
            "last": round(memory[-1]),
            "most": round(max(memory)),
            "for_each_1000_questions": round(slope(tally.memory_mib), 1),
        },
    }


def quantile(ordered: list[float], share: float) -> float:
    """The value below which that share lies, in seconds."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0


def main() -> None:
    root = Path(__file__).parents[1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int, default=0, help="end after so many questions, however long it takes")
    parser.add_argument("--think", type=float, default=0, help="seconds between answer and next question, on average")
    parser.add_argument("--questions", type=Path, default=root / "evaluation" / "questions.jsonl")
    parser.add_argument("--corpus", type=Path, default=root / "corpus")
    parser.add_argument("--out", type=Path, help="write the figures with the memory over time to this JSON file")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server must not be left behind
    load_average = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load_average}; Python {platform.python_version()}, torch {version('torch')}")
    asked = [json.loads(line)["question"] for line in args.questions.read_text("utf-8").splitlines() if line.strip()]

    with tempfile.TemporaryDirectory() as temporary:
        corpus = Path(temporary) / "corpus"
        shutil.copytree(args.corpus, corpus)
        process, address = start_server(corpus, Path(temporary) / "index", Path(temporary) / "log")
        try:
            started = time.perf_counter()
            tally = asyncio.run(load(address, asked, args))
            elapsed = time.perf_counter() - started
        finally:
            process.terminate()
            code = process.wait(60)
        log = (Path(temporary) / "log").read_text("utf-8", "replace")
    found = {"clients": args.clients, "think_seconds": args.think, **summary(tally, elapsed)}
    found["server_ended_with"], found["tracebacks"] = code, log.count("Traceback")
    print(json.dumps(found, indent=1))
    if args.out:
        args.out.write_text(json.dumps({**found, "memory": tally.memory_mib}, indent=1), "utf-8")
    if tally.failures or code or "Traceback" in log:
        print(log[-3000:], file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
