"""Whether two runs can be compared: are they over the same questions, and what else differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from famqa.errors import FamqaError
from famqa.evaluation.run_folder import Row, RunFolder, key_of

_NAMED = 5  # ids named in a message
_TOLD_APART = (
    *("questions_file", "questions_sha256", "questions", "left_out", "settings"),
    *("started", "elapsed_s", "asking_s", "finished"),
)

Key = tuple[str, int]  # id and turn


def paired(a: RunFolder, b: RunFolder) -> list[tuple[Row, Row]]:
    """The rows of both runs by question, in A's order. Raises `FamqaError` saying how the questions differ."""
    in_a, in_b = ({key_of(row): row for row in run.scores} for run in (a, b))
    if not in_a:
        raise FamqaError(f"{a.path}: there is no question in the run; run famqa eval again")
    only_a = [key for key in in_a if key not in in_b]
    only_b = [key for key in in_b if key not in in_a]
    altered = [key for key in in_a if key in in_b and _asked(in_a[key]) != _asked(in_b[key])]
    if only_a or only_b or altered:
        digests = [str(run.run.get("questions_sha256", "unknown"))[:12] for run in (a, b)]
        same = digests[0] == digests[1]
        how = [
            f"the same file (sha256 {digests[0]})" if same else f"sha256 {digests[0]} in A, {digests[1]} in B",
            *(
                f"{len(keys)} {what}: {_listed(keys)}"
                for keys, what in ((only_a, "only in A"), (only_b, "only in B"), (altered, "not alike in both"))
                if keys
            ),
        ]
        raise FamqaError(
            f"{a.path} and {b.path} are over different questions ({'; '.join(how)}); compare runs of the same questions"
        )
    return [(row, in_b[key]) for key, row in in_a.items()]


def warnings(a: RunFolder, b: RunFolder) -> list[str]:
    """What else than the answers differs between the runs, a line each."""
    found: list[str] = []
    if a.run.get("questions_sha256") != b.run.get("questions_sha256"):
        found.append("the question files differ, though every question and its answers are the same")
    stated = [{name: value for name, value in run.run.items() if name not in _TOLD_APART} for run in (a, b)]
    settings = [run.run.get("settings") or {} for run in (a, b)]
    for kind, (in_a, in_b) in (("", stated), ("setting ", settings)):
        for name in sorted(in_a.keys() | in_b.keys()):
            if (one := in_a.get(name)) != (other := in_b.get(name)):
                found.append(f"{kind}{name} differs: {_short(one)} in A, {_short(other)} in B")
    return found


def _asked(row: Row) -> tuple[Any, ...]:
    """What the question is and what is right: what must be the same in both runs."""
    return tuple(row.get(field) or None for field in ("question", "answerable", "expected", "all_of"))


def _listed(keys: Sequence[Key]) -> str:
    shown = ", ".join(f"{key} (turn {turn})" if turn else key for key, turn in keys[:_NAMED])
    return shown + (f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else "")


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
