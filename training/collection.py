"""All paragraphs that questions are made from, with a BM25 index over them."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

import tantivy

_WORD = re.compile(r"\w+(?:['’]\w+)?")


@dataclass(slots=True)
class Collection:
    """Contexts with their titles, each once."""

    contexts: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    number: dict[str, int] = field(default_factory=dict)
    by_title: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    index: tantivy.Index | None = None

    def add(self, context: str, title: str) -> None:
        if context not in self.number:
            self.number[context] = len(self.contexts)
            self.contexts.append(context)
            self.titles.append(title)
            if title:
                self.by_title[title].append(self.number[context])

    def build(self, folder: str) -> None:
        schema = tantivy.SchemaBuilder()
        schema.add_unsigned_field("number", stored=True)
        schema.add_text_field("text", tokenizer_name="en_stem")
        self.index = tantivy.Index(schema.build(), path=folder)
        writer = self.index.writer(50_000_000, num_threads=1)
        for number, (title, context) in enumerate(zip(self.titles, self.contexts, strict=True)):
            writer.add_document(tantivy.Document(number=number, text=f"{title} {context}"))
        writer.commit()
        self.index.reload()

    def ranked(self, question: str, limit: int) -> list[int]:
        """Numbers of the contexts that BM25 ranks highest for `question`, best first."""
        words = " ".join(_WORD.findall(question)).lower()  # operators are upper case
        words = words.replace("'", " ").replace("’", " ")
        if not words.strip():
            return []
        searcher = self.index.searcher()
        hits = searcher.search(self.index.parse_query(words, ["text"]), limit).hits
        return [searcher.doc(address).get_first("number") for _, address in hits]
