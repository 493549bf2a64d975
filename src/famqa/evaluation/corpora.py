"""Folders of documents made from a question file that brings its texts along (SQuAD, BEIR)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from famqa.documents.folder import SOURCES_FILE
from famqa.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Page:
    """A text to be written as a document of its own."""

    doc_id: str  # its file's name
    title: str
    text: str


def write_pages(folder: Path, pages: Iterable[Page]) -> int:
    """Writes each page as a file and their titles as sources.toml; returns how many there are.

    Files that are there already and hold the same are left as they are. Raises `CorpusError` for a folder that holds
    anything else.
    """
    listed = list(pages)
    names = {page.doc_id for page in listed} | {SOURCES_FILE}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = sorted(path.name for path in folder.iterdir() if path.name not in names)
        if strangers:
            raise CorpusError(
                f"'{folder}' holds files that do not belong to these questions, such as {strangers[0]}; "
                "name a new folder"
            )
        for page in listed:
            _write(folder / page.doc_id, page.text)
        notes = [
            f"[documents.{json.dumps(page.doc_id)}]\ntitle = {json.dumps(page.title, ensure_ascii=False)}\n"
            for page in listed
            if page.title
        ]
        _write(folder / SOURCES_FILE, "\n".join(notes))
    except OSError as error:
        raise CorpusError(f"{error.filename}: {error.strerror}; name another folder") from None
    return len(listed)


def _write(path: Path, text: str) -> None:
    data = text.encode()
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)
