"""Spans to a cited answer: what is quoted, how citations are numbered, and when there is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import LIGHTHOUSE, assert_cited, parsed
from famqa.answering import CitationError, check, compose, position
from famqa.catalog import Catalog, Entry, write_catalog
from famqa.passages import Limits, cut
from famqa.records import Answer, AnswerSpan, Candidate, Citation, Document, Passage, Reading, Span


@dataclass
class Handbook:
    """The lighthouse as one indexed document, and ways to point into it."""

    catalog: Catalog
    document: Document
    passages: Sequence[Passage]

    def passage(self, words: str) -> Passage:
        return next(passage for passage in self.passages if words in passage.text)

    def span(self, words: str, probability: float = 0.9) -> Span:
        """The words, quoted by the sentence, item or row that they stand in."""
        passage = self.passage(words)
        start = passage.start + passage.text.index(words)
        quotes = tuple(s for s in passage.sentences if s[0] <= start < s[1])
        return Span(passage, start, start + len(words), probability, quotes)

    def compose(
        self,
        *spans: Span,
        question: str = "Q?",
        no_answer: float = 0.1,
        threshold: float = 0.5,
        max_citations: int = 3,
    ) -> Answer:
        candidates = [Candidate(row, passage, 0.0, 0.0, 0.0) for row, passage in enumerate(self.passages)]
        answer = compose(
            question,
            Reading(spans, no_answer),
            candidates,
            self.catalog,
            threshold=threshold,
            max_citations=max_citations,
            index="gen",
        )
        assert_cited(answer, self.catalog.document)
        assert (answer.question, answer.index) == (question, "gen")
        return answer


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Handbook:
    path: Path = tmp_path_factory.mktemp("answering") / "catalog.sqlite"
    document, blocks = parsed(LIGHTHOUSE, "sub/lighthouse.txt")
    document = replace(document, source="A handbook", date="1975")
    passages = tuple(cut(document, blocks, limits))
    write_catalog(path, [Entry(document, blocks, passages)])
    return Handbook(Catalog(path), document, passages)


def test_an_answer_is_cut_from_its_document_and_cited(handbook: Handbook) -> None:
    answer = handbook.compose(handbook.span("rapeseed oil"))
    assert (answer.status, answer.answer, answer.confidence) == ("answered", "rapeseed oil", 0.9)
    (citation,) = answer.citations
    assert citation.quote == "The first lamp burned rapeseed oil."
    assert (citation.number, citation.doc_id, citation.title) == (1, "sub/lighthouse.txt", "Gull Rock Lighthouse")
    assert (citation.section, citation.source, citation.date) == (("Lamp",), "A handbook", "1975")
    assert citation.line == LIGHTHOUSE[: LIGHTHOUSE.index("The first lamp")].count("\n") + 1 == 17
    (span,) = answer.spans
    assert (span.text, span.citation) == ("rapeseed oil", 1)
    assert answer.nearest == ()


def test_white_space_of_an_answer_is_made_plain_but_not_that_of_its_span(handbook: Handbook) -> None:
    words = "1890\n  - Ingrid"
    item = handbook.passage("Tomas")
    start = LIGHTHOUSE.index(words)
    answer = handbook.compose(Span(item, start, start + len(words), 0.9, ((item.start, start + len(words)),)))
    assert answer.answer == "1890 - Ingrid"
    assert answer.spans[0].text == words


def test_below_the_threshold_there_is_no_answer_but_the_nearest_places(handbook: Handbook) -> None:
    answer = handbook.compose(handbook.span("rapeseed oil", 0.49), no_answer=0.51)
    assert (answer.status, answer.answer, answer.spans, answer.citations) == ("no_answer", "", (), ())
    assert answer.confidence == 0.51
    assert [citation.number for citation in answer.nearest] == [1, 2, 3]
    assert [citation.quote for citation in answer.nearest] == [passage.text for passage in handbook.passages[:3]]


def test_the_threshold_itself_is_enough_and_can_be_set(handbook: Handbook) -> None:
    assert handbook.compose(handbook.span("rapeseed oil", 0.5)).status == "answered"
    assert handbook.compose(handbook.span("rapeseed oil", 0.5), threshold=0.51).status == "no_answer"
    assert handbook.compose(handbook.span("rapeseed oil", 0.0), threshold=0).status == "answered"


def test_no_span_is_no_answer(handbook: Handbook) -> None:
    assert handbook.compose(no_answer=1.0).status == "no_answer"
    empty = replace(handbook.span("rapeseed oil"), end=handbook.span("rapeseed oil").start)
    assert handbook.compose(empty).status == "no_answer"


def test_further_spans_are_cited_up_to_the_limit(handbook: Handbook) -> None:
    spans = [handbook.span(words) for words in ("rapeseed oil", "paraffin", "steam horn", "herring merchants")]
    assert [c.quote for c in handbook.compose(*spans).citations] == [
        "The first lamp burned rapeseed oil.",
        "A paraffin lamp replaced it in 1903.",
        "A steam horn gave two blasts a minute in fog until an electric siren took its place.",
    ]
    assert len(handbook.compose(*spans, max_citations=1).citations) == 1
    assert len(handbook.compose(*spans, max_citations=4).citations) == 4


def test_a_much_less_likely_span_is_not_cited(handbook: Handbook) -> None:
    nearly, hardly = handbook.span("paraffin", 0.73), handbook.span("steam horn", 0.71)
    answer = handbook.compose(handbook.span("rapeseed oil", 0.9), nearly, hardly)  # 0.8 x 0.9 = 0.72
    assert [citation.quote for citation in answer.citations] == [
        "The first lamp burned rapeseed oil.",
        "A paraffin lamp replaced it in 1903.",
    ]


def test_a_place_cited_twice_keeps_its_number(handbook: Handbook) -> None:
    answer = handbook.compose(handbook.span("rapeseed oil"), handbook.span("first lamp"), handbook.span("paraffin"))
    assert [citation.number for citation in answer.citations] == [1, 2]


def test_the_quote_of_a_carried_cell_begins_with_the_row_where_it_stands(handbook: Handbook) -> None:
    row = handbook.passage("Bluebell")
    year = row.cells[0]
    assert year.carried
    answer = handbook.compose(Span(row, year.start, year.end, 0.9, row.sentences))
    assert answer.answer == "1874"
    assert [citation.quote for citation in answer.citations] == [
        "| 1874 | Aurora | Timber | 3 |\n| Bluebell | Coal | 7 | |"
    ]


def test_a_row_far_below_the_cell_that_it_carries_is_cited_apart(
    handbook: Handbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("famqa.answering._READ_AT_ONCE", 50)  # the two rows have 56 characters
    row = handbook.passage("Bluebell")
    span = Span(row, row.cells[0].start, row.cells[0].end, 0.9, row.sentences)
    answer = handbook.compose(span)
    assert [citation.quote for citation in answer.citations] == [
        "| 1874 | Aurora | Timber | 3 |",
        "| Bluebell | Coal | 7 | |",
    ]
    assert answer.spans[0].citation == 1
    assert [c.quote for c in handbook.compose(span, max_citations=1).citations] == ["| 1874 | Aurora | Timber | 3 |"]


def test_an_answer_whose_quote_is_not_the_documents_is_never_shown(handbook: Handbook) -> None:
    answer = handbook.compose(handbook.span("rapeseed oil"))
    check(answer, handbook.catalog)
    (citation,), (span,) = answer.citations, answer.spans
    wrong = [
        replace(answer, citations=(replace(citation, quote=citation.quote + "!"),)),
        replace(answer, citations=(replace(citation, start=citation.start + 1),)),
        replace(answer, spans=(replace(span, text="whale oil"),)),
        replace(answer, spans=(replace(span, start=span.start + 1, end=span.end + 1),)),
        replace(answer, spans=(replace(span, start=0, end=4),)),
        # five characters before the quote, with the text that stands five characters before its end
        replace(answer, spans=(AnswerSpan(citation.quote[-5:-1], 1, citation.start - 5, citation.start - 1),)),
        replace(answer, nearest=(replace(citation, quote="made up"),)),
    ]
    for altered in wrong:
        with pytest.raises(CitationError):
            check(altered, handbook.catalog)


def test_a_list_question_is_answered_by_every_likely_span(handbook: Handbook) -> None:
    spans = [handbook.span("Tomas Arnesen", 0.8), handbook.span("Peter Holm", 0.6), handbook.span("Bluebell", 0.3)]
    answer = handbook.compose(*spans, question="Who were the head keepers?")
    assert answer.answer == "Tomas Arnesen; Peter Holm"
    assert [(span.text, span.citation) for span in answer.spans] == [("Tomas Arnesen", 1), ("Peter Holm", 2)]
    assert handbook.compose(*spans, question="Who was the first keeper?").answer == "Tomas Arnesen"


def test_an_item_that_says_nothing_new_is_not_repeated(handbook: Handbook) -> None:
    spans = [handbook.span("Tomas Arnesen", 0.8), handbook.span("Arnesen", 0.7), handbook.span("Peter Holm", 0.6)]
    assert handbook.compose(*spans, question="Which keepers were there?").answer == "Tomas Arnesen; Peter Holm"


def test_a_line_that_leads_in_a_list_is_no_item_of_it(handbook: Handbook) -> None:
    lead = handbook.span("The head keepers", 0.9)
    keepers = [handbook.span("Tomas Arnesen", 0.8), handbook.span("Peter Holm", 0.6)]
    question = "Who were the keepers?"
    answer = handbook.compose(lead, *keepers, question=question)
    assert (answer.answer, answer.note) == ("Tomas Arnesen; Peter Holm", "")
    assert handbook.compose(lead, keepers[0], question=question).answer == "The head keepers; Tomas Arnesen"


def test_a_list_may_have_more_citations(handbook: Handbook) -> None:
    ships = [handbook.span(ship, 0.8) for ship in ("Aurora", "Bluebell", "Corsair", "Dunlin", "Eider")]
    answer = handbook.compose(*ships, question="Which ships were lost?", max_citations=2)
    assert answer.answer == "Aurora; Bluebell; Corsair; Dunlin; Eider"
    assert len(handbook.compose(*ships, question="Which ship was lost?", max_citations=2).citations) == 2


def test_an_explanation_is_the_whole_sentence(handbook: Handbook) -> None:
    span = handbook.span("the lamp was made automatic", 0.8)
    answer = handbook.compose(span, question="Why has it been without a keeper?")
    assert answer.answer == (
        "It has been without a keeper since 1974, because the lamp was made automatic in that year."
    )
    assert answer.spans[0].text == answer.citations[0].quote


def test_a_description_is_up_to_three_sentences_in_one_quote(handbook: Handbook) -> None:
    spans = [handbook.span("herring merchants", 0.8), handbook.span("a skerry", 0.5)]
    answer = handbook.compose(*spans, question="Tell me about the tower.")
    (part,), (citation,) = answer.spans, answer.citations
    assert part.text == citation.quote == answer.answer
    assert part.text.startswith("Gull Rock Lighthouse stands") and part.text.endswith("automatic in that year.")


@pytest.mark.parametrize(
    ("doc_id", "page", "expected"),
    [
        ("a/notes.txt", None, "line 12"),
        ("a.md", None, "line 12"),
        ("prices.csv", None, "line 12"),
        ("a.pdf", 3, "page 3"),
        ("a.docx", None, ""),
        ("a.HTML", None, ""),
    ],
)
def test_a_place_is_counted_as_the_reader_of_the_file_counts(doc_id: str, page: int | None, expected: str) -> None:
    assert position(Citation(1, doc_id, "T", (), page, 12, 0, 1, "x")) == expected


@dataclass
class Two:
    """Two documents with their single passages."""

    catalog: Catalog
    passages: dict[str, Passage]

    def span(self, doc_id: str, words: str, probability: float) -> Span:
        passage = self.passages[doc_id]
        start = passage.start + passage.text.index(words)
        return Span(passage, start, start + len(words), probability, ((passage.start, passage.end),))

    def compose(self, *spans: Span, question: str = "When was it opened?") -> Answer:
        answer = compose(question, Reading(spans, 0.1), [], self.catalog, threshold=0.2, max_citations=3, index="gen")
        assert_cited(answer, self.catalog.document)
        return answer


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, limits: Limits) -> Two:
    path: Path = tmp_path_factory.mktemp("two") / "catalog.sqlite"
    entries, passages = [], {}
    for doc_id, text, date in [
        ("guide.txt", "The pier was opened in 1904 by Ann Lee. Ten boats came.", "1950"),
        ("leaflet.txt", "The pier was opened in 1905, by Ann Lee of Gull Rock.", ""),
    ]:
        document, blocks = parsed(text, doc_id)
        entry = Entry(replace(document, date=date), blocks, tuple(cut(document, blocks, limits)))
        entries.append(entry)
        passages[doc_id] = entry.passages[0]
    write_catalog(path, entries)
    return Two(Catalog(path), passages)


def test_documents_that_differ_are_both_shown(two: Two) -> None:
    answer = two.compose(two.span("guide.txt", "1904", 0.8), two.span("leaflet.txt", "1905", 0.7))
    assert answer.answer == "1904; 1905"
    assert [(c.doc_id, c.date) for c in answer.citations] == [("guide.txt", "1950"), ("leaflet.txt", "")]
    assert answer.note == "The documents differ: “1904” in guide (1950), but “1905” in leaflet."


def test_a_much_less_likely_answer_of_another_document_is_no_contradiction(two: Two) -> None:
    answer = two.compose(two.span("guide.txt", "1904", 0.8), two.span("leaflet.txt", "1905", 0.6))
    assert (answer.answer, answer.note) == ("1904", "")


def test_documents_that_agree_are_both_cited(two: Two) -> None:
    answer = two.compose(
        two.span("guide.txt", "Ann Lee", 0.8), two.span("leaflet.txt", "Ann Lee of Gull Rock", 0.7), question="Who?"
    )
    assert (answer.answer, answer.note) == ("Ann Lee", "")
    assert [citation.doc_id for citation in answer.citations] == ["guide.txt", "leaflet.txt"]


def test_a_place_that_agrees_may_be_less_likely(two: Two) -> None:
    best, agreeing = two.span("guide.txt", "Ann Lee", 0.8), two.span("leaflet.txt", "Ann Lee", 0.41)  # 0.5 x 0.8 = 0.4
    assert len(two.compose(best, agreeing, question="Who?").citations) == 2
    assert len(two.compose(best, two.span("leaflet.txt", "1905", 0.41), question="Who?").citations) == 1


def test_a_name_does_not_contradict_a_number(two: Two) -> None:
    answer = two.compose(two.span("guide.txt", "1904", 0.8), two.span("leaflet.txt", "Ann Lee", 0.8))
    assert (answer.answer, answer.note) == ("1904", "")


def test_one_document_does_not_contradict_itself(two: Two) -> None:
    answer = two.compose(two.span("guide.txt", "1904", 0.8), two.span("guide.txt", "Ten", 0.8))
    assert (answer.answer, answer.note) == ("1904", "")


def test_a_list_comes_in_document_order(handbook: Handbook) -> None:
    later, earlier = handbook.span("rapeseed oil", 0.9), handbook.span("Gull Rock", 0.6)
    listed = sorted([later, earlier], key=lambda span: span.start)
    answer = handbook.compose(later, earlier, question="Which things are named?")
    assert [span.start for span in answer.spans] == [span.start for span in listed]
    assert [span.citation for span in answer.spans] == [1, 2]
