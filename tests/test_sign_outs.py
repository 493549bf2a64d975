"""Who has signed out stays so: over a restart, for other processes, and as far as it goes without a place to write."""

from __future__ import annotations

import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI

from asgi_calls import Clock, call, echo
from famqa import users
from famqa.errors import SettingsError
from famqa.users import add_user
from famqa.web import sign_outs
from famqa.web.protection import add_protection
from famqa.web.sessions import KEY_NAME
from famqa.web.sign_outs import SIGN_OUTS, SignOuts

DAY = 24 * 3600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / SIGN_OUTS


def server(folder: Path) -> FastAPI:
    """A new process, so to speak, over the folder's users; its index folder is `folder`/index."""
    app = FastAPI()
    app.mount("/", echo)  # type: ignore[arg-type]
    add_protection(app, host="127.0.0.1", key_folder=folder / "index", users_file=folder / "users")
    return app


def signed_in(app: FastAPI) -> dict[str, str]:
    """The cookie of bob, who has just signed in, as a header."""
    answer = call(app, "POST", "/sign-in", data={"name": "bob", "password": "paper boat 9"}, base="http://127.0.0.1")
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def status(app: FastAPI, cookie: dict[str, str]) -> int:
    return call(app, "GET", "/", headers=cookie, base="http://127.0.0.1").status_code


@pytest.fixture
def bobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(users, "COST", 4)
    add_user(tmp_path / "users", "bob", "reader", "paper boat 9")
    return tmp_path


def test_a_restart_brings_no_session_back_that_was_ended(bobs_folder: Path) -> None:
    before = server(bobs_folder)
    ended, other = signed_in(before), signed_in(before)
    assert call(before, "POST", "/sign-out", headers=ended, base="http://127.0.0.1").status_code == 303
    after = server(bobs_folder)
    assert (status(after, ended), status(after, other)) == (401, 200)


def test_two_servers_of_the_same_users_know_of_each_others_sign_outs(bobs_folder: Path) -> None:
    one, two = server(bobs_folder), server(bobs_folder)
    cookies = [signed_in(one) for _ in range(3)]
    for cookie in cookies:  # several within the file system's smallest step of time
        assert status(two, cookie) == 200
        call(one, "POST", "/sign-out", headers=cookie, base="http://127.0.0.1")
        assert status(two, cookie) == 401


def test_the_file_lies_beside_the_key_for_the_owner_only_and_names_nobody(bobs_folder: Path) -> None:
    app = server(bobs_folder)
    assert not (bobs_folder / SIGN_OUTS).exists()
    cookie = signed_in(app)
    call(app, "POST", "/sign-out", headers=cookie, base="http://127.0.0.1")
    assert (bobs_folder / KEY_NAME).exists()
    assert stat.S_IMODE((bobs_folder / SIGN_OUTS).stat().st_mode) == 0o600
    kept = (bobs_folder / SIGN_OUTS).read_bytes()
    assert b"bob" not in kept and cookie["cookie"].partition("=")[2].encode() not in kept


def test_a_damaged_file_keeps_the_server_from_starting(path: Path) -> None:
    for damaged in (b"no database", b"x" * 200):
        path.write_bytes(damaged)
        with pytest.raises(
            SettingsError, match=r"ended sessions .* cannot be read .*not a database.*session-key"
        ) as told:
            SignOuts([path])
        assert "\n" not in str(told.value)


def test_damage_while_it_runs_forgets_nobody_and_is_said(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = SignOuts([path])
    kept.add({"a": 5 * DAY})
    path.write_bytes(b"x" * 200)
    assert "a" in kept and "b" not in kept
    with caplog.at_level(logging.WARNING):
        kept.add({"b": 5 * DAY})
    assert "b" in kept
    assert [line.getMessage() for line in caplog.records] == [
        f"who has just signed out is remembered only until the server ends ({path}: file is not a database)"
    ]


def test_what_could_not_be_written_is_written_with_the_next(path: Path, tmp_path: Path) -> None:
    kept = SignOuts([tmp_path / "later" / SIGN_OUTS])
    kept.add({"a": 1.0})
    (tmp_path / "later").mkdir()
    kept.add({"b": 2.0})
    again = SignOuts([tmp_path / "later" / SIGN_OUTS], clock=Clock(0))
    assert "a" in again and "b" in again


def test_the_second_place_is_taken_where_the_first_cannot_be_written(tmp_path: Path) -> None:
    paths = [tmp_path / "none" / SIGN_OUTS, tmp_path / SIGN_OUTS]
    SignOuts(paths).add({"a": 1.0})
    (tmp_path / "none").mkdir()
    assert "a" in SignOuts(paths)


def test_a_process_that_holds_the_file_is_waited_for_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = SignOuts([path], clock=Clock(0))
    kept.add({"a": 1.0})
    monkeypatch.setattr(sign_outs, "_WRITE_SECONDS", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "a" in kept, "what is known needs no file"
        kept.add({"b": 2.0})
        assert "b" in kept
    assert "b" not in SignOuts([path])
    kept.add({})
    assert "b" in SignOuts([path])


def test_an_id_is_kept_for_a_week_beyond_its_end_and_no_longer(path: Path) -> None:
    clock = Clock(0.0)
    kept = SignOuts([path], clock)
    kept.add({"a": 1 * DAY, "b": 3 * DAY})
    clock.now = 8 * DAY
    kept.add({"c": 15 * DAY})
    assert "a" in kept, "a clock that is set back does not bring it back"
    clock.now = 8 * DAY + 1
    kept.add({"d": 15 * DAY})
    assert [name for name in "abcd" if name in kept] == ["b", "c", "d"]


def test_there_is_a_most(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_outs, "MOST_KEPT", 2)
    kept = SignOuts([path], Clock(0))
    for name in "abc":
        kept.add({name: 1.0})
    assert [name for name in "abc" if name in kept] == ["b", "c"]
