"""`ParserProcess`: files parsed in a process of their own, with limits of time and memory for each.

A file made for harm (a zip bomb, an endless PDF, one that crashes a library) ends that process and nothing else; the
next file gets a new one. What passes between the two are frames: four bytes of length, then that many bytes. To the
worker go a JSON header and the file's bytes; back come "1" if it is about to end, else "0", and JSON. Nothing is
unpickled on either side.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, astuple
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from famqa import documents
from famqa.documents import ParsedFile, SourceNote, printable
from famqa.documents.folder import NO_NOTE
from famqa.errors import DocumentError
from famqa.records import Document, block_of

_START = "import sys; sys.path[:] = {path!r}; from famqa.documents.worker import main; main({memory_mb})"
_RESERVE_MB = 32
_STACK_FRAMES = 5000  # of Python: formats nest, and what is deeper than that is an attack


class ParserProcess:
    """Parses files one after the other, as `documents.parse_file` does, in a process that can be ended at any time.

    The process starts with the first file and lives until the context is left. Not for several threads at once.
    """

    def __init__(self, seconds: float, memory_mb: int) -> None:
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def parse_file(self, data: bytes, doc_id: str, note: SourceNote = NO_NOTE) -> ParsedFile:
        """The document, its blocks and notes. Raises `DocumentError` also where time, memory or the reader gave out."""
        header = json.dumps({"doc_id": doc_id, "note": astuple(note), "seconds": self._seconds}).encode()
        answer = self._exchange(header, data, doc_id)
        if "error" in answer:
            raise DocumentError(answer["error"])
        blocks = tuple(block_of(fields) for fields in answer["blocks"])
        return ParsedFile(Document(**answer["document"]), blocks, tuple(answer["notes"]))

    def _exchange(self, header: bytes, data: bytes, doc_id: str) -> dict[str, Any]:
        """The worker's answer. Whatever ends it, a timer or its own crash, shows as the end of its output."""
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        timer = threading.Timer(self._seconds, process.kill)
        timer.daemon = True
        timer.start()
        answer = is_spent = None
        try:
            with contextlib.suppress(BrokenPipeError):
                _send(process.stdin, header)
                _send(process.stdin, data)
            if (is_spent := _receive(process.stdout)) is not None:
                answer = _receive(process.stdout)
        finally:
            in_time = timer.is_alive()  # a timer that has done its work is not
            timer.cancel()
            if answer is None or not in_time:
                self._stop(kill=True)
            elif is_spent == b"1":
                self._stop()
        if answer is not None:
            found: dict[str, Any] = json.loads(answer)
            return found
        name = printable(doc_id)
        if not in_time:
            raise DocumentError(f"{name}: took longer than {self._seconds:g} s to read (parse_seconds); split it")
        raise DocumentError(
            f"{name}: the reader of its format broke down on it, or needs more memory than is allowed "
            "(parse_memory_mb); it may be damaged or made for harm"
        )

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop(kill=True)
            path = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100 - "" is the working directory
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-c", _START.format(path=path, memory_mb=self._memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # One thread for numpy: the stack of each counts as memory.
                env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
            )
        return self._process

    def _stop(self, kill: bool = False) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        with contextlib.suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.close()  # the end of its input ends the worker
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main(memory_mb: int) -> None:
    """The worker: answers files until its input ends, which it does when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; the parent decides
    _limit_memory(memory_mb)
    sys.setrecursionlimit(_STACK_FRAMES)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a library that prints must not break the frames
    is_spent = False
    while not is_spent and (header := _receive(source)) is not None and (data := _receive(source)) is not None:
        request = json.loads(header)
        if hasattr(signal, "alarm"):  # ends it in the middle of a file too, should there be no parent left to do so
            signal.alarm(int(request["seconds"]) + 5)
        frame = _answer(data, request["doc_id"], SourceNote(*request["note"]))
        del data
        if frame is None:  # said only now, when all that the file took has been given back
            _limit_memory(memory_mb, reserve_mb=0)
            reason = f"{printable(request['doc_id'])}: needs more memory than is allowed (parse_memory_mb); split it"
            frame = json.dumps({"error": reason}).encode()
            is_spent = True
        is_spent = is_spent or _is_nearly_full(memory_mb)
        _send(sink, b"1" if is_spent else b"0")
        _send(sink, frame)


def _answer(data: bytes, doc_id: str, note: SourceNote) -> bytes | None:
    """What goes back to the parent; None where the memory gave out."""
    try:
        parsed = documents.parse_file(data, doc_id, note)
        blocks = [astuple(block) for block in parsed.blocks]
        answer = {"document": asdict(parsed.document), "blocks": blocks, "notes": parsed.notes}
        return json.dumps(answer, ensure_ascii=False).encode()
    except MemoryError:
        return None
    except DocumentError as error:
        reason = str(error)
    except Exception as error:  # a library may raise anything on a damaged file
        what = printable(" ".join(f"{type(error).__name__}: {error}".split()))[:120]
        reason = f"{printable(doc_id)}: cannot be read ({what}); it may be damaged"
    return json.dumps({"error": reason}).encode()


def _is_nearly_full(memory_mb: int) -> bool:
    """Whether earlier files have left so much behind that the next might not find its room.

    The peak that the system reports will not do: a process inherits that of the one that started it.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:  # no Linux, so no limit either
        return False
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20 > 0.75 * memory_mb


def _limit_memory(memory_mb: int, reserve_mb: int = _RESERVE_MB) -> None:
    """The limit is on address space, of which Python and its libraries hold some before the first file.

    A reserve is kept back, so that a process that has reached its limit can still say so.
    """
    try:
        import resource
    except ImportError:  # Windows: only the time is limited
        return
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb - reserve_mb << 20, memory_mb << 20))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(stream: BinaryIO | Any, frame: bytes) -> None:
    stream.write(len(frame).to_bytes(4, "big"))
    stream.write(frame)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> bytes | None:
    """The next frame; None where the stream ends, within a frame or before it."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    frame: bytes = stream.read(size)
    return frame if len(frame) == size else None
