"""`famqa ask`, `famqa chat` and `famqa serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, JsonOption, err, out, print_json
from famqa.errors import QuestionError
from famqa.settings import load_settings
from famqa.terminal import say

if TYPE_CHECKING:
    from famqa.records import Answer, Citation

WithinOption = Annotated[
    list[str] | None,
    typer.Option("--in", help="Answer from this document, folder or pattern only; may be given again.", metavar="PATH"),
]

commands = typer.Typer()


@commands.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    within: WithinOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer one question, with the quotes that the answer was cut from."""
    from famqa.answering import to_dict
    from famqa.assistant import check_question

    settings = load_settings(corpus=corpus, index=index)
    check_question(question, settings)  # before an index is built for it
    answer = terminal.open_assistant(settings, err).ask(question, within=within or ())
    if as_json:
        print_json(to_dict(answer))
    else:
        _print_answer(answer)


@commands.command()
def chat(corpus: CorpusOption = None, index: IndexOption = None, within: WithinOption = None) -> None:
    """Ask one question after another; a follow-up is understood from those before it."""
    from famqa.records import Turn

    assistant = terminal.open_assistant(load_settings(corpus=corpus, index=index), err)
    turns: list[Turn] = []
    err.print("Ask a question; an empty line, Ctrl-D or Ctrl-C ends.")
    while question := _next_question():
        try:
            answer = assistant.ask(question, turns, within or ())
        except QuestionError as error:
            say(err, str(error))
            continue
        if answer.standalone_question:
            say(out, f"understood as: {answer.standalone_question}", style="dim")
        _print_answer(answer)
        turns.append(Turn(answer.standalone_question or question, answer.answer))


def _next_question() -> str:
    """The line typed at the prompt, "" at the end of the input or at Ctrl-C."""
    try:
        return err.input("\n[bold]?[/bold] ").strip()
    except (EOFError, KeyboardInterrupt):
        return ""


@commands.command()
def serve(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to serve at.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve at.", show_default="7860")] = None,
    watch: Annotated[
        bool | None, typer.Option("--watch/--no-watch", help="Follow changes of the folder.", show_default="no-watch")
    ] = None,
) -> None:
    """Serve the web page; builds the index first where there is none."""
    settings = load_settings(corpus=corpus, index=index, host=host, port=port, watch=watch)
    from famqa.web.server import serve as serve_page

    serve_page(settings)


def _print_answer(answer: Answer) -> None:
    if answer.status == "answered":
        marks = "".join(f" [{number}]" for number in sorted({span.citation for span in answer.spans}))
        out.print(Text(answer.answer, style="bold") + Text(marks), soft_wrap=True)
        for citation in answer.citations:
            _print_citation(f"[{citation.number}]", citation)
        if answer.note:
            say(out, f"\n{answer.note}")
        out.print(Text(f"\nconfidence {answer.confidence:.0%}", style="dim"))
    elif not answer.nearest and answer.note:
        say(out, answer.note)
    else:
        out.print(Text("The documents do not say.", style="bold"))
        if answer.note:
            say(out, answer.note)
        if answer.nearest:
            out.print("Closest passages, which are not an answer:")
        for citation in answer.nearest:
            _print_citation(" - ", citation)


def _print_citation(mark: str, citation: Citation) -> None:
    from famqa.answering import position

    place = " › ".join((citation.title, *citation.section))
    where = f", {found}" if (found := position(citation)) else ""
    note = f" ({', '.join(part for part in (citation.source, citation.date) if part)})" if citation.source else ""
    out.print()
    say(out, f"{mark} {citation.quote}")
    say(out, f"    {place}, {citation.doc_id}{where}{note}", style="dim")
