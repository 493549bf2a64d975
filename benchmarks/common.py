"""What the benchmarks share: how they are called, where they ran, commands as processes, an index of paragraphs."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from famqa.evaluation import squad
from famqa.settings import Settings, load_settings


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help is the module's docstring as it stands."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def machine() -> str:
    """One line: processor, cores, load, and the versions that figures depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores{load}; {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, torch {version('torch')}"
    )


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command took and printed."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    printed: str


def famqa(*command: str) -> Ran:
    """Runs a command of famqa as a process of its own; stops the benchmark if it fails."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "famqa.cli", *command], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"famqa {' '.join(command)} ended with {child.returncode}")
    elapsed = time.perf_counter() - started
    return Ran(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed)


@contextmanager
def paragraphs(
    rows: list[dict[str, Any]], keep: Path | None, **values: object
) -> Iterator[tuple[Settings, dict[str, str]]]:
    """Settings over a corpus of the rows' paragraphs, not yet indexed, and each paragraph's document.

    It lies in the folder `keep`, or in one that is gone afterwards.
    """
    with tempfile.TemporaryDirectory() as temporary:
        home = keep or Path(temporary)
        doc_ids = squad.write_corpus(home / "corpus", rows)
        yield load_settings(corpus=home / "corpus", index=home / "index", **values), doc_ids
