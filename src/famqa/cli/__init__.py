"""The commands. Results go to standard output, everything else to standard error.

Exit codes: 0 done, 1 a check failed, 2 bad use or bad input (one line says what), 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from famqa import __version__
from famqa.cli import answers, calibrate, compare, evaluations, indexes, mcp, questions, users
from famqa.cli.common import err, out
from famqa.errors import FamqaError
from famqa.terminal import say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers questions from your own documents, word for word and with the place they come from.",
)


@app.callback(invoke_without_command=True)
def _options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"famqa {__version__}")
        raise typer.Exit


app.add_typer(answers.commands)
app.add_typer(indexes.commands)
app.add_typer(evaluations.commands)
app.add_typer(calibrate.commands)
app.add_typer(compare.commands)
app.add_typer(mcp.commands)
app.add_typer(questions.commands, name="questions")
app.add_typer(users.commands, name="users")


def main() -> None:
    """Runs a command; a mistake of the user's becomes one line and exit code 2."""
    try:
        app()
    except FamqaError as error:
        say(err, f"famqa: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("famqa: stopped")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output has gone, as in `famqa status | head -1`
        sys.stderr.close()
        sys.exit(0)
