"""What the tests of the page's HTML share: a parser that sees what a browser would, and turns made by hand."""

from __future__ import annotations

from html.parser import HTMLParser

from famqa.documents import parse
from famqa.records import Answer, AnswerSpan, Block, Citation, Document
from famqa.web import source
from famqa.web.turns import Turn, completed


class Page(HTMLParser):
    """The text of a page outside table heads, the text of its marks, and what tags and attributes it has."""

    VOID = frozenset({"path"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""  # inside div.text, the document
        self.quote = ""  # inside mark.quote
        self.answer = ""  # inside .answer-span
        self.seen = ""  # everything
        self.feed(page)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(self.tags[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, "elements nest"

    def handle_data(self, data: str) -> None:
        self.seen += data
        classes = {name for _, attributes in self.open for name in (attributes.get("class") or "").split()}
        if "text" in classes and all(tag != "thead" for tag, _ in self.open):
            self.text += data
            self.quote += data if "quote" in classes else ""
            self.answer += data if "answer-span" in classes else ""

    def all(self, tag: str, css: str = "") -> list[dict[str, str | None]]:
        return [a for name, a in self.tags if name == tag and css in [*(a.get("class") or "").split(), ""]]


def document(text: str, doc_id: str = "notes.md") -> tuple[Document, tuple[Block, ...]]:
    return parse(text.encode(), doc_id)


def citation(doc: Document, quote: str, number: int = 1) -> Citation:
    start = doc.text.index(quote)
    return Citation(
        number,
        doc.doc_id,
        doc.title,
        ("Part",),
        None,
        doc.line_of(start),
        start,
        start + len(quote),
        quote,
        "a book",
        "2001",
    )


def answered(doc: Document, blocks: tuple[Block, ...], quote: str, words: str, confidence: float = 0.9) -> Turn:
    cited = citation(doc, quote)
    start = doc.text.index(words, cited.start)
    spans = (AnswerSpan(words, 1, start, start + len(words)),)
    answer = Answer("who?", "answered", words, spans, confidence, (cited,), (), "index-1")
    return finished(Turn(1, "who?"), answer, doc, blocks)


def finished(turn: Turn, answer: Answer, doc: Document, blocks: tuple[Block, ...] = ()) -> Turn:
    """The turn as the page shows it, all of it from one document."""
    return completed(turn, answer, lambda _: doc, lambda _: blocks)


def shown(text: str, quote: str, words: str = "", doc_id: str = "notes.md") -> Page:
    doc, blocks = document(text, doc_id)
    cited = citation(doc, quote)
    start = doc.text.index(words, cited.start) if words else 0
    return Page(source.opened(doc, blocks, cited, [(start, start + len(words))] if words else []))
