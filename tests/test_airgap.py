"""Nothing leaves the machine: indexing and asking with the network taken away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

import famqa
from conftest import assert_cited, make_settings
from famqa.assistant import open_assistant

pytestmark = pytest.mark.model

TEXT = "= Gull Rock =\nThe first lamp burned rapeseed oil. A paraffin lamp replaced it in 1903.\n"

OFFLINE = """
import errno, socket, sys
import famqa

reached = True
try:
    socket.create_connection(("192.0.2.1", 443), timeout=5)
except OSError as error:
    reached = False
    print("network:", errno.errorcode[error.errno])
assert not reached
assistant = famqa.open_assistant(famqa.load_settings(corpus=sys.argv[1], index=sys.argv[2], answer_threshold=0))
answer = assistant.ask("What fuel did the first lamp use?")
for citation in answer.citations:
    assert assistant.document(citation.doc_id).text[citation.start : citation.end] == citation.quote
print("quoted:", answer.citations[0].quote)
"""


def without_network() -> list[str]:
    """The command that runs another one without a network; skips where that is not allowed."""
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare on this system")
    for command in (["unshare", "-rn"], ["unshare", "-n"]):
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("this user may not make a network namespace")


def test_index_and_ask_without_a_network(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "rock.txt").write_text(TEXT)
    path = str(Path(famqa.__file__).parents[1])
    home = tmp_path / "home"  # so that nothing can come from a cache of models
    home.mkdir()
    done = subprocess.run(
        [*without_network(), sys.executable, "-c", OFFLINE, str(corpus), str(tmp_path / "index")],
        env=os.environ | {"PYTHONPATH": path, "HOME": str(home), "HF_HOME": str(home), "TIKTOKEN_CACHE_DIR": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    network, quoted = done.stdout.splitlines()
    assert network == "network: ENETUNREACH"
    assert "rapeseed oil" in quoted


def test_index_and_ask_open_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def refuse(*args: object, **named: object) -> NoReturn:
        tried.append(args)
        raise OSError("a connection was tried")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    with pytest.raises(OSError, match="was tried"):
        socket.create_connection(("192.0.2.1", 443))
    tried.clear()
    assistant = open_assistant(make_settings(tmp_path, {"rock.txt": TEXT}, answer_threshold=0.0))
    answer = assistant.ask("What fuel did the first lamp use?")
    assert_cited(answer, assistant.document)
    assert "rapeseed oil" in answer.citations[0].quote
    assert tried == []
