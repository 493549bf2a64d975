"""A folder of files: which are taken, what they say, and which are refused with one line."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from pathlib import Path

import pytest

from conftest import parsed, write_corpus
from famqa.documents import FORMATS, SourceNote, list_files, parse, printable, read_bytes, read_sources
from famqa.documents.encodings import decode
from famqa.errors import CorpusError, DocumentError


def refused(data: bytes, doc_id: str = "a.txt") -> str:
    with pytest.raises(DocumentError) as raised:
        parse(data, doc_id)
    message = str(raised.value)
    assert message.startswith(doc_id) and "\n" not in message
    return message


def test_the_canonical_text_is_the_files_own_without_bom_and_with_lf() -> None:
    assert decode(b"\xef\xbb\xbfOne\r\ntwo\rthree\n\r\n")[0] == "One\ntwo\nthree\n\n"
    assert decode("a\u2028b\x0bc\x85d\ufeffe".encode())[0] == "a\u2028b\x0bc\x85d\ufeffe"


def test_line_numbers_are_the_files() -> None:
    document, blocks = parsed("One.\r\n\r\nThree.\r\rFive.\u2028Still five.\r\n")
    assert [document.line_of(block.start) for block in blocks] == [1, 3, 5]


def test_a_document_carries_its_title_digest_format_and_note() -> None:
    data = b"= Kites =\nText.\n"
    document, _ = parse(data, "sub/kites.txt", SourceNote("", "A book", "1990"))
    assert (document.doc_id, document.title, document.format) == ("sub/kites.txt", "Kites", "text")
    assert (document.source, document.date) == ("A book", "1990")
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert parse(data, "a.TXT", SourceNote("All about kites"))[0].title == "All about kites"
    assert parse(b"Text of a kite.", "sub/my-kites.markdown")[0].title == "my-kites"


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf"], ids=["empty", "space", "bom"])
@pytest.mark.parametrize("doc_id", ["a.txt", "a.md"])
def test_a_file_without_text_is_refused(data: bytes, doc_id: str) -> None:
    assert "no text" in refused(data, doc_id)


def test_an_unknown_format_names_the_known_ones() -> None:
    message = refused(b"text", "a.xyz")
    assert "'.xyz'" in message and all(suffix in message for suffix in FORMATS)
    assert refused(b"text", "a.xlsx").endswith("; save it as .csv")
    assert "'none'" in refused(b"text", "README")


def test_files_are_found_in_all_folders_hidden_ones_and_the_notes_left_out(tmp_path: Path) -> None:
    files = ["b.txt", "a.md", "sub/c.txt", "sub/sources.toml", ".hidden.txt", ".git/d.txt", "sources.toml", "x.png"]
    corpus = write_corpus(tmp_path, dict.fromkeys(files, "text"))
    assert list_files(corpus) == ["a.md", "b.txt", "sub/c.txt", "sub/sources.toml", "x.png"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write_corpus(tmp_path / "outside", {"secret.txt": "A secret."})
    corpus = write_corpus(tmp_path / "corpus", {"a.txt": "Text."})
    (corpus / "link.txt").symlink_to(outside / "secret.txt")
    (corpus / "linked").symlink_to(outside, target_is_directory=True)
    (corpus / "loop").symlink_to(corpus, target_is_directory=True)
    assert list_files(corpus) == ["a.txt"]


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "only hidden"])
def test_a_folder_that_is_of_no_use(kind: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    if kind == "file":
        corpus.write_text("text")
    elif kind != "missing":
        write_corpus(corpus, {".hidden": "x"} if kind == "only hidden" else {})
    with pytest.raises(CorpusError) as raised:
        list_files(corpus)
    assert str(corpus) in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_too_large_or_unreadable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = write_corpus(tmp_path, {"a.txt": "x" * 2000})
    assert read_bytes(corpus, "a.txt", 2000) == b"x" * 2000
    with pytest.raises(DocumentError, match=r"a\.txt: .* limit .*max_file_mb"):
        read_bytes(corpus, "a.txt", 1999)
    with pytest.raises(DocumentError, match=r"gone\.txt: cannot be read"):
        read_bytes(corpus, "gone.txt", 2000)

    def forbidden(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", forbidden)  # the tests may run as root, who may read everything
    with pytest.raises(DocumentError, match=r"a\.txt: cannot be read \(Permission denied\)"):
        read_bytes(corpus, "a.txt", 2000)


def test_what_is_no_plain_file_is_neither_listed_nor_read(tmp_path: Path) -> None:
    outside = write_corpus(tmp_path / "outside", {"secret.txt": "A secret."})
    corpus = write_corpus(tmp_path / "corpus", {"a.txt": "Text."})
    os.mkfifo(corpus / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(corpus)  # the path of a socket may not be long
        try:
            server.bind("socket.txt")
        finally:
            os.chdir(here)
        (corpus / "link.txt").symlink_to(outside / "secret.txt")
        assert list_files(corpus) == ["a.txt"]
        for name in ("pipe.txt", "socket.txt", "link.txt"):  # as if it had taken a file's place since
            with pytest.raises(DocumentError) as raised:
                read_bytes(corpus, name, 2000)
            assert str(raised.value).startswith(f"{name}: ") and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.txt", "a\\x0ab.txt"),
        ("a\x1b[31m.txt", "a\\x1b[31m.txt"),
        ("gpj.\u202etxt.txt", "gpj.\\u202etxt.txt"),
        (os.fsdecode(b"caf\xe9.txt"), "caf\\udce9.txt"),
    ],
    ids=["line break", "terminal escape", "reversed writing", "no UTF-8"],
)
def test_names_that_cannot_be_shown_are_refused_on_one_line(name: str, shown: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {name: "Text.", "good.txt": "Text."})
    assert sorted(list_files(corpus)) == sorted([name, "good.txt"])
    with pytest.raises(DocumentError) as raised:
        read_bytes(corpus, name, 2000)
    message = str(raised.value)
    assert message.startswith(f"{shown}: its name ") and message.endswith("; rename the file")
    assert message.isprintable() and printable(name) == shown


@pytest.mark.parametrize("name", ["a..txt", "-rf.txt", "שלום\u200f.txt", "x" * 250 + ".txt", "~.txt", "a b'\".txt"])
def test_other_odd_names_work(name: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {f"sub/{name}": "Text."})
    assert list_files(corpus) == [f"sub/{name}"]
    data = read_bytes(corpus, f"sub/{name}", 2000)
    assert parse(data, f"sub/{name}")[0].doc_id == f"sub/{name}"


def test_notes_give_title_source_and_date(tmp_path: Path) -> None:
    assert read_sources(tmp_path) == {}
    notes = (
        '[documents."a.txt"]\ntitle = "A"\nsource = "Book"\ndate = 1990-02-03\n[documents."sub/b.md"]\ntitle = "B"\n'
    )
    write_corpus(tmp_path, {"sources.toml": notes})
    assert read_sources(tmp_path) == {
        "a.txt": SourceNote("A", "Book", "1990-02-03"),
        "sub/b.md": SourceNote("B", "", ""),
    }


@pytest.mark.parametrize(
    "notes",
    [b"[documents", b'documents = "a"', b'[documents]\n"a.txt" = "A"', b"\xff\xfe", b"a = " + b"[" * 9999],
    ids=["no toml", "no table", "no table of a document", "not UTF-8", "nested"],
)
def test_notes_that_cannot_be_read(notes: bytes, tmp_path: Path) -> None:
    write_corpus(tmp_path, {"sources.toml": notes})
    with pytest.raises(CorpusError, match=r"sources\.toml") as raised:
        read_sources(tmp_path)
    assert "\n" not in str(raised.value)


def test_notes_that_are_a_link_are_not_followed(tmp_path: Path) -> None:
    outside = write_corpus(tmp_path / "outside", {"secret": "a secret"})
    corpus = write_corpus(tmp_path / "corpus", {"a.txt": "Text."})
    (corpus / "sources.toml").symlink_to(outside / "secret")
    with pytest.raises(CorpusError, match=r"sources\.toml is a link") as raised:
        read_sources(corpus)
    assert "secret" not in str(raised.value)


def test_folders_nested_beyond_all_measure_are_said(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"a.txt": "Text."})
    here = Path.cwd()
    os.chdir(corpus)
    try:
        for _ in range(1200):  # the path is far longer than any that could be opened at once
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.chdir(here)
    try:
        with pytest.raises(CorpusError, match=r"nested too deeply; move them up$"):
            list_files(corpus)
    finally:
        subprocess.run(["rm", "-rf", str(corpus)], check=True)  # which can remove what is nested so deeply
