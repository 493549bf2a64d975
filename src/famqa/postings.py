"""BM25 over the terms of passages, on disk; the only import of tantivy.

Terms are made by `famqa.terms`, in and out, so tantivy only splits at white space.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import tantivy

from famqa.errors import IndexDamagedError, IndexError_
from famqa.terms import terms

_HEAP_BYTES = 64 << 20


def write_postings(folder: Path, search_texts: Iterable[str]) -> None:
    """Builds the index in an empty folder; text i becomes row i.

    Raises `IndexError_` where the disk is full or cannot be written to.
    """
    folder.mkdir()
    try:
        _write(folder, search_texts)
    except Exception as error:  # tantivy raises ValueError, OSError and its own
        reason = " ".join(str(error).split())[:160]
        raise IndexError_(f"{folder} cannot be written ({reason}); check the space on its disk") from None


def _write(folder: Path, search_texts: Iterable[str]) -> None:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True, indexed=False, fast=True)
    builder.add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    for row, text in enumerate(search_texts):
        writer.add_document(tantivy.Document(row=row, terms=" ".join(terms(text))))
    writer.commit()
    writer.wait_merging_threads()


class Postings:
    """The lexical index of one generation."""

    def __init__(self, folder: Path) -> None:
        try:
            self._index = tantivy.Index.open(str(folder))
            self._index.config_reader("manual", 1)
            self._index.reload()
            self._searcher = self._index.searcher()
        except Exception as error:  # tantivy raises ValueError, OSError and its own
            reason = str(error).split("\n")[0][:160]
            raise IndexDamagedError(f"the postings in {folder} cannot be read: {reason}") from None

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def occurs(self, allowed: Sequence[int] | None = None) -> Callable[[str], bool]:
        """A function that tells whether a passage, one of the allowed rows, shares a term with a word."""
        if allowed is None:
            return lambda word: bool(self.search(word, 1))
        inside = set(allowed)
        return lambda word: any(row in inside for row, _ in self.search(word, len(self)))

    def search(self, question: str, limit: int) -> list[tuple[int, float]]:
        """(row, BM25) of the `limit` best passages that share a term with the question, best first; ties by row."""
        wanted = list(dict.fromkeys(terms(question)))
        if not wanted or not len(self):
            return []
        schema = self._index.schema
        clauses = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "terms", term, "freq")) for term in wanted]
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), limit=limit).hits
        addresses = [address for _, address in hits]
        rows = self._searcher.fast_field_values("row", addresses)
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))
