"""Which documents a question is asked of: those that paths, folders or patterns name."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from famqa.errors import QuestionError


def select_documents(doc_ids: Sequence[str], within: Sequence[str]) -> frozenset[str]:
    """The ids that are named by one of `within`: a document's id, a folder of documents, or a pattern like "*.pdf".

    Raises `QuestionError` for a name that fits no document.

    >>> sorted(select_documents(["a/x.md", "a/y.md", "b.txt"], ["a", "b.*"]))
    ['a/x.md', 'a/y.md', 'b.txt']
    """
    chosen: set[str] = set()
    for name in within:
        bare = name.strip().removeprefix("./").rstrip("/")
        found = {d for d in doc_ids if d in (name, bare) or d.startswith(f"{bare}/") or fnmatchcase(d, bare)}
        if not bare or not found:
            raise QuestionError(f"no document of the index is named by '{name}'; famqa status lists what there is")
        chosen |= found
    return frozenset(chosen)
