"""`famqa questions`: a first question file from the documents, or one of what visitors said of the answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from famqa.cli.common import CorpusOption, IndexOption, err
from famqa.errors import FamqaError
from famqa.settings import load_settings
from famqa.terminal import say

commands = typer.Typer(no_args_is_help=True)


@commands.callback()
def _questions() -> None:
    """Make question files."""


@commands.command()
def suggest(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Most questions.")] = 100,
    out: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Propose questions, with answers and evidence, from the documents of an index: by rule, for a person to edit."""
    from famqa.evaluation import suggest as suggesting
    from famqa.generations import open_generation

    settings = load_settings(corpus=corpus, index=index)
    if out is not None:
        suggesting.check_free(out, force)
    catalog = open_generation(settings.index).catalog
    entries = ((catalog.document(doc_id), catalog.blocks(doc_id)) for doc_id in catalog.doc_ids())
    found = suggesting.suggest(entries, limit)
    if not found:
        raise FamqaError(
            f"no question can be made by rule from the documents in '{settings.index}': they have no tables, "
            "key-value lines, introduced lists or plain sentences with dates; write a question file by hand"
        )
    if out is None:
        sys.stdout.write(suggesting.to_jsonl(found))
        sys.stdout.flush()
    else:
        suggesting.write(out, suggesting.to_jsonl(found))
    place = f"; written to {out}" if out is not None else ""
    say(err, f"{suggesting.summary(found)}{place}; read and edit them before they are used")


@commands.command()
def export(
    out: Annotated[Path, typer.Option(help="File to write.", show_default=False)],
    corpus: CorpusOption = None,
    index: IndexOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write what visitors found right, or mended, as a question file: the verdicts given beside an index's answers."""
    from famqa.evaluation import feedback_questions
    from famqa.feedback import Feedback

    settings = load_settings(corpus=corpus, index=index)
    exported = feedback_questions.export(Feedback(settings.index), out, force)
    say(err, f"{exported.told()}; written to {out}")
