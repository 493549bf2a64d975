"""`famqa ask` and `famqa serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.settings import load_settings

if TYPE_CHECKING:
    from famqa.records import Answer, Citation

commands = typer.Typer()


@commands.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, with the quotes that the answer was cut from."""
    from famqa.answering import to_dict
    from famqa.assistant import check_question

    settings = load_settings(corpus=corpus, index=index)
    check_question(question, settings)  # before an index is built for it
    answer = terminal.open_assistant(settings, err).ask(question)
    if as_json:
        print_json(to_dict(answer))
    else:
        _print_answer(answer)


@commands.command()
def serve(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to serve at.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve at.", show_default="7860")] = None,
) -> None:
    """Serve the web page; builds the index first where there is none."""
    settings = load_settings(corpus=corpus, index=index, host=host, port=port)
    from famqa.web.app import serve as serve_page

    serve_page(settings)


def _print_answer(answer: Answer) -> None:
    if answer.status == "answered":
        marks = "".join(f" [{number}]" for number in sorted({span.citation for span in answer.spans}))
        out.print(Text(answer.answer, style="bold") + Text(marks), soft_wrap=True)
        for citation in answer.citations:
            _print_citation(f"[{citation.number}]", citation)
        out.print(Text(f"\nconfidence {answer.confidence:.0%}", style="dim"))
    else:
        out.print(Text("The documents do not say.", style="bold"))
        if answer.nearest:
            out.print("Closest passages, which are not an answer:")
        for citation in answer.nearest:
            _print_citation(" - ", citation)


def _print_citation(mark: str, citation: Citation) -> None:
    place = " › ".join((citation.title, *citation.section))
    page = f", page {citation.page}" if citation.page is not None else ""
    note = f" ({', '.join(part for part in (citation.source, citation.date) if part)})" if citation.source else ""
    out.print()
    out.print(Text(f"{mark} {citation.quote}"), soft_wrap=True)
    out.print(Text(f"    {place}, {citation.doc_id}, line {citation.line}{page}{note}", style="dim"), soft_wrap=True)
