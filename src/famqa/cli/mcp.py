"""`famqa mcp`: the documents as tools of a language model, over standard input and output."""

from __future__ import annotations

import typer

from famqa import terminal
from famqa.cli.common import CorpusOption, IndexOption, err
from famqa.settings import load_settings

commands = typer.Typer()


@commands.command()
def mcp(corpus: CorpusOption = None, index: IndexOption = None) -> None:
    """Serve the tools ask and search to an MCP client that started this command; builds the index first."""
    settings = load_settings(corpus=corpus, index=index)
    from famqa.errors import SettingsError
    from famqa.web.mcp_server import MISSING, create_server, is_available

    if not is_available():  # before minutes are spent on an index
        raise SettingsError(MISSING)
    create_server(terminal.open_assistant(settings, err)).run("stdio")
