"""The rest of a list or table, for a question that asks for several things.

Search finds the rows that are most like the question; the answer may be in all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from famqa.generations import Generation
from famqa.records import BlockKind, Candidate, Passage, Vectors

MOST_ROWS = 60  # read of one list or table
_RUNS = 2  # lists or tables completed for a question
_FOUND = 2  # rows of it that search must have found
_LISTED = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


def other_rows(
    generation: Generation, vector: Vectors, found: Sequence[Candidate], read: int
) -> tuple[list[Candidate], bool]:
    """Candidates for the rows that complete the lists and tables of which search found at least two rows.

    The second value says whether one of them has more rows than are taken.
    `found` is best first and its first `read` are read anyway. A row that search did not find has the score of the
    worst that it found.
    """
    first = found[:read]
    members = Counter(_list_of(c.passage) for c in first if c.passage.kind in _LISTED)
    wanted = [key for key, count in members.most_common(_RUNS) if count >= _FOUND]
    known = {candidate.row: candidate for candidate in found}
    taken = {candidate.row for candidate in first}
    worst = min((candidate.score for candidate in found), default=0.0)
    rows: list[tuple[int, Passage]] = []
    is_cut = False
    for key in wanted:
        member = next(c for c in first if _list_of(c.passage) == key)
        run = generation.catalog.run(member.row)
        at = next(n for n, (row, _) in enumerate(run) if row == member.row)
        begin = max(0, min(at - MOST_ROWS // 2, len(run) - MOST_ROWS))
        is_cut |= len(run) > MOST_ROWS
        rows += [pair for pair in run[begin : begin + MOST_ROWS] if pair[0] not in taken]
    cosines = generation.vectors.cosines(vector, [row for row, _ in rows]) if rows else []
    others = [
        known.get(row) or Candidate(row, passage, worst, cosine, 0.0)
        for (row, passage), cosine in zip(rows, cosines, strict=True)
    ]
    return others, is_cut


def _list_of(passage: Passage) -> tuple[str, BlockKind, tuple[str, ...]]:
    return passage.doc_id, passage.kind, passage.headings
