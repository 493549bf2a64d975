"""`famqa users`: who may sign in where the page asks for it."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from famqa.cli.common import JsonOption, err, out, print_json
from famqa.errors import SettingsError
from famqa.settings import load_settings
from famqa.terminal import say
from famqa.users import MIN_PASSWORD_CHARS, UsersError, add_user, read_users, remove_user

commands = typer.Typer(no_args_is_help=True, help="Who may sign in, in the users file.")


class RoleName(StrEnum):
    """What a user may do."""

    reader = "reader"
    admin = "admin"


FileOption = Annotated[
    Path | None, typer.Option("--file", help="The users file.", show_default="the setting users_file")
]
NameArgument = Annotated[str, typer.Argument(help="The name to sign in with.", show_default=False)]


@commands.command()
def add(
    name: NameArgument,
    role: Annotated[RoleName, typer.Option(help="A reader asks; an admin also changes documents.")] = RoleName.reader,
    file: FileOption = None,
) -> None:
    """Add a user, or give one a new password and role. The password is asked for, or read from standard input."""
    path = _path(file)
    is_new = add_user(path, name, role.value, _password(name))
    done = "added" if is_new else "changed"
    say(out, f"{done}: {name}, {role.value}, in {path}")


@commands.command()
def remove(name: NameArgument, file: FileOption = None) -> None:
    """Remove a user; a session of theirs ends with the next request."""
    path = _path(file)
    remove_user(path, name)
    say(out, f"removed: {name}, from {path}")


@commands.command(name="list")
def list_users(file: FileOption = None, as_json: JsonOption = False) -> None:
    """List the users and their roles."""
    users = read_users(_path(file)).values()
    if as_json:
        print_json([{"name": user.name, "role": user.role} for user in users])
        return
    table = Table("name", "role", box=None, pad_edge=False)
    for user in users:
        table.add_row(user.name, user.role)
    out.print(table)


def _path(file: Path | None) -> Path:
    """The users file meant: the option, else the setting."""
    path = file or load_settings().users_file
    if path is None:
        raise SettingsError("no users file is named; give --file, or set FAMQA_USERS_FILE or users_file in famqa.toml")
    return path.expanduser()


def _password(name: str) -> str:
    """The password, typed twice and not shown; the first line of standard input where that is no terminal."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if not line.strip("\r\n"):
            raise UsersError("no password came on standard input; give it as one line")
        return line.rstrip("\r\n")
    first = err.input(f"Password for {name} (at least {MIN_PASSWORD_CHARS} characters): ", password=True)
    if err.input("The same again: ", password=True) != first:
        raise UsersError("the two passwords differ; nothing was changed")
    return first
