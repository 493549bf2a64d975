"""Small corpora, a fast stand-in for the model, and one real index that many tests ask."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from famqa import cli, documents
from famqa.assistant import Assistant
from famqa.embedding import ModelFiles, SentenceEmbedder, locate, model_token_counter
from famqa.evaluation.questions import load_questions
from famqa.evaluation.rows import Question
from famqa.indexing import update
from famqa.passages import Limits, cut, token_counter
from famqa.reader_weights import locate_reader
from famqa.reading import SpanReader
from famqa.records import Answer, Block, Document, Passage, Vectors
from famqa.settings import DEFAULT_EMBEDDER, DEFAULT_ENCODING, DEFAULT_READER, Settings
from famqa.terms import terms

hypothesis.settings.register_profile("famqa", deadline=None)  # machines under load are slow, not wrong
hypothesis.settings.load_profile("famqa")

BUNDLED_CORPUS = Path(__file__).parents[1] / "corpus"

LIGHTHOUSE = """\
= Gull Rock Lighthouse =

Infobox
- Height: 42 metres
- Architect: Edith Marlow
- First lit: 1871-03-09

Gull Rock Lighthouse stands on a skerry off the north coast of Varn. The tower was paid for by the herring \
merchants of Varn after a winter of storms. It has been without a keeper since 1974, because the lamp was made \
automatic in that year.

==Keepers==
The head keepers of the lighthouse were:
- Tomas Arnesen, who served from 1871 to 1890
  - Ingrid Arnesen, his daughter, as his assistant
- Peter Holm, who served from 1890 to 1921

==Lamp==
The first lamp burned rapeseed oil. A paraffin lamp replaced it in 1903.

===Fog signal===
A steam horn gave two blasts a minute in fog until an electric siren took its place.

==Wrecks==
The ships that were lost near the rock are listed by year.

| Year | Ship | Cargo | Lives lost |
| 1874 | Aurora | Timber | 3 |
| Bluebell | Coal | 7 | |
| 1880 | Corsair | Wine | 12 |
| | Dunlin | Salt | 4 |
| 1896 | Eider | | 2 |
"""

PRICES = """\
---
title: Harbour Shop Price List
---

# Prices in the harbour shop

All prices are in **crowns** and hold until *the end of June*. The shop is run by [Maud Lindqvist](https://shop.example/maud).

## Rope and chain

- Hemp rope
  - thin: 4 crowns a metre
  - thick: 9 crowns a metre
- Anchor chain is sold by weight

## Paint

| Colour | Tin | Price |
|:-------|----:|-------|
| Red lead | 2 litres | 31 crowns |
| | 5 litres | 70 crowns |
| White \\| cream | 2 litres | 27 crowns |
"""

SMALL_CORPUS = {"lighthouse.txt": LIGHTHOUSE, "shop/prices.md": PRICES}

Run = Callable[..., tuple[int, str, str]]
"""Runs a command of famqa; gives exit code, standard output and standard error."""


def write_corpus(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Writes the files into the folder; text as UTF-8, newlines as they stand."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def write_rows(path: Path, *rows: object) -> Path:
    """Writes each row as a line of JSON, a text as it stands; makes the folders that the file needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, a line each."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_beir(folder: Path, documents: Sequence[object], queries: Sequence[object], qrels: str) -> Path:
    """Writes a BEIR folder with one split."""
    write_rows(folder / "corpus.jsonl", *documents)
    write_rows(folder / "queries.jsonl", *queries)
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(qrels, "utf-8")
    return folder


def make_settings(folder: Path, files: dict[str, str | bytes], **values: object) -> Settings:
    """Settings over a new corpus in `folder`/corpus and an index in `folder`/index."""
    return Settings(corpus=write_corpus(folder / "corpus", files), index=folder / "index", **values)


def parsed(text: str, doc_id: str = "a.txt") -> tuple[Document, tuple[Block, ...]]:
    """Document and blocks of a text, as they would come from a file."""
    return documents.parse(text.encode(), doc_id)


def block_texts(document: Document, blocks: Sequence[Block]) -> list[tuple[str, str]]:
    """(kind, text) of every block."""
    return [(block.kind.value, document.text[block.start : block.end]) for block in blocks]


def assert_sound(document: Document, passages: Sequence[Passage]) -> None:
    """Every passage, segment and cell slices from the document to what it claims to be."""
    text = document.text
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.doc_id == document.doc_id
        assert passage.text == text[passage.start : passage.end] != ""
        assert passage.sentences
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
        for segment in passage.segments:
            searched = passage.search_text[segment.search_start : segment.search_start + segment.length]
            assert len(searched) == segment.length > 0
            assert searched == text[segment.start : segment.start + segment.length]
        for cell in passage.cells:
            assert 0 <= cell.start < cell.end <= len(text)


def assert_cited(answer: Answer, document_of: Callable[[str], Document]) -> None:
    """Every citation slices to its quote, every span to its text, inside the citation that it names."""
    by_number = {citation.number: citation for citation in answer.citations}
    assert len(by_number) == len(answer.citations)
    for citation in (*answer.citations, *answer.nearest):
        document = document_of(citation.doc_id)
        assert document.text[citation.start : citation.end] == citation.quote != ""
        assert citation.line == document.text[: citation.start].count("\n") + 1
        assert citation.title == document.title
    for span in answer.spans:
        cited = by_number[span.citation]
        assert cited.start <= span.start < span.end <= cited.end
        assert document_of(cited.doc_id).text[span.start : span.end] == span.text


def assert_in_order(text: str, blocks: Sequence[Block]) -> None:
    """The blocks follow each other without white space around them, and in each its markup."""
    at = 0
    for block in blocks:
        assert at <= block.start < block.end <= len(text)
        assert text[block.start : block.end] == text[block.start : block.end].strip()
        at = block.start
        for start, end in block.markup:
            assert at <= start < end <= block.end
            at = end
        at = block.end


def read_questions(path: Path) -> list[Question]:
    """All questions of a file, in order; none of its rows may be unusable."""
    return list(load_questions(path).strict().questions)


def refused(run: Run, *arguments: object) -> str:
    """The one line on standard error of a command that ends with exit code 2."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("famqa: ")
    return line


class TermEmbedder:
    """Stands in for the model where it is not the subject: a vector counts each term in one of 512 places.

    Texts that share words are near each other. `texts` holds all that was embedded, in order.
    """

    dimension = 512

    def __init__(self, files: ModelFiles) -> None:
        self.files = files
        self.digest = files.digest
        self.texts: list[str] = []
        self.count_tokens = lambda text: len(text.split())

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        vectors = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for term in terms(text):
                vector[zlib.crc32(term.encode("utf-8", "replace")) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_question(self, question: str) -> Vectors:
        return self.embed([question])[0]


@pytest.fixture(scope="session", autouse=True)
def _without_settings_of_the_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FAMQA_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    """The bundled model's files; the weights are not loaded."""
    return locate(DEFAULT_EMBEDDER)


@pytest.fixture(scope="session")
def limits(model_files: ModelFiles) -> Limits:
    """The limits that passages are cut by when nothing is set."""
    return Limits(160, model_files.max_tokens, token_counter(DEFAULT_ENCODING), model_token_counter(model_files))


@pytest.fixture(scope="session")
def cut_text(limits: Limits) -> Callable[..., tuple[Document, list[Passage]]]:
    """Document and passages of a text, by the default limits or others."""

    def make(text: str, doc_id: str = "a.txt", by: Limits = limits) -> tuple[Document, list[Passage]]:
        document, blocks = parsed(text, doc_id)
        return document, cut(document, blocks, by)

    return make


@pytest.fixture(scope="session")
def embedder(model_files: ModelFiles) -> SentenceEmbedder:
    """The real model, loaded once."""
    return SentenceEmbedder(model_files)


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch, model_files: ModelFiles) -> TermEmbedder:
    """Indexing and asking embed with this; its digest is the real model's."""
    fake = TermEmbedder(model_files)
    _use(monkeypatch, fake)
    return fake


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command of famqa in this process."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["famqa", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def command_here(tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch, command: Run) -> Run:
    """Runs a command in a folder with the small corpus, with stand-ins for both models."""
    write_corpus(tmp_path / "corpus", SMALL_CORPUS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAMQA_READER", "sentences")
    monkeypatch.setenv("FAMQA_ANSWER_THRESHOLD", "0")
    return command


@pytest.fixture(scope="session")
def other_embedder(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Path:
    """A folder with the bundled model, one of its settings written otherwise, so that its digest is another."""
    folder = tmp_path_factory.mktemp("models") / "other-model"
    shutil.copytree(model_files.folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").symlink_to(model_files.folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"note": "altered"}), "utf-8")
    return folder


_located = lru_cache(locate)
"""`locate` without taking the digest of the weights again."""


class InProcessParser:
    """Stands in for `ParserProcess` where files are harmless and starting a process for them would take long."""

    def __init__(self, seconds: float, memory_mb: int) -> None:
        self.parse_file = documents.parse_file

    def __enter__(self) -> InProcessParser:
        return self

    def __exit__(self, *error: object) -> None:
        pass


def _use(patch: pytest.MonkeyPatch, model: object) -> None:
    """Indexing and asking use this model, and files are parsed in this process."""
    patch.setattr("famqa.indexing.ParserProcess", InProcessParser)
    patch.setattr("famqa.indexing.can_embed", lambda files, count: False)
    for module in ("famqa.indexing", "famqa.assistant"):
        patch.setattr(f"{module}.SentenceEmbedder", lambda files: model)
        patch.setattr(f"{module}.locate", _located)


def use_stand_ins() -> None:
    """From here on this process indexes with `TermEmbedder` and parses in itself; for processes that tests start."""
    patch = pytest.MonkeyPatch()  # never undone
    _use(patch, TermEmbedder(_located(DEFAULT_EMBEDDER)))


@pytest.fixture(scope="session")
def template_index(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Path:
    """An index of the small corpus, made with the stand-in. Copy it before touching it."""
    settings = make_settings(tmp_path_factory.mktemp("template"), SMALL_CORPUS)
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, TermEmbedder(model_files))
        update(settings)
    return settings.index


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory: pytest.TempPathFactory, embedder: SentenceEmbedder) -> Settings:
    """Settings of an index of the small corpus, made with the real model. Not to be written to."""
    settings = make_settings(tmp_path_factory.mktemp("small"), SMALL_CORPUS)
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        update(settings)
    return settings


@pytest.fixture(scope="session")
def small_assistant(small_settings: Settings, embedder: SentenceEmbedder) -> Assistant:
    """Asks the small corpus with the real model."""
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        return Assistant(small_settings)


@pytest.fixture(scope="session")
def bundled_assistant(tmp_path_factory: pytest.TempPathFactory, embedder: SentenceEmbedder) -> Assistant:
    """Asks the project's own corpus with the real model."""
    settings = Settings(corpus=BUNDLED_CORPUS, index=tmp_path_factory.mktemp("bundled") / "index")
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        update(settings)
        return Assistant(settings)


@pytest.fixture(scope="session")
def reader() -> SpanReader:
    """The shipped reader."""
    return SpanReader(locate_reader(DEFAULT_READER))
