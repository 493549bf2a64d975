"""HTML of the evaluation page: everything told in words, nothing of a question or a document taken for markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from famqa.evaluation.compare import compare
from famqa.evaluation.questions import LeftOut, QuestionSet
from famqa.evaluation.rows import Question
from famqa.evaluation.run_folder import read_predictions, read_run
from famqa.evaluation.runner import Phase, Progress
from famqa.evaluation.workbench import RunSummary
from famqa.web import evaluation_comparison
from famqa.web import evaluation_view as view
from run_folders import FACT, TEXT, score, write_run

PWN = '<img src=x onerror="alert(1)">'


def words(html: str) -> str:
    """The text of the HTML, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def no_link(doc_id: str, start: int, end: int, text: str) -> str:
    return ""


def summary(name: str = "20260102T030405Z-q", **values: object) -> RunSummary:
    stated = {"file": "q.jsonl", "questions": 10, "done": 10, "is_finished": True, "started": None, "right": 0.5}
    return RunSummary(name, **(stated | values))  # type: ignore[arg-type]


def test_what_a_file_holds() -> None:
    questions = (Question("a", "A?", ("x",)), Question("b", "B?", answerable=False))
    left_out = tuple(LeftOut(f"q.jsonl, line {n}", f"'id' is {PWN}") for n in range(3, 105))
    html = view.checked(QuestionSet(Path("q.jsonl"), "ab", questions, left_out, ("two are short",)))
    assert "2 questions, 1 of them answerable. Two are short. 102 rows cannot be used" in words(html)
    assert f"q.jsonl, line 3: 'id' is {PWN}" in words(html) and "<img" not in html
    assert html.count("<li>") == 101 and "and 2 more" in words(html)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Progress(), ""),
        (Progress(Phase.RUNNING, "r", 2, 40, 1.0, 0), "Asking: 2 of 40 questions"),
        (Progress(Phase.RUNNING, "r", 10, 40, 20.0, 0), "Asking: 10 of 40 questions, about 60 s left"),
        (Progress(Phase.RUNNING, "r", 30, 40, 20.0, 20), "Asking: 30 of 40 questions, about 20 s left"),
        (Progress(Phase.STOPPING, "r", 30, 40, 20.0, 0), "Stopping after this question: 30 of 40 questions"),
        (
            Progress(Phase.STOPPED, "r", 1, 40),
            "Stopped at 1 of 40 questions. “Go on” in the list of runs asks the others.",
        ),
        (Progress(Phase.FINISHED, "r", 1, 1, 7.2), "Done: 1 question in 7 s."),
        (Progress(Phase.FAILED, problem="the index is gone"), "The index is gone."),
    ],
)
def test_how_far_a_run_is(now: Progress, told: str) -> None:
    html = view.progress(now)
    assert words(html) == told
    assert ('role="progressbar"' in html) == now.is_running
    if now.done == 10:
        assert 'aria-valuenow="10"' in html and "width:25.0%" in html


def test_runs_and_what_can_be_done_with_each() -> None:
    listed = [
        summary("20260104T030405Z-d", is_finished=False, done=0),
        summary("20260103T030405Z-c", is_finished=False, done=4),
        summary("20260102T030405Z-b", right=0.75, started=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        summary("20260101T030405Z-a", file=PWN),
        summary("20260101T010405Z-other", file="other.jsonl", questions_sha256="cd"),
        summary("20251231T030405Z-x", problem="cannot be read", is_finished=False),
    ]
    html = view.runs(listed, "20260102T030405Z-b", "20260101T030405Z-a", "20260104T030405Z-d")
    rows = re.findall(r"<li data-run=.*?</li>", html)
    assert [re.findall(r'data-do="(\w+)"', row) for row in rows] == [
        [],
        ["resume", "delete"],
        ["show", "delete"],
        ["show", "compare", "delete"],
        ["show", "delete"],  # over other questions
        ["delete"],
    ]
    assert [words(row).split(" 20")[0] for row in rows[:2]] == [
        "q.jsonl running",
        "q.jsonl stopped at 4 of 10 Go on Delete",
    ]
    assert "75.0 % right of 10" in words(rows[2]) and 'class="shown"' in rows[2]
    assert PWN in words(f"{rows[3]}".replace("&lt;", "\0").replace("&gt;", "\1")).replace("\0", "<").replace("\1", ">")
    assert "<img" not in html and 'aria-pressed="true">Compare' in rows[3]
    assert "None yet" in view.runs([], "", "", "")


def test_figures_are_the_reports(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, [score(n, right=n < 6) for n in range(8)]))
    html = view.figures(run)
    assert "6 of 8 answerable questions were answered rightly." in words(html)
    assert "75 % right, over all questions" in words(html)
    drawn = view.plots(run)
    assert "Why the misses were missed" in words(drawn) and drawn.count("<svg") == 5


def test_a_miss_opens_to_all_that_explains_it(tmp_path: Path) -> None:
    rows = [score(0), score(1, right=False), score(2, right=False, cause="search", question=f"Who {PWN}?")]
    folder = write_run(tmp_path, rows)
    asked: list[tuple[str, int, int, str]] = []

    def link(doc_id: str, start: int, end: int, text: str) -> str:
        asked.append((doc_id, start, end, text))
        return "../?source=tower.txt@ab&at=1-2"

    html = view.misses(read_run(folder), read_predictions(folder), "", 20, link)
    assert html.count('<details class="miss">') == 2 and "<img" not in html
    told = words(html)
    assert "Who lit lamp number 1? Missed by reading · q0001" in told and f"Who {PWN}?" in unescape(html)
    assert "Expected Edith Marlow or Marlow Given Peter Holm confidence 0.55" in told
    assert "Why Passage 1 holds the fact and was read, but another stretch was chosen." in told
    assert '<mark class="fact">Edith Marlow</mark>' in html and '<mark class="given">Peter Holm</mark>' in html
    assert asked[0] == ("tower.txt", 100 + FACT, 100 + FACT + 12, "Edith Marlow")
    assert 'href="../?source=tower.txt@ab&amp;at=1-2"' in html
    assert TEXT in re.sub("</?mark[^>]*>", "", html)


def test_misses_of_one_cause_and_more_of_them(tmp_path: Path) -> None:
    rows = [score(n, right=False, cause="search" if n < 3 else "read") for n in range(30)]
    folder = write_run(tmp_path, rows)
    run, answers = read_run(folder), read_predictions(folder)
    html = view.misses(run, answers, "", 20, no_link)
    assert html.count('<details class="miss">') == 20 and "Show 10 more of 10" in words(html)
    assert 'data-most="40"' in html
    html = view.misses(run, answers, "search", 20, no_link)
    assert html.count('<details class="miss">') == 3 and "Show" not in words(html)
    assert 'data-cause="search" aria-pressed="true">Missed by search 3<' in html
    right = read_run(write_run(tmp_path / "right", [score(1)]))
    assert "every question came out right" in view.misses(right, [], "", 20, no_link)


def test_refusals_lists_and_dialogues_in_words(tmp_path: Path) -> None:
    rows = [
        score(1, right=False, answerable=False, expected=[], cause="refuse"),
        score(2, right=False, status="no_answer", answer="", cause="refuse", turn=2),
        score(3, right=False, expected=[], all_of=[["Ann", "Anna"], ["Bo"]]),
    ]
    folder = write_run(tmp_path, rows)
    told = words(view.misses(read_run(folder), read_predictions(folder), "", 20, no_link))
    assert "Expected no answer: the documents do not say Given Peter Holm" in told
    assert "q0002, turn 2" in told and "Given no answer" in told and "Nearest passage" in told
    assert "Expected Ann; Bo Given" in told


@pytest.mark.parametrize(
    ("before", "after", "kind", "sentence"),
    [
        (
            range(10, 40),
            range(40),
            "better",
            r"Better: 100.0 % right, 75.0 % before \(\+25.0 points, 95 % interval \+1",
        ),
        (
            range(40),
            range(10, 40),
            "worse",
            r"Worse: 75.0 % right, 100.0 % before \(-25.0 points, 95 % interval -40.0 to -1",
        ),
        (
            range(39),
            range(40),
            "same",
            r"No difference shown: 100.0 % right, 97.5 % before \(\+2.5 points, 95 % interval ",
        ),
        (
            range(33),
            range(39),
            "same",
            r"Perhaps better: 97.5 % right, 82.5 % before \(\+15.0 points, 95 % interval \+5.0 to ",
        ),
        (range(30), range(30), "same", r"No difference: every question came out as before, 75.0 % right\."),
    ],
)
def test_two_runs_in_a_sentence(tmp_path: Path, before: range, after: range, kind: str, sentence: str) -> None:
    a = read_run(write_run(tmp_path / "a", [score(n, right=n in before) for n in range(40)]))
    b = read_run(write_run(tmp_path / "b", [score(n, right=n in after) for n in range(40)], reader_digest="99"))
    found = compare(a, b)
    told, line = evaluation_comparison.in_words(found)
    assert told == kind and re.match(sentence, line.replace("\u00a0", " ")), line
    html = evaluation_comparison.comparison(found, summary(file="a<b>.jsonl"), summary("20260103T030405Z-q"))
    assert f'class="judged {kind}"' in html and "<b>" not in html
    assert "What else differs (1)" in words(html) and "Reader_digest differs" in words(html)
    if kind == "better":
        assert "Right now, missed before: 10" in words(html) and "before: Peter Holm · now: Edith Marlow" in words(html)


def test_times_are_short() -> None:
    year = datetime.now().astimezone().year
    assert view.when(datetime(year, 3, 4, 5, 6).astimezone()) == "4 Mar 05:06"
    assert view.when(datetime(year - 1, 3, 4, 5, 6).astimezone()) == f"4 Mar {year - 1} 05:06"
    assert view.when(None) == ""
