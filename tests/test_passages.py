"""Blocks to passages: what goes together, what is searched, and that nothing is ever too long for the embedder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import BUNDLED_CORPUS, LIGHTHOUSE, PRICES, assert_sound, parsed
from famqa import documents
from famqa.errors import SettingsError
from famqa.passages import Limits, cut, encoding, encoding_digest, sentences, token_counter
from famqa.records import BlockKind, Document, Passage, Segment

CutText = Callable[..., tuple[Document, list[Passage]]]


def word_limits(max_tokens: int) -> Limits:
    """Limits in words, so that sizes can be counted by eye."""
    return Limits(max_tokens, 1000, lambda text: len(text.split()), lambda text: len(text.split()))


# Sentences


def test_marks_that_close_emphasis_stay_with_their_sentence() -> None:
    text = "**Note.** The rest *is* plain. A _b._ Next one."
    assert [text[start:end] for start, end in sentences(text, 0, len(text))] == [
        "**Note.**",
        "The rest *is* plain.",
        "A _b._",
        "Next one.",
    ]


def test_sentences_are_trimmed_and_abbreviations_do_not_end_one() -> None:
    text = "  Dr. Marlow came at 3.15 p.m. on foot.  She stayed!\n\nWhy?  "
    assert [text[start:end] for start, end in sentences(text, 0, len(text))] == [
        "Dr. Marlow came at 3.15 p.m. on foot.",
        "She stayed!",
        "Why?",
    ]


def test_sentences_of_a_part_have_offsets_in_the_whole() -> None:
    text = "Left out. Rain fell. Wind rose. Left out."
    assert sentences(text, 10, 31) == [(10, 20), (21, 31)]


@given(st.text(max_size=300))
def test_sentences_hold_all_that_is_not_space(text: str) -> None:
    found = sentences(text, 0, len(text))
    assert [end for _, end in found] == sorted({end for _, end in found})
    assert all(start < end for start, end in found)
    assert "".join("".join(text[start:end].split()) for start, end in found) == "".join(text.split())


# Tokens


def test_the_shipped_encoding_gives_every_text_back() -> None:
    encoder = encoding("famqa")
    for text in ("Gull Rock, 1871.", "naïve 👩‍🚀 e\u0301 שלום", "<|endoftext|>", "\x01\t \n"):
        assert encoder.decode(encoder.encode_ordinary(text)) == text


def test_tokens_are_counted_without_special_tokens_and_for_endless_lines() -> None:
    count = token_counter("famqa")
    assert count("") == 0
    assert count("the") == 1
    assert count("<|endoftext|>") > 1
    assert 1_000 < count("a" * 50_000) <= 50_000


def test_an_encoding_has_one_digest_and_an_unknown_one_is_refused_in_one_line() -> None:
    assert len(encoding_digest("famqa")) == 64
    with pytest.raises(SettingsError, match="encoding 'no-such'") as raised:
        encoding("no-such")
    assert "needs no download" in str(raised.value)


# What goes together


def test_a_short_paragraph_goes_with_the_next_one() -> None:
    text = "= T =\nThree short words.\n\n" + "word " * 9 + "end.\n\n" + "more " * 9 + "end.\n"
    _, passages = cut_by(text, 20)  # up to 5 words of 20 are short
    assert [len(passage.text.split()) for passage in passages] == [13, 10]


def test_passages_never_cross_a_heading() -> None:
    document, passages = cut_by("= T =\n== A ==\nOne.\n== B ==\nTwo.\n", 20)
    assert [(passage.text, passage.headings) for passage in passages] == [("One.", ("A",)), ("Two.", ("B",))]
    assert_sound(document, passages)


def test_a_long_paragraph_is_cut_between_sentences_into_like_parts() -> None:
    sentence = "Waves came over the wall. "  # 5 words; six of them are 30, and 16 fit
    document, passages = cut_by("= T =\n" + sentence * 6, 16)
    assert [passage.text for passage in passages] == [(sentence * 2).strip()] * 3
    assert [len(passage.sentences) for passage in passages] == [2, 2, 2]
    assert_sound(document, passages)


def test_a_long_sentence_is_cut_between_words() -> None:
    words = [f"w{i}" for i in range(50)]
    document, passages = cut_by(" ".join(words), 16)
    assert [word for passage in passages for word in passage.text.split()] == words
    assert max(len(passage.text.split()) for passage in passages) <= 16
    assert_sound(document, passages)


def test_a_line_without_spaces_is_cut_and_nothing_of_it_lost(cut_text: CutText) -> None:
    line = "abcdefghij" * 1000
    document, passages = cut_text(line)
    assert "".join(passage.text for passage in passages) == line
    assert_sound(document, passages)


def test_items_rows_and_pairs_stand_alone() -> None:
    _, passages = cut_by(
        "= T =\n- Ann came first\n- Bob came next\n\nSpan: 2 m\nLine: 30 m\n\n| A | B |\n| x | y |\n", 20
    )
    assert [(passage.kind.value, passage.text) for passage in passages] == [
        ("list_item", "Ann came first"),
        ("list_item", "Bob came next"),
        ("key_value", "Span: 2 m"),
        ("key_value", "Line: 30 m"),
        ("table_row", "| x | y |"),
    ]


def test_a_bare_label_above_a_list_is_context_only_but_a_statement_is_a_passage_too() -> None:
    _, passages = cut_by("= T =\nContents:\n- rope\n", 20)
    assert [passage.text for passage in passages] == ["rope"]
    _, passages = cut_by("= T =\nThe shop has sold these since 1890:\n- rope\n", 20)
    assert [passage.text for passage in passages] == ["The shop has sold these since 1890:", "rope"]


def cut_by(text: str, max_words: int) -> tuple[Document, list[Passage]]:
    document, blocks = parsed(text)
    return document, cut(document, blocks, word_limits(max_words))


# What is searched


def search_texts(passages: list[Passage]) -> dict[str, str]:
    return {passage.text: passage.search_text for passage in passages}


def test_search_text_puts_title_headings_and_lead_in_before_the_text(cut_text: CutText) -> None:
    found = search_texts(cut_text(LIGHTHOUSE)[1])
    assert found["Height: 42 metres"] == "Gull Rock Lighthouse:\nInfobox\nHeight: 42 metres"
    assert found["Tomas Arnesen, who served from 1871 to 1890"] == (
        "Gull Rock Lighthouse > Keepers:\nThe head keepers of the lighthouse were:\n"
        "Tomas Arnesen, who served from 1871 to 1890"
    )
    assert found["Ingrid Arnesen, his daughter, as his assistant"] == (
        "Gull Rock Lighthouse > Keepers:\nTomas Arnesen, who served from 1871 to 1890\n"
        "Ingrid Arnesen, his daughter, as his assistant"
    )
    siren = "A steam horn gave two blasts a minute in fog until an electric siren took its place."
    assert found[siren] == f"Gull Rock Lighthouse > Lamp > Fog signal:\n{siren}"


def test_a_row_is_searched_as_headers_and_cells_with_the_lost_ones_filled(cut_text: CutText) -> None:
    document, passages = cut_text(LIGHTHOUSE)
    row = next(passage for passage in passages if "Bluebell" in passage.text)
    assert row.text == "| Bluebell | Coal | 7 | |"
    front = "Gull Rock Lighthouse > Wrecks:\n"
    assert row.search_text == front + "Year: 1874; Ship: Bluebell; Cargo: Coal; Lives lost: 7"
    assert [document.text[s.start : s.start + s.length] for s in row.segments] == ["1874", "Bluebell", "Coal", "7"]
    assert row.segments[0] == Segment(len(front) + len("Year: "), document.text.index("| 1874") + 2, 4)
    assert row.sentences == ((row.start, row.end),)


def test_markup_is_left_out_of_what_is_searched_and_kept_in_what_is_quoted(cut_text: CutText) -> None:
    document, passages = cut_text(PRICES, "prices.md")
    first = passages[0]
    assert "**crowns**" in first.text and "https://shop.example/maud" in first.text
    assert first.search_text == (
        "Prices in the harbour shop:\nAll prices are in crowns and hold until the end of June. "
        "The shop is run by Maud Lindqvist."
    )
    assert_sound(document, passages)


def test_a_link_target_in_a_table_cell_is_not_searched(cut_text: CutText) -> None:
    document, passages = cut_text("# T\n\n| A | B |\n|---|---|\n| **x** | [y](https://y.example) |\n", "a.md")
    assert passages[0].search_text == "T:\nA: x; B: y"
    assert_sound(document, passages)


def test_no_passage_has_nothing_to_search(cut_text: CutText) -> None:
    _, passages = cut_text("# T\n\n## Pictures\n\n![](kite.png)\n\n## Words\n\nA kite.\n", "a.md")
    assert [passage.text for passage in passages] == ["A kite."]


def test_too_long_a_heading_path_keeps_the_innermost_heading(cut_text: CutText) -> None:
    text = "= Title =\n== " + "outer " * 5000 + "==\n=== Inner ===\nThe text.\n"
    document, passages = cut_text(text)
    assert [passage.search_text for passage in passages] == ["Title > Inner:\nThe text."]
    assert passages[0].headings == ("outer " * 4999 + "outer", "Inner")
    assert_sound(document, passages)


# From search text back to the document


def passage_of(search_text: str, text: str, start: int, segments: tuple[Segment, ...]) -> Passage:
    end = start + len(text)
    return Passage("a.txt", 0, BlockKind.PARAGRAPH, start, end, text, search_text, segments, ((start, end),))


def test_a_range_in_one_segment_maps_to_its_place() -> None:
    passage = passage_of("T:\nsea and sky", "sea and sky", 100, (Segment(3, 100, 11),))
    assert passage.to_document(3, 6) == (100, 103)
    assert passage.to_document(11, 14) == (108, 111)


def test_a_range_in_the_context_or_of_no_length_does_not_map() -> None:
    passage = passage_of("T:\nsea and sky", "sea and sky", 100, (Segment(3, 100, 11),))
    assert passage.to_document(0, 2) is None
    assert passage.to_document(1, 6) is None
    assert passage.to_document(5, 5) is None
    assert passage.to_document(12, 15) is None


def test_a_range_over_markup_does_not_map_but_one_over_space_does() -> None:
    # document: "**sea** sky", searched as "sea sky": the marks at 0-2 and 5-7 are left out
    over_marks = passage_of("sea sky", "**sea** sky", 0, (Segment(0, 2, 3), Segment(3, 7, 4)))
    assert over_marks.to_document(0, 3) == (2, 5)
    assert over_marks.to_document(0, 7) is None
    # document: "> sea\n> sky" would be the same; here only white space lies between the segments
    over_space = passage_of("sea sky", "sea  sky", 10, (Segment(0, 10, 3), Segment(3, 14, 4)))
    assert over_space.to_document(0, 7) == (10, 18)


def test_two_cells_of_a_row_do_not_map_to_one_range(cut_text: CutText) -> None:
    _, passages = cut_text(LIGHTHOUSE)
    row = next(passage for passage in passages if "Aurora" in passage.text)
    start, aurora = row.search_text.index("Aurora"), row.start + row.text.index("Aurora")
    assert row.to_document(start, start + 6) == (aurora, aurora + 6)
    assert row.to_document(start, row.search_text.index("Timber") + 6) is None


# Limits


def assert_within(document: Document, passages: list[Passage], by: Limits) -> None:
    assert passages
    assert_sound(document, passages)
    for passage in passages:
        assert by.count_model_tokens(passage.search_text) <= by.model_tokens
        assert by.count_tokens(passage.text) <= by.max_tokens


NASTY = {
    "no-space.txt": "a" * 50_000,
    "space.txt": "ab " * 16_667,
    "space.md": "ab " * 16_667,
    "punctuation.txt": "!?." * 16_667,
    "brackets.md": "[" * 10_000,
    "stars.md": "*a " * 5_000,
    "emoji.txt": "👩‍🚀" * 5_000,
    "combining.txt": "e\u0301\u0302" * 5_000,
    "han.txt": "漢" * 10_000,
    "hebrew.txt": "שלום " * 3_000,
    "heading.txt": "= " + "word " * 10_000 + "=\nText.\n",
    "heading-without-spaces.txt": "= T =\n== " + "é" * 50_000 + " ==\nText.\n",
    "headings.md": "".join(f"{'#' * level} {'word ' * 300}\n\n" for level in range(1, 7)) + "Text. " * 500,
    "lead-in.md": "intro " * 5_000 + ":\n\n- item one\n- item two\n",
    "item.txt": "= T =\n- " + "rope, " * 5_000 + "\n  - inner " + "x" * 5_000 + "\n",
    "pair.txt": "Key: " + "value " * 5_000 + "\nOther: x\n",
    "rows.txt": "| A | B |\n" + "| x | y |\n" * 2_000,
    "columns.md": f"|{'header|' * 1_000}\n|{'-|' * 1_000}\n|{'cell|' * 1_000}\n",
    "cell.txt": "| Year | Text |\n| 1990 | short |\n| | " + "long " * 2_000 + "|\n",
    "header.txt": f"| {'long ' * 2_000}| B |\n| x | y |\n",
    "nested.txt": "\n".join("  " * depth + "- item" for depth in range(300)),
    "quotes.md": "> " * 200 + "deep\n\nText.\n",
}


@pytest.mark.parametrize("doc_id", NASTY)
def test_nothing_of_a_nasty_document_is_cut_off_by_the_embedder(doc_id: str, cut_text: CutText, limits: Limits) -> None:
    document, passages = cut_text(NASTY[doc_id], doc_id)
    assert_within(document, passages, limits)


@pytest.mark.parametrize("max_tokens", [16, 240, 2000])
def test_words_that_melt_together_without_their_marks_still_fit(
    max_tokens: int, cut_text: CutText, limits: Limits
) -> None:
    # As written 4 tokens of the embedder, "x", "*", "telecommunications" and "*"; as searched, in one word, 7.
    assert limits.count_model_tokens("x*telecommunications*") == 4
    assert limits.count_model_tokens("xtelecommunications") == 7
    by = replace(limits, max_tokens=max_tokens)
    document, passages = cut_text("# T\n\n" + "x*telecommunications* " * 300, "a.md", by)
    assert_within(document, passages, by)


@pytest.mark.parametrize("doc_id", ["for-all-mankind.txt", "season-4-preview.md"])
def test_nothing_of_the_bundled_corpus_is_cut_off_by_the_embedder(doc_id: str, limits: Limits) -> None:
    note = documents.read_sources(BUNDLED_CORPUS)[doc_id]
    document, blocks = documents.parse((BUNDLED_CORPUS / doc_id).read_bytes(), doc_id, note)
    assert_within(document, cut(document, blocks, limits), limits)


_PIECES = [
    "word",
    "Dr. Fell said so. ",
    "é",
    "👩‍🚀",
    "e\u0301",
    "שלום",
    "\u202eabc\u202c",
    "漢字",
    "x" * 120,
    "telecommunications",
]
_PIECES += [
    " ",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    "\ufeff",
    "= ",
    " =\n",
    "# ",
    "- ",
    "  - ",
    "Key: ",
    "| ",
    " |\n",
    "|-|-|\n",
]
_PIECES += ["*", "**", "[a](b)", "`", "> ", "<b>", "1. ", ":\n"]
_TEXTS = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=80).map("".join)


@settings(max_examples=200)
@given(
    text=_TEXTS | st.text(min_size=1, max_size=200),
    doc_id=st.sampled_from(["a.txt", "a.md"]),
    max_tokens=st.sampled_from([16, 160, 2000]),
    model_tokens=st.sampled_from([14, 30, 254]),
)
def test_passages_of_any_text_slice_from_it_and_fit(
    text: str, doc_id: str, max_tokens: int, model_tokens: int, limits: Limits
) -> None:
    try:
        document, blocks = documents.parse(text.encode("utf-8", "ignore"), doc_id)
    except documents.DocumentError:
        return
    by = replace(limits, max_tokens=max_tokens, model_tokens=model_tokens)
    passages = cut(document, blocks, by)
    assert_sound(document, passages)
    for passage in passages:
        assert by.count_model_tokens(passage.search_text) <= model_tokens
        assert by.count_tokens(passage.text) <= max_tokens
    said = [block for block in blocks if block.kind is not BlockKind.HEADING and block.cells == ()]
    lead_ins = {block.lead_in for block in blocks}
    for block in said:
        if (block.start, block.end) in lead_ins or block.markup:
            continue
        inside = [p for p in passages if block.start <= p.end and p.start <= block.end]
        covered = set().union(*(range(start, end) for p in inside for start, end in p.sentences)) if inside else set()
        assert all(i in covered or document.text[i].isspace() for i in range(block.start, block.end))
