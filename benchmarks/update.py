"""What keeping an index up to date costs: a full build against one changed document, and against nothing changed.

    python benchmarks/update.py SQUAD_FILE [--documents 2000] [--runs 5]

The documents are the paragraphs of a SQuAD-format file, one a file. Every figure is a whole command in a process of
its own, its start and its imports included; the median of the runs is printed, but of the full build, which is run
once.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from famqa.evaluation.squad import read_rows, write_corpus


def famqa(*arguments: str) -> tuple[float, float, str]:
    """Seconds, processor seconds and standard output of a command; stops the benchmark if it fails."""
    started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "famqa.cli", *arguments], stdout=subprocess.PIPE, text=True)
    elapsed, now = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"famqa {' '.join(arguments)} ended with {done.returncode}")
    return elapsed, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, done.stdout


def processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path, help="a SQuAD-format file, .json or .jsonl, also gzipped")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{processor()}, {os.cpu_count()} cores{load}; {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, torch {version('torch')}"
    )

    rows = read_rows(args.squad)
    chosen = set(list(dict.fromkeys(row["context"] for row in rows))[: args.documents])
    with tempfile.TemporaryDirectory() as temporary:
        corpus, index = Path(temporary) / "corpus", Path(temporary) / "index"
        names = list(write_corpus(corpus, [row for row in rows if row["context"] in chosen]).values())
        folders = ["--corpus", str(corpus), "--index", str(index)]

        def change(run: int) -> None:
            path = corpus / names[run * 17 % len(names)]
            path.write_text(path.read_text("utf-8") + f" This was added in run {run}.", "utf-8")

        def rename(run: int) -> None:
            new = f"renamed-{run}.txt"
            (corpus / names[-1]).rename(corpus / new)
            notes = corpus / "sources.toml"  # where its title stands
            notes.write_text(notes.read_text("utf-8").replace(json.dumps(names[-1]), json.dumps(new)), "utf-8")
            names[-1] = new

        def change_and_index(run: int) -> None:
            change(run)
            famqa("index", *folders)

        full, full_cpu, report = famqa("index", "--json", *folders)
        built = json.loads(report)
        print(f"{built['documents']} documents, {built['passages']} passages, {built['embedded']} embedded\n")
        print("| command | median | range | processor time | of a full build |")
        print("|---|---|---|---|---|")
        print(f"| `famqa index`, from nothing | {full:.1f} s | | {full_cpu:.1f} s | 100 % |", flush=True)

        def measure(name: str, command: list[str], before: Callable[[int], None] = lambda run: None) -> None:
            seconds: list[float] = []
            cpu: list[float] = []
            for run in range(args.runs):
                before(run)
                elapsed, used, _ = famqa(*command, *folders)
                seconds.append(elapsed)
                cpu.append(used)
            median, used = statistics.median(seconds), statistics.median(cpu)
            span = f"{min(seconds):.2f} to {max(seconds):.2f} s"
            share = f"{median / full:.1%}, processor {used / full_cpu:.1%}"
            print(f"| {name} | {median:.2f} s | {span} | {used:.2f} s | {share} |", flush=True)

        measure("`famqa index`, nothing changed", ["index"])
        measure("`famqa index --plan`, one document changed", ["index", "--plan"], change)
        measure("`famqa index`, one document changed", ["index"], change)
        measure("`famqa index`, one file renamed", ["index"], rename)
        measure("`famqa verify`", ["verify"])
        measure("`famqa rollback`", ["rollback"], change_and_index)
        kept = [path for path in (index / "generations").iterdir() if path.is_dir()]
        sizes = [sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in kept]
        print(f"\n{len(kept)} generations kept, {max(sizes) / 2**20:.1f} MiB each")


if __name__ == "__main__":
    main()
