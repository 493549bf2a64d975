"""Files into the corpus folder, out of it and back: never over another file, never outside of it."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import make_settings
from famqa import documents, indexing, library
from famqa.errors import CorpusError, DocumentError
from famqa.file_names import MAX_NAME_BYTES, folded, numbered, safe_name
from famqa.library import SameContentError, TooLargeError, UnknownDocumentError
from famqa.settings import Settings

BOATS = "The ferry leaves at noon.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path, {"boats.txt": BOATS, "shop/prices.md": "# Prices\n\nRope costs 4 crowns.\n"})


def files(settings: Settings) -> dict[str, bytes]:
    """All files below the corpus folder, the hidden ones included."""
    found = sorted(path for path in settings.corpus.rglob("*") if path.is_file())
    return {path.relative_to(settings.corpus).as_posix(): path.read_bytes() for path in found}


def line_of(raised: pytest.ExceptionInfo[Exception]) -> str:
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_add_stores_the_bytes_and_leaves_nothing_else(settings: Settings, tmp_path: Path) -> None:
    sent = tmp_path / "upload-1"
    sent.write_bytes(b"Tides turn twice a day.\n")
    before = files(settings)
    stored = library.add(settings, "tides.md", sent)
    assert stored == library.Stored("tides.md", 24, "")
    assert files(settings) == before | {"tides.md": b"Tides turn twice a day.\n"}
    assert sent.read_bytes() == b"Tides turn twice a day.\n"
    assert (settings.corpus / "tides.md").stat().st_mode & 0o777 == 0o644


def test_a_taken_name_gets_a_number(settings: Settings) -> None:
    assert library.add(settings, "boats.txt", b"two").doc_id == "boats (2).txt"
    assert library.add(settings, "boats.txt", b"three") == library.Stored("boats (3).txt", 5, "stored as boats (3).txt")
    assert library.add(settings, "BOATS.TXT", b"four").doc_id == "BOATS (4).TXT", "one file on some systems"
    assert files(settings)["boats.txt"] == BOATS.encode()


def test_the_same_bytes_are_refused_wherever_they_are(settings: Settings) -> None:
    before = files(settings)
    with pytest.raises(SameContentError) as raised:
        library.add(settings, "boats.txt", BOATS.encode())
    assert line_of(raised) == "boats.txt: the same file is there already, as boats.txt"
    with pytest.raises(SameContentError) as raised:
        library.add(settings, "other.md", before["shop/prices.md"])
    assert raised.value.doc_id == "shop/prices.md"
    assert files(settings) == before


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/cron.txt", "cron.txt"),
        ("/etc/cron.txt", "cron.txt"),
        ("C:\\fakepath\\cron.txt", "cron.txt"),
        ("shop/../../cron.txt", "cron.txt"),
        ("..\\..\\cron.txt", "cron.txt"),
        (".cron.txt", "cron.txt"),
        ("...cron.txt. . ", "cron.txt"),
        ("cron\x00.txt", "cron.txt"),
        ("a\r\nb\t c.txt", "a b c.txt"),
        ("\u202etxt.cron\u2066.txt", "txt.cron.txt"),
        ("lone \udcff surrogate.txt", "lone surrogate.txt"),
        ("CON.txt", "_CON.txt"),
        ("nul.tar.txt", "_nul.tar.txt"),
        ("com1.md", "_com1.md"),
        ("console.md", "console.md"),
        ('what? "this": <b>.md', "what_ _this__ _b_.md"),
        ("Cafe\u0301.txt", "Caf\u00e9.txt"),
        ("👩\u200d🚀 Ärger (2).txt", "👩\u200d🚀 Ärger (2).txt"),
        ("%2e%2e%2fcron.txt", "%2e%2e%2fcron.txt"),
        ("é" * 150 + ".txt", "é" * 98 + ".txt"),
    ],
)
def test_names_are_made_fit(settings: Settings, name: str, stored: str) -> None:
    before = files(settings)
    assert library.add(settings, name, b"new words").doc_id == stored
    assert files(settings) == before | {stored: b"new words"}
    assert {path.name for path in settings.corpus.parent.iterdir()} == {"corpus"}


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/", "...", "\x00\x01", "\u200d", "dir\\"])
def test_what_leaves_no_name_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(DocumentError, match="is no name for a file; rename the file"):
        library.add(settings, name, b"new words")


@given(st.text(max_size=120), st.sampled_from([".txt", ".pdf", "", ".averyveryverylongsuffix"]))
def test_any_name_becomes_a_plain_one(stem: str, suffix: str) -> None:
    try:
        name = safe_name(stem + suffix)
    except DocumentError:
        return
    assert name and "/" not in name and "\\" not in name and name[0] not in ". " and name[-1] not in ". "
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert documents.printable(name) == name
    assert safe_name(name) == name
    assert len(numbered(name, 1000).encode()) <= 255


def test_a_number_goes_before_the_suffix() -> None:
    assert numbered("report.pdf", 1) == "report.pdf"
    assert numbered("report.pdf", 12) == "report (12).pdf"
    assert numbered("v1.2 of everything there is", 2) == "v1.2 of everything there is (2)"
    assert folded("CAFE\u0301.TXT") == folded("caf\u00e9.txt")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("photo.png", b"\x89PNG\r\n", "photo.png: format '.png' is not known"),
        ("old.doc", b"words", "save it as .docx"),
        ("README", b"words", "README: format 'none' is not known"),
        ("letter.pdf", b"words", "letter.pdf: is not a PDF"),
        ("page.txt", b"%PDF-1.7 words", "page.txt: is a PDF, not a text file; rename it to .pdf"),
        ("text.docx", b"PK\x03\x04broken", "text.docx: is a damaged zip archive, not a Word file"),
        ("empty.txt", b"", "empty.txt: there is no text in it"),
        ("zeros.txt", b"a\x00\x00\x00b", "zeros.txt: holds NUL characters"),
        ("run.md", b"\x7fELF\x02", "run.md: is a program"),
        ("sources.toml", b"[documents]", "sources.toml: describes the documents and is none"),
        ("SOURCES.TOML", b"[documents]", "sources.toml: describes the documents and is none"),
    ],
)
def test_what_is_plainly_no_document_is_refused(settings: Settings, name: str, data: bytes, said: str) -> None:
    before = files(settings)
    with pytest.raises(DocumentError) as raised:
        library.add(settings, name, data)
    assert said in line_of(raised)
    assert files(settings) == before


def test_the_size_limit_is_exact(settings: Settings, tmp_path: Path) -> None:
    settings = settings.model_copy(update={"max_file_mb": 1})
    full = b"a" * (1 << 20)
    assert library.add(settings, "full.txt", full).size_bytes == 1 << 20
    sent = tmp_path / "sent"
    sent.write_bytes(full + b"b")
    for content in (full + b"b", sent):
        with pytest.raises(TooLargeError) as raised:
            library.add(settings, "more.txt", content)
        assert line_of(raised) == "more.txt: 1.0 MiB is over the limit of 1 (max_file_mb); split it"


def test_what_was_sent_must_be_a_plain_file(settings: Settings, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for content in (tmp_path / "pipe", tmp_path / "gone", tmp_path):
        with pytest.raises(DocumentError, match=r"sent\.txt: is no plain file that can be read; send it again"):
            library.add(settings, "sent.txt", content)


def test_a_link_is_never_written_through(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    (settings.corpus / "link.txt").symlink_to(outside)
    (settings.corpus / "dangling.txt").symlink_to(tmp_path / "nowhere.txt")
    assert library.add(settings, "link.txt", b"theirs").doc_id == "link (2).txt"
    assert library.add(settings, "dangling.txt", b"also theirs").doc_id == "dangling (2).txt"
    assert outside.read_text() == "mine"
    assert not (tmp_path / "nowhere.txt").exists()


def test_a_file_that_comes_between_is_not_overwritten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("famqa.library.os.listdir", lambda folder: [])  # as if all others came after the look
    assert library.add(settings, "boats.txt", b"second").doc_id == "boats (2).txt"
    assert files(settings)["boats.txt"] == BOATS.encode()


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.ENOTSUP])
def test_without_hard_links_nothing_is_overwritten_either(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr("famqa.library.os.listdir", lambda folder: [])
    assert library.add(settings, "boats.txt", b"second").doc_id == "boats (2).txt"
    assert files(settings) == {
        "boats.txt": BOATS.encode(),
        "boats (2).txt": b"second",
        "shop/prices.md": b"# Prices\n\nRope costs 4 crowns.\n",
    }


def test_many_at_once_lose_nothing(settings: Settings) -> None:
    names: list[str] = []
    same: list[SameContentError] = []

    def add(number: int) -> None:
        try:
            names.append(library.add(settings, "boats.txt", b"text %d" % (number // 2)).doc_id)
        except SameContentError as error:
            same.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == len(set(names)) == len(same) == 8, "each text was sent twice and is stored once"
    stored = {data for name, data in files(settings).items() if name.startswith("boats (")}
    assert stored == {b"text %d" % number for number in range(8)}


def test_a_full_disk_leaves_no_half_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = files(settings)
    monkeypatch.setattr("famqa.library.os.fsync", full)
    with pytest.raises(DocumentError) as raised:
        library.add(settings, "tides.txt", b"words")
    assert "tides.txt: cannot be stored (No space left on device)" in line_of(raised)
    assert files(settings) == before


def test_a_folder_that_may_only_be_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("famqa.library.tempfile.mkstemp", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DocumentError, match=r"tides\.txt: cannot be stored \(Read-only file system\)"):
        library.add(settings, "tides.txt", b"words")
    with pytest.raises(DocumentError, match=r"boats\.txt: cannot be removed \(Read-only file system\)"):
        library.remove(settings, "boats.txt")
    assert (settings.corpus / "boats.txt").exists()


def test_without_a_folder_nothing_is_made(tmp_path: Path) -> None:
    settings = Settings(corpus=tmp_path / "nowhere", index=tmp_path / "index")
    with pytest.raises(CorpusError, match="does not exist"):
        library.add(settings, "a.txt", b"words")
    with pytest.raises(CorpusError, match="does not exist"):
        library.remove(settings, "a.txt")
    assert library.trash(settings) == ()
    assert not settings.corpus.exists()


def test_sources_toml_is_told_and_left_alone(settings: Settings) -> None:
    stated = '[documents."report.txt"]\ntitle = "Old\\nreport <b>"\n'
    (settings.corpus / "sources.toml").write_text(stated)
    stored = library.add(settings, "report.txt", b"new words")
    assert stored.remark == "sources.toml gives it the title “Old report <b>”"
    with pytest.raises(UnknownDocumentError):
        library.remove(settings, "sources.toml")
    (settings.corpus / "sources.toml").write_text("not toml [")
    assert library.add(settings, "tides.txt", b"other words").remark == ""


def test_remove_and_restore(settings: Settings) -> None:
    before = files(settings)
    gone = library.remove(settings, "shop/prices.md")
    assert (gone.doc_id, gone.size_bytes) == ("shop/prices.md", 31)
    assert documents.list_files(settings.corpus) == ["boats.txt"], "the index does not see the trash"
    assert files(settings)[f".trash/{gone.key}/shop/prices.md"] == before["shop/prices.md"]
    assert library.trash(settings) == (gone,)
    assert library.restore(settings, gone.key) == library.Stored("shop/prices.md", 31, "")
    assert files(settings) == before
    assert library.trash(settings) == ()
    assert list((settings.corpus / ".trash").iterdir()) == []
    with pytest.raises(UnknownDocumentError, match="it may be back already"):
        library.restore(settings, gone.key)


def test_restore_makes_its_folder_anew_and_overwrites_nothing(settings: Settings) -> None:
    first = library.remove(settings, "shop/prices.md")
    (settings.corpus / "shop").rmdir()
    library.restore(settings, first.key)
    again = library.remove(settings, "shop/prices.md")
    (settings.corpus / "shop" / "prices.md").write_text("newer")
    back = library.restore(settings, again.key)
    assert back == library.Stored(
        "shop/prices (2).md", 31, "shop/prices.md has been taken since, so it is back as shop/prices (2).md"
    )
    assert files(settings)["shop/prices.md"] == b"newer"


def test_the_only_document_stays(settings: Settings) -> None:
    library.remove(settings, "boats.txt")
    with pytest.raises(DocumentError) as raised:
        library.remove(settings, "shop/prices.md")
    assert "is the only document" in line_of(raised)


def test_a_file_with_an_unusable_name_can_be_removed_by_how_it_is_shown(settings: Settings) -> None:
    (settings.corpus / "two\nlines.txt").write_text("words")
    gone = library.remove(settings, "two\\x0alines.txt")
    assert gone.doc_id == "two\\x0alines.txt"
    assert library.restore(settings, gone.key).doc_id == "two\\x0alines.txt"
    assert (settings.corpus / "two\nlines.txt").read_text() == "words"


@pytest.mark.parametrize(
    "doc_id",
    [
        "",
        ".",
        "..",
        "../secret.txt",
        "shop/../boats.txt",
        "./boats.txt",
        "boats.txt/",
        "shop",
        "boats.txt\x00",
        "..%2fsecret.txt",
        "..\\secret.txt",
        "link.txt",
        "away/secret.txt",
        ".hidden.txt",
        ".trash/x/boats.txt",
        "index/CURRENT",
        "\udcff",
    ],
)
def test_only_documents_of_the_folder_can_be_removed(settings: Settings, tmp_path: Path, doc_id: str) -> None:
    outside = tmp_path / "away"
    outside.mkdir()
    for path in (tmp_path / "secret.txt", outside / "secret.txt", settings.corpus / ".hidden.txt"):
        path.write_text("secret")
    (settings.corpus / "link.txt").symlink_to(tmp_path / "secret.txt")
    (settings.corpus / "away").symlink_to(outside)
    inner = settings.model_copy(update={"index": settings.corpus / "index"})
    inner.index.mkdir()
    (inner.index / "CURRENT").write_text("x")
    before = files(settings)
    for wanted in (doc_id, str(tmp_path / "secret.txt")):
        with pytest.raises(UnknownDocumentError) as raised:
            library.remove(inner, wanted)
        assert "there is no such document" in line_of(raised)
    assert files(settings) == before
    assert (outside / "secret.txt").exists() and (tmp_path / "secret.txt").exists()


@pytest.mark.parametrize("key", ["", ".", "..", "../..", "a/b", "20260101T000000Z-00000000", "x\n", "\x00"])
def test_restore_takes_only_keys(settings: Settings, key: str) -> None:
    library.remove(settings, "boats.txt")
    with pytest.raises(UnknownDocumentError) as raised:
        library.restore(settings, key)
    assert "is not in the trash" in line_of(raised)


def test_links_in_and_to_the_trash_are_not_followed(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    gone = library.remove(settings, "shop/prices.md")
    (settings.corpus / "shop").rmdir()
    (settings.corpus / "shop").symlink_to(outside)
    with pytest.raises(DocumentError, match="its folder is a link now"):
        library.restore(settings, gone.key)
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    (settings.corpus / ".trash" / "20260101T000000Z-00000000").symlink_to(outside)
    with pytest.raises(UnknownDocumentError):
        library.restore(settings, "20260101T000000Z-00000000")
    (settings.corpus / ".trash").rename(tmp_path / "moved")
    (settings.corpus / ".trash").symlink_to(outside)
    (settings.corpus / "more.txt").write_text("more words")
    with pytest.raises(DocumentError, match="is a link, and links are not followed"):
        library.remove(settings, "boats.txt")
    assert library.trash(settings) == ()
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]


def test_the_plan_follows(settings: Settings, fake_model: object) -> None:
    indexing.update(settings)
    library.add(settings, "tides.txt", b"Tides turn twice a day.\n")
    gone = library.remove(settings, "boats.txt")
    plan = indexing.plan(settings)
    assert (plan.added, plan.removed, plan.changed) == (("tides.txt",), ("boats.txt",), ())
    library.restore(settings, gone.key)
    library.remove(settings, "tides.txt")
    assert indexing.plan(settings).is_up_to_date
