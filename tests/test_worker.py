"""The process that parses files: what it gives back, its limits, and that nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from conftest import LIGHTHOUSE, PRICES
from famqa.documents import SourceNote, parse_file
from famqa.documents.worker import ParserProcess
from famqa.errors import DocumentError

NOTE = SourceNote("A title", "A book", "1990")


def pid_of(parser: ParserProcess) -> int:
    assert parser._process is not None
    return parser._process.pid


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_result_is_that_of_parsing_here() -> None:
    with ParserProcess(60, 1024) as parser:
        for text, doc_id in ((LIGHTHOUSE, "a.txt"), (PRICES, "sub/prices.md"), ("Year,Ship\n1874,Aurora\n", "a.csv")):
            assert parser.parse_file(text.encode(), doc_id, NOTE) == parse_file(text.encode(), doc_id, NOTE)
        assert parser.parse_file("Était gardien.".encode("cp1252"), "a.txt").notes == ("read as Windows-1252",)
        assert parser.parse_file(b"Plain.", "b.txt").notes == ()


def test_it_starts_with_the_first_file_serves_many_and_ends_with_the_context() -> None:
    with ParserProcess(60, 1024) as parser:
        assert parser._process is None
        parser.parse_file(b"One.", "a.txt", NOTE)
        pid = pid_of(parser)
        with pytest.raises(DocumentError, match=r"^b\.txt: there is no text in it"):
            parser.parse_file(b"", "b.txt", NOTE)
        parser.parse_file(b"Two.", "a.txt", NOTE)
        assert pid_of(parser) == pid
    assert not is_alive(pid)


def test_a_large_parent_does_not_make_it_start_anew_for_every_file() -> None:
    large = bytearray(b"x") * (300 << 20)  # what models take; a process inherits the peak of its parent's memory
    with ParserProcess(60, 256) as parser:
        parser.parse_file(b"One.", "a.txt", NOTE)
        pid = pid_of(parser)
        parser.parse_file(b"Two.", "a.txt", NOTE)
        assert pid_of(parser) == pid
    assert len(large) > 0


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # Marks of emphasis that are never closed: the time that markdown-it takes grows with their square.
    endless = b"a**" * 300_000
    started = time.monotonic()
    with ParserProcess(1.0, 1024) as parser:
        with pytest.raises(DocumentError) as raised:
            parser.parse_file(endless, "slow.md", NOTE)
        assert str(raised.value) == "slow.md: took longer than 1 s to read (parse_seconds); split it"
        assert time.monotonic() - started < 20
        assert parser.parse_file(b"Two.", "a.txt", NOTE).document.text == "Two."


def test_a_process_that_dies_takes_one_file_with_it() -> None:
    with ParserProcess(60, 1024) as parser:
        parser.parse_file(b"One.", "a.txt", NOTE)
        os.kill(pid_of(parser), signal.SIGSTOP)  # so that it surely does not answer before it is killed
        process = parser._process
        assert process is not None
        threading.Timer(0.3, process.kill).start()
        with pytest.raises(DocumentError, match=r"^b\.txt: the reader of its format broke down on it"):
            parser.parse_file(b"Two.", "b.txt", NOTE)
        assert parser.parse_file(b"Three.", "c.txt", NOTE).document.text == "Three."


def test_a_process_killed_between_two_files_is_replaced() -> None:
    with ParserProcess(60, 1024) as parser:
        parser.parse_file(b"One.", "a.txt", NOTE)
        os.kill(pid_of(parser), signal.SIGKILL)
        assert parser._process is not None
        parser._process.wait()
        assert parser.parse_file(b"Two.", "b.txt", NOTE).document.text == "Two."


def test_memory_is_limited() -> None:
    table = b"1,2,3,4,5,6,7,8\n" * 150_000
    with ParserProcess(60, 256) as parser:
        with pytest.raises(DocumentError) as raised:
            parser.parse_file(table, "big.csv", NOTE)
        assert str(raised.value) == "big.csv: needs more memory than is allowed (parse_memory_mb); split it"
        assert parser.parse_file(b"Two.", "a.txt", NOTE).document.text == "Two."


def test_ctrl_c_is_the_parents_business() -> None:
    with ParserProcess(60, 1024) as parser:
        parser.parse_file(b"One.", "a.txt", NOTE)
        pid = pid_of(parser)
        os.kill(pid, signal.SIGINT)
        parser.parse_file(b"Two.", "a.txt", NOTE)
        assert pid_of(parser) == pid


_ORPHAN = """
import sys, time
from famqa.documents.worker import ParserProcess
parser = ParserProcess(60, 1024)
parser.parse_file(b"One.", "a.txt")
print(parser._process.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _ORPHAN], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


def test_it_loads_neither_models_nor_the_page() -> None:
    code = "import sys; import famqa.documents.worker; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    for name in ("torch", "transformers", "sentence_transformers", "gradio", "faiss", "tantivy", "docx", "pypdfium2"):
        assert name not in loaded


def test_nothing_comes_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with ParserProcess(60, 1024) as parser:
        with pytest.raises(DocumentError):
            parser.parse_file(b"%PDF-1.7 broken %%EOF", "a.pdf", NOTE)
        parser.parse_file(b"One.", "a.txt", NOTE)
    assert capfd.readouterr() == ("", "")
