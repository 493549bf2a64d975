"""The project's own questions, a small part of them, through the command and its gate: a fall in quality fails here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.model
def test_the_smoke_questions_stay_above_their_floor(tmp_path: Path) -> None:
    command = f"-m famqa.cli eval evaluation/smoke.jsonl --corpus corpus --index {tmp_path}/index --out {tmp_path}/run"
    floors = (
        f"--junit {tmp_path}/junit.xml --fail-under right=0.65 --fail-under verbatim=1 --fail-under success_at_5=0.9"
    )
    done = subprocess.run([sys.executable, *command.split(), *floors.split()], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert run["finished"] and run["left_out"] == []
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
    assert len(list(cases)) >= run["questions"]
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
