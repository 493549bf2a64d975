"""The report as text: what it says of a run, and that nothing in questions or documents can break out of it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from famqa.errors import FamqaError
from famqa.evaluation.metric_names import CAUSES
from famqa.evaluation.report import marked, write_report
from famqa.evaluation.report_summary import Outcomes, all_plots, count, headline, sentences
from famqa.evaluation.run_folder import read_run
from run_folders import TEXT, Row, score, write_run

HOSTILE = (
    "</script><script>window.__pwned=1</script><!-- <img src=x onerror=window.__pwned=1> "
    "]]> {{ 7*7 }} \u2028 \U0001f680"
)


class Page(HTMLParser):
    """The page's elements and the texts of its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.words: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = (dict(attrs).get("id") or "code") if tag == "script" else "style" if tag == "style" else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def text(self) -> str:
        return " ".join(self.words)

    def json(self, name: str) -> Any:
        return json.loads(self.scripts[name])


def page_of(folder: Path) -> Page:
    return Page(write_report(folder).read_text("utf-8"))


def mixed() -> list[Row]:
    """Eleven questions: 4 right, 1 refused wrongly, 3 wrong; of 3 unanswerable ones 2 refused."""
    unanswerable = {"answerable": False, "expected": [], "place": None, "type": "unanswerable"}
    refused = {"status": "no_answer", "answer": ""}
    return [
        *(score(n) for n in range(4)),
        score(4, right=False, cause="refuse", **refused),
        score(5, right=False),
        score(6, right=False, cause="search"),
        score(10, right=False, cause="search"),
        score(7, **unanswerable, **refused),
        score(8, **unanswerable, **refused),
        score(9, right=False, cause="refuse", **unanswerable),
    ]


def test_outcomes_by_hand() -> None:
    found = count(mixed())
    assert found == Outcomes(answerable=8, right=4, wrong=3, refused=1, unanswerable=3, rightly_refused=2)
    assert (found.all_right, found.invented, found.questions) == (6, 1, 11)


def test_the_verdict_in_words(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, mixed(), left_out=[{"where": "line 3", "why": "no question"}]))
    found = count(run.scores)
    assert headline(found) == "4 of 8 answerable questions were answered rightly."
    assert sentences(found, run) == [
        "1 was refused though the documents answer it, 3 were answered wrongly.",
        "Of 3 questions that the documents do not answer, 2 were refused, as is right, "
        "and 1 was answered all the same.",
        "The largest part of the 5 misses, 2, were missed by search: "
        "the fact is in a passage that was not among those read.",
        "1 row of the question file could not be used and was left out.",
    ]


def test_the_verdict_of_a_perfect_run_and_of_one_without_answerable_questions(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, [score(1)]))
    assert headline(count(run.scores)) == "1 of 1 answerable question was answered rightly."
    assert sentences(count(run.scores), run) == [
        "None was refused though the documents answer them, none was answered wrongly."
    ]
    assert headline(Outcomes(0, 0, 0, 0, 2, 0)) == "None of 2 unanswerable questions was refused, as is right."


def test_a_citation_that_is_not_verbatim_is_told(tmp_path: Path) -> None:
    rows = [score(n, scores={"f1": 1.0, "verbatim": float(n > 0)}) for n in range(250)]
    run = read_run(write_run(tmp_path, rows))
    told = sentences(count(run.scores), run)
    assert "0.4\u00a0% of the citations are not what the documents say, which must never be." in told


def test_marks_by_hand() -> None:
    assert marked("Lit by Ann Lee.", 100, [(107, 110, "a"), (107, 114, "f")]) == [
        ["Lit by ", ""],
        ["Ann", "af"],
        [" Lee", "f"],
        [".", ""],
    ]
    assert marked("abc", 0, []) == [["abc", ""]]
    assert marked("abc", 10, [(0, 11, "a"), (12, 99, "f"), (50, 60, "f")]) == [["a", "a"], ["b", ""], ["c", "f"]]
    assert marked("", 0, [(0, 1, "a")]) == []


def test_marked_pieces_are_the_text_beyond_the_basic_plane(tmp_path: Path) -> None:
    """Offsets count code points, the page's script counts otherwise: so the pieces are cut before they get there."""
    assert marked("\U0001f680 Ann", 0, [(2, 5, "a")]) == [["\U0001f680 ", ""], ["Ann", "a"]]


def test_details_hold_what_a_row_opens_to(tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path, mixed()))
    rows, details = page.json("rows-json"), page.json("details-json")
    assert [row["cause"] for row in rows] == ["", "", "", "", "refuse", "read", "search", "search", "", "", "answer"]
    miss = details[5]
    assert miss["evidence"] == "Passage 1 holds the fact and was read, but another stretch was chosen."
    (citation,) = miss["citations"]
    assert [piece for piece in citation["quote"] if piece[1]] == [["Edith Marlow", "f"], ["Peter Holm", "a"]]
    assert "".join(text for text, _ in citation["quote"]) == TEXT
    assert [each["rank"] for each in miss["candidates"]] == list(range(1, 11))
    assert [each["right"] for each in miss["candidates"]][:2] == [True, False]
    assert miss["candidates"][8]["read"] is False
    assert miss["place"]["section"] == ["Lamp"] and ["Edith Marlow", "f"] in miss["place"]["text"]
    refused = details[4]
    assert refused["citations"] == [] and len(refused["nearest"]) == 1


def test_a_place_with_its_own_text_is_shown_with_it(tmp_path: Path) -> None:
    place = {"doc_id": "b.txt", "start": 20, "end": 23, "line": 4, "section": ["Keepers"], "text_start": 15}
    place |= {"text": "some Ann here", "cut": [True, False]}
    page = page_of(write_run(tmp_path, [score(1, place=place)]))
    found = page.json("details-json")[0]["place"]
    assert found["text"] == [["…", ""], ["some ", ""], ["Ann", "f"], [" here", ""]]
    assert (found["line"], found["section"]) == (4, ["Keepers"])


def test_right_candidates_are_listed_however_low_they_rank(tmp_path: Path) -> None:
    row = score(1)
    row["candidates"] = [
        row["candidates"][0] | {"rank": rank, "right": rank == 14, "read": rank < 4} for rank in range(1, 21)
    ]
    page = page_of(write_run(tmp_path, [row]))
    detail = page.json("details-json")[0]
    assert [each["rank"] for each in detail["candidates"]] == [*range(1, 11), 14]
    assert detail["unlisted"] == 9


def test_turns_of_a_dialogue_get_their_own_answers(tmp_path: Path) -> None:
    rows = [score(1, id="d1", turn=1), score(2, id="d1", turn=2, right=False)]
    page = page_of(write_run(tmp_path, rows))
    given = [detail["citations"][0]["quote"] for detail in page.json("details-json")]
    assert ["Peter Holm", "a"] in given[1] and ["Peter Holm", "a"] not in given[0]
    assert [row["turn"] for row in page.json("rows-json")] == [1, 2]


def test_nothing_breaks_out_of_the_page(tmp_path: Path) -> None:
    row = score(1, right=False, question=HOSTILE, type=HOSTILE, answer=HOSTILE, expected=[HOSTILE], id=HOSTILE)
    row |= {"cause": HOSTILE, "cause_evidence": HOSTILE, "documents": [HOSTILE]}
    row["candidates"][0] |= {"text": HOSTILE, "section": [HOSTILE]}
    folder = write_run(
        tmp_path,
        [row],
        settings={HOSTILE: HOSTILE},
        questions_file=HOSTILE.replace("/", "|"),
        left_out=[{"where": HOSTILE, "why": HOSTILE}],
        machine=HOSTILE,
    )
    page = page_of(folder)
    kinds = [tag for tag, _ in page.tags]
    assert kinds.count("script") == 4 and "img" not in kinds
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.json("rows-json")[0]["question"] == HOSTILE
    assert page.json("details-json")[0]["candidates"][0]["section"] == [HOSTILE]
    pieces = page.json("details-json")[0]["candidates"][0]["text"]
    assert "".join(text for text, _ in pieces) == HOSTILE
    assert "49" not in page.text(), "the template takes texts as texts"
    assert " ".join(HOSTILE.split()) in page.text()


def test_the_policy_knows_its_own_script_and_style_and_nothing_else(tmp_path: Path) -> None:
    import base64
    import hashlib

    page = page_of(write_run(tmp_path, mixed()))
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
    for name, directive in (("code", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.scripts[name].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in (policy or "")
    assert "default-src 'none'" in (policy or "")


def test_the_page_names_no_place_outside_itself(tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path, mixed()))
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        assert "src" not in attributes and "style" not in attributes
        if "href" in attributes:
            assert (attributes["href"] or "").startswith("#")
    assert not re.search(r"https?://", "".join(page.scripts[name] for name in ("code", "style")))


def test_figures_settings_and_rows_left_out_are_there(tmp_path: Path) -> None:
    folder = write_run(tmp_path, mixed(), left_out=[{"where": "questions.jsonl, line 3", "why": "'question' is empty"}])
    text = page_of(folder).text()
    for part in (
        "2 January 2026, 03:04 UTC",
        "11 questions of questions.jsonl",
        "questions.jsonl, line 3",
        "'question' is empty",
        "cd" * 32,
        "answer_threshold not set",
        "alias_hit",
        "missed by search (2)",
        "95th percentile 115 ms",
    ):
        assert part in text, part


def test_what_a_run_has_not_is_not_drawn(tmp_path: Path) -> None:
    headings = [plot.title for plot in all_plots(read_run(write_run(tmp_path / "typed", mixed())))]
    assert headings[0] == "Right, by type of question" and "Why the misses were missed" in headings
    bare = write_run(tmp_path / "bare", [score(1, type="", latency_ms=0)])
    metrics = json.loads((bare / "metrics.json").read_text("utf-8")) | {"risk_coverage": [], "reliability": []}
    (bare / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert list(all_plots(read_run(bare))) == []
    assert "Every citation" not in page_of(bare).text()


def test_a_text_that_is_no_unicode_does_not_stop_the_report(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [score(1)])
    scores = folder / "scores.jsonl"
    scores.write_text(scores.read_text("utf-8").replace("lamp number 1", "lamp \\ud800"), "utf-8")
    assert page_of(folder).json("rows-json")[0]["question"] == "Who lit lamp ??"


def test_a_run_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FamqaError, match="no such folder"):
        write_report(tmp_path / "none")
    folder = write_run(tmp_path / "run", mixed())
    (folder / "report.html").mkdir()
    with pytest.raises(FamqaError, match=r"report\.html: Is a directory"):
        write_report(folder)


def test_every_cause_has_words() -> None:
    from famqa.evaluation import causes

    assert set(causes.CAUSES) <= CAUSES.keys()
