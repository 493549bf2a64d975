"""What the commands share: the two consoles, the options that many take, and JSON output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

CorpusOption = Annotated[Path | None, typer.Option("--corpus", help="Folder of documents.", show_default="corpus")]
IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder of the index.", show_default="indexes/…")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def print_json(value: Any) -> None:
    """Prints the value as indented JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()
