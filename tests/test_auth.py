"""Signing in, HTTP Basic, a proxy's header, roles, and the users file."""

from __future__ import annotations

import asyncio
import io
import os
import re
import stat
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from asgi_calls import OTHER_MACHINE, Clock, call, echo, websocket
from famqa import users
from famqa.cli import app as commands
from famqa.errors import SettingsError
from famqa.users import User, Users, UsersError, add_user, is_password, read_users, remove_user
from famqa.web.auth import Authentication, is_for_admins
from famqa.web.passwords import FREE_FAILURES, Failures, Passwords, TooManyTries
from famqa.web.protection import add_protection
from famqa.web.sessions import KEY_NAME, Sessions, session_secret
from famqa.web.sign_in import safe_target, sign_in_page

ANN, BOB = ("ann", "orange lamp 7"), ("bob", "paper boat 9")
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SECRET = bytes(range(32))


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "COST", 4)


@pytest.fixture
def users_file(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    add_user(path, ANN[0], "admin", ANN[1])
    add_user(path, BOB[0], "reader", BOB[1])
    return path


@pytest.fixture
def guarded(users_file: Path) -> Authentication:
    app = Authentication(echo, users=Users(users_file), secret=SECRET)
    assert app.users is not None
    app.passwords = Passwords(app.users, SECRET, clock=Clock())  # a slow machine would wait the waits off
    return app


def sign_in(app: Authentication, who: tuple[str, str], **sent: object) -> httpx.Response:
    form = {"name": who[0], "password": who[1], "next": sent.pop("target", "/")}
    return call(app, "POST", "/sign-in", data=form, **sent)


def session(app: Authentication, who: tuple[str, str]) -> dict[str, str]:
    """The headers of somebody who has signed in."""
    response = sign_in(app, who)
    assert response.status_code == 303
    return {"cookie": response.headers["set-cookie"].partition(";")[0]}


# The users file


def test_a_password_is_right_only_as_it_was_given() -> None:
    stored = users.hash_password("grüner Tee")
    assert is_password("grüner Tee", stored)
    assert is_password("gru\u0308ner Tee", stored), "the same letters, typed on another machine"
    assert not is_password("gruner Tee", stored)
    assert not is_password("", stored)
    assert users.hash_password("grüner Tee") != stored, "a salt of its own"


def test_an_unknown_user_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "COST", 15)
    done: list[tuple[int, int, int]] = []
    monkeypatch.setattr(users, "_scrypt", lambda password, salt, *costs: done.append(costs) or bytes(32))
    stored = users.hash_password("orange lamp 7")
    is_password("orange lamp 7", stored)
    assert is_password("", None) is False, "even where the hash of nobody is met"
    assert done == [(15, 8, 3)] * 3


@pytest.mark.parametrize("cost", ["30$8$3", "15$9999$3", "15$8$99", "0$8$3", "x$8$3"])
def test_a_hash_that_would_take_all_memory_is_no_hash(tmp_path: Path, cost: str) -> None:
    path = tmp_path / "users"
    path.write_text(f"# heading\nann admin scrypt${cost}$AAAA$AAAA\n")
    with pytest.raises(UsersError, match="line 2"):
        read_users(path)


@pytest.mark.parametrize("line", ["ann", "ann king scrypt$4$8$1$AA==$AA==", "../x admin scrypt$4$8$1$AA==$AA=="])
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "users"
    path.write_text(line + "\n")
    with pytest.raises(UsersError, match=r"users, line 1: not a user"):
        read_users(path)


def test_a_name_may_stand_once(users_file: Path) -> None:
    users_file.write_text(users_file.read_text() + users_file.read_text())
    with pytest.raises(UsersError, match="line 5"):  # heading, ann, bob, heading, ann
        read_users(users_file)


def test_the_file_is_only_its_owners(users_file: Path) -> None:
    assert stat.S_IMODE(users_file.stat().st_mode) == 0o600
    assert [path.name for path in users_file.parent.iterdir()] == ["users"], "no temporary file is left"
    assert ANN[1] not in users_file.read_text()


def test_users_are_added_changed_and_removed(users_file: Path) -> None:
    assert add_user(users_file, "cat", "reader", "a long word") is True
    assert add_user(users_file, "bob", "admin", "another word") is False
    remove_user(users_file, "cat")
    assert {user.name: user.role for user in read_users(users_file).values()} == {"ann": "admin", "bob": "admin"}
    with pytest.raises(UsersError, match="no user 'cat'"):
        remove_user(users_file, "cat")


@pytest.mark.parametrize("name", ["", "a b", "ann:x", "a/b", "-x", "ü", "x" * 65, "ann\n"])
def test_a_name_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsersError, match="no user name"):
        add_user(tmp_path / "users", name, "reader", "long enough")
    assert not (tmp_path / "users").exists()


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsersError, match="at least 8"):
        add_user(tmp_path / "users", "ann", "reader", "seven77")


def test_a_changed_file_counts_at_once_and_a_broken_one_does_not(users_file: Path) -> None:
    known = Users(users_file)
    remove_user(users_file, "bob")
    assert known.get("bob") is None
    users_file.write_text("rubbish\n")
    assert known.get("ann") is not None and "line 1" in known.problem
    add_user(fresh := users_file.with_name("fresh"), "cat", "reader", "a long word")
    fresh.replace(users_file)
    assert known.get("cat") is not None and known.get("ann") is None and known.problem == ""


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsersError, match=r"no users file .*famqa users add"):
        Users(tmp_path / "none")


# The command


def test_the_command_takes_the_password_from_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "users"
    run = CliRunner().invoke
    added = run(commands, ["users", "add", "ann", "--role", "admin", "--file", str(path)], input="orange lamp 7\n")
    assert added.exit_code == 0 and "added: ann, admin" in added.output.replace("\n", " ")
    assert is_password("orange lamp 7", read_users(path)["ann"].password_hash)
    listed = run(commands, ["users", "list", "--file", str(path)])
    assert re.search(r"ann\s+admin", listed.output) and "scrypt" not in listed.output
    assert run(commands, ["users", "remove", "ann", "--file", str(path)]).exit_code == 0
    assert read_users(path) == {}


def test_the_command_has_no_option_for_a_password() -> None:
    told = CliRunner().invoke(commands, ["users", "add", "--help"], env={"COLUMNS": "200"}).output
    assert "--role" in told and "--password" not in told


def test_no_password_is_a_mistake(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["users", "add", "ann", "--file", str(tmp_path / "users")], input="")
    assert isinstance(done.exception, UsersError) and "standard input" in str(done.exception)


def test_without_a_file_the_command_says_how_to_name_one() -> None:
    done = CliRunner().invoke(commands, ["users", "list"])
    assert isinstance(done.exception, SettingsError) and "FAMQA_USERS_FILE" in str(done.exception)


# Signing in


def test_a_visitor_is_led_to_the_form_and_back(guarded: Authentication) -> None:
    visit = call(guarded, "GET", "/?q=Who+made+it%3F&in=a", headers=PAGE)
    assert (visit.status_code, visit.headers["location"]) == (
        303,
        "/sign-in?next=/%3Fq%3DWho%2Bmade%2Bit%253F%26in%3Da",
    )
    form = call(guarded, "GET", visit.headers["location"], headers=PAGE)
    assert form.status_code == 200 and 'value="/?q=Who+made+it%3F&amp;in=a"' in form.text and "<script" not in form.text
    entered = sign_in(guarded, BOB, target="/?q=Who+made+it%3F&in=a")
    assert (entered.status_code, entered.headers["location"]) == (303, "/?q=Who+made+it%3F&in=a")
    cookie = entered.headers["set-cookie"]
    assert re.fullmatch(r"famqa-[0-9a-f]{8}=[\w.-]+; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax", cookie)
    seen = call(guarded, "GET", "/", headers={**PAGE, "cookie": cookie.partition(";")[0]})
    assert (seen.json()["user"], seen.json()["role"]) == ("bob", "reader")


def test_behind_https_the_cookie_is_for_https_only(guarded: Authentication) -> None:
    assert "Secure" in sign_in(guarded, BOB, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    told = sign_in(guarded, BOB, headers={"x-forwarded-proto": "https"}, client=OTHER_MACHINE)
    assert "Secure" not in told.headers["set-cookie"], "whoever says so must be trusted"


def test_a_wrong_password_and_an_unknown_name_look_alike(guarded: Authentication) -> None:
    wrong, unknown = (sign_in(guarded, who) for who in (("bob", "not this one"), ("zed", "not this one")))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("bob", "zed") == unknown.text
    assert "do not belong together" in wrong.text and "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "path", ["/", "/gradio_api/queue/join", "/gradio_api/queue/data", "/api/ask", "/mcp", "/config", "/assets/x.js"]
)
def test_nothing_is_reached_without_signing_in(guarded: Authentication, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        refused = call(guarded, method, path)
        assert refused.status_code == 401 and "sign in" in refused.json()["error"]


def test_a_websocket_needs_it_too(guarded: Authentication) -> None:
    assert [message["type"] for message in websocket(guarded, "/gradio_api/queue/join")] == ["websocket.close"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/favicon.ico"])
def test_what_stays_open(guarded: Authentication, path: str) -> None:
    assert call(guarded, "GET", path).json()["path"] == path


@pytest.mark.parametrize("path", ["/healthz/../documents", "/healthz/x", "/sign-in/../", "/SIGN-IN"])
def test_what_only_looks_open_is_not(guarded: Authentication, path: str) -> None:
    async def run() -> list[int]:
        statuses: list[int] = []

        async def send(message: dict) -> None:
            statuses.append(message.get("status", 0))

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("127.0.0.1", 1)}
        await guarded(scope, None, send)
        return statuses

    assert asyncio.run(run())[0] == 401


def test_signing_out_ends_the_session_everywhere(guarded: Authentication) -> None:
    headers = session(guarded, BOB)
    assert "You are signed in as bob" in call(guarded, "GET", "/sign-out", headers={**PAGE, **headers}).text
    assert call(guarded, "GET", "/", headers=headers).status_code == 200, "looking at the page signs nobody out"
    out = call(guarded, "POST", "/sign-out", headers=headers)
    assert out.headers["location"] == "/sign-in" and "Max-Age=0" in out.headers["set-cookie"]
    assert out.headers["clear-site-data"] == '"storage"', "the next to use the browser does not see what was asked"
    assert call(guarded, "GET", "/", headers=headers).status_code == 401, "a kept copy of the cookie is worth nothing"


def test_a_session_ends_with_its_time(users_file: Path) -> None:
    clock, user = Clock(), read_users(users_file)["bob"]
    sessions = Sessions(SECRET, seconds=60, clock=clock)
    cookie = sessions.start(user, secure=False, path="").partition(";")[0]
    scope = {"headers": [(b"cookie", cookie.encode())]}
    clock.now += 59
    assert sessions.find(scope, lambda name: user) == user
    clock.now += 1
    assert sessions.find(scope, lambda name: user) is None


def test_a_new_password_or_removal_ends_sessions(guarded: Authentication, users_file: Path) -> None:
    bob, ann = session(guarded, BOB), session(guarded, ANN)
    add_user(users_file, "bob", "reader", "yet another word")
    assert call(guarded, "GET", "/", headers=bob).status_code == 401
    assert call(guarded, "GET", "/", headers=ann).status_code == 200
    remove_user(users_file, "ann")
    assert call(guarded, "GET", "/", headers=ann).status_code == 401


def test_a_cookie_cannot_be_made_or_altered(guarded: Authentication) -> None:
    name, _, token = session(guarded, BOB)["cookie"].partition("=")
    payload, _, signature = token.partition(".")
    other = Sessions(bytes(32)).start(User("ann", "admin", ""), False, "").partition(";")[0].partition("=")[2]
    for forged in ("", ".", payload, f"{payload}.", f"{payload}A.{signature}", f"{payload}.{signature[:-1]}é", other):
        headers = {"cookie": f"{name}={forged}".encode()}
        assert call(guarded, "GET", "/", headers=headers).status_code == 401
    two = {"cookie": f"{name}=stale.one; {name}={token}"}
    assert call(guarded, "GET", "/", headers=two).json()["user"] == "bob", "an old cookie beside it does no harm"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:x",
        "",
        "/a\r\nSet-Cookie: x=1",
        "/ü",
        "/sign-out",
    ],
)
def test_nobody_is_led_elsewhere(guarded: Authentication, target: str) -> None:
    assert safe_target(target) == "/"
    assert sign_in(guarded, BOB, target=target).headers["location"] == "/"


def test_the_form_shows_what_is_sent_as_text() -> None:
    page = sign_in_page('/"><script>x</script>', '"><img src=x onerror=y>', '"><b>', "<i>no</i>").decode()
    assert not re.search(r"<(script|img|b|i)\b", page)


def test_another_site_can_neither_sign_in_nor_out(guarded: Authentication) -> None:
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
    ):
        assert sign_in(guarded, BOB, headers=headers).status_code == 403
        assert call(guarded, "POST", "/sign-out", headers={**session(guarded, BOB), **headers}).status_code == 403
    assert sign_in(guarded, BOB, headers={"origin": "http://testserver"}).status_code == 303


def test_a_form_too_long_or_odd_is_no_password(guarded: Authentication) -> None:
    for body in (b"name=bob&password=" + b"x" * 100_000, b"\xff\xfe", b"&".join([b"a=1"] * 50), b""):
        assert call(guarded, "POST", "/sign-in", content=body).status_code == 401


def test_under_a_root_path_everything_stays_below_it(guarded: Authentication) -> None:
    async def below(scope: dict, receive: object, send: object) -> None:
        await guarded({**scope, "root_path": "/qa", "path": "/qa" + scope["path"]}, receive, send)

    visit = call(below, "GET", "/documents/", headers=PAGE)
    assert visit.headers["location"] == "/qa/sign-in?next=/documents/"
    assert 'action="/qa/sign-in"' in call(below, "GET", "/sign-in", headers=PAGE).text
    entered = sign_in(below, BOB, target="/documents/")
    assert entered.headers["location"] == "/qa/documents/" and "Path=/qa;" in entered.headers["set-cookie"]
    cookie = {"cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert call(below, "GET", "/documents/", headers=cookie).status_code == 403


# Roles


@pytest.mark.parametrize(
    ("method", "path", "needs_admin"),
    [
        ("GET", "/", False),
        ("GET", "/api/documents", False),
        ("GET", "/api/index", False),
        ("POST", "/api/ask", False),
        ("POST", "/gradio_api/queue/join", False),
        ("GET", "/documents-of-mine", False),
        ("GET", "/documents", True),
        ("GET", "/documents/", True),
        ("POST", "/documents/gradio_api/queue/join", True),
        ("GET", "/documents/gradio_api/queue/data", True),
        ("GET", "/documents/gradio_api/file=/x", True),
        ("POST", "/evaluation/gradio_api/upload", True),
        ("GET", "/metrics", True),
        ("POST", "/api/documents", True),
        ("DELETE", "/api/documents/a%2Fb.txt", True),
        ("POST", "/api/index/rollback", True),
        ("PATCH", "/api/index", True),
        ("GET", "//documents/", True),
        ("GET", "/./documents/", True),
        ("GET", "/x/../documents/", True),
        ("GET", "/%64ocuments/", True),
        ("GET", "/DOCUMENTS/", True),
        ("POST", "/api//documents", True),
        ("POST", "/api\\documents", True),
    ],
)
def test_a_reader_asks_and_an_administrator_changes(method: str, path: str, needs_admin: bool) -> None:
    scope = {"type": "http", "method": method, "path": path.replace("%64", "d").replace("%2F", "/")}
    assert is_for_admins(scope) is needs_admin


def test_roles_end_to_end(guarded: Authentication) -> None:
    ann, bob = session(guarded, ANN), session(guarded, BOB)
    assert call(guarded, "POST", "/documents/gradio_api/queue/join", headers=ann).json()["role"] == "admin"
    refused = call(guarded, "POST", "/documents/gradio_api/queue/join", headers=bob)
    assert refused.status_code == 403 and "administrators" in refused.json()["error"]
    page = call(guarded, "GET", "/documents/", headers={**PAGE, **bob})
    assert page.status_code == 403 and "<h1>Forbidden</h1>" in page.text
    assert websocket(guarded, "/documents/x")[0]["type"] == "websocket.close"


# Guests


def test_guests_ask_and_administrators_sign_in(users_file: Path) -> None:
    app = Authentication(echo, users=Users(users_file), secret=SECRET, guests=True)
    told = call(app, "POST", "/api/ask").json()
    assert (told["user"], told["role"]) == (None, "reader")
    assert call(app, "GET", "/documents/", headers=PAGE).headers["location"] == "/sign-in?next=/documents/"
    assert call(app, "POST", "/api/documents").status_code == 401
    assert call(app, "GET", "/documents/", headers=session(app, ANN)).json()["role"] == "admin"
    assert call(app, "GET", "/documents/", headers=session(app, BOB)).status_code == 403


def test_guests_alone_have_no_administrator() -> None:
    app = Authentication(echo, secret=SECRET, guests=True)
    assert call(app, "GET", "/", headers=PAGE).status_code == 200
    for method, path in (("GET", "/documents/"), ("POST", "/api/documents"), ("GET", "/metrics")):
        refused = call(app, method, path, auth=ANN)
        assert refused.status_code == 403 and "administrators" in refused.json()["error"]


# Programs


def test_a_program_signs_in_with_each_request(guarded: Authentication) -> None:
    asked = call(guarded, "GET", "/api/ask")
    assert asked.status_code == 401 and asked.headers["www-authenticate"].startswith("Basic ")
    told = call(guarded, "POST", "/api/ask", auth=BOB).json()
    assert told["user"] == "bob" and "authorization" not in told["headers"]
    assert call(guarded, "GET", "/metrics", auth=BOB).status_code == 403
    assert call(guarded, "GET", "/metrics", auth=ANN).status_code == 200
    assert call(guarded, "POST", "/api/ask", auth=("bob", "wrong")).status_code == 401


def test_a_script_of_the_page_makes_no_browser_ask_for_a_password(guarded: Authentication) -> None:
    refused = call(guarded, "GET", "/api/ask", headers={"sec-fetch-mode": "cors"})
    assert refused.status_code == 401 and "www-authenticate" not in refused.headers


@pytest.mark.parametrize("given", ["Basic", "Basic !!!", "Basic Ym9i", "Bearer x", "Basic " + "A" * 9000, "Basic //79"])
def test_odd_authorization_is_just_not_signed_in(guarded: Authentication, given: str) -> None:
    assert call(guarded, "GET", "/api/ask", headers={"authorization": given}).status_code == 401


def test_a_right_password_is_not_hashed_for_each_request(
    guarded: Authentication, users_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    checked = users.is_password
    monkeypatch.setattr("famqa.web.passwords.is_password", lambda *given: (hashed.append(given[0]), checked(*given))[1])
    for _ in range(3):
        assert call(guarded, "GET", "/api/ask", auth=BOB).status_code == 200
    assert hashed == [BOB[1]]
    add_user(users_file, "bob", "reader", "a new password")
    assert call(guarded, "GET", "/api/ask", auth=BOB).status_code == 401, "the old one is forgotten at once"


# Slowing down


def test_failures_double_the_wait() -> None:
    clock = Clock()
    failures = Failures(longest_seconds=60, clock=clock)
    for _ in range(FREE_FAILURES):
        assert failures.wait("x") == 0
        failures.begin("x")
    assert failures.wait("x") == 1
    clock.now += 1
    assert failures.wait("x") == 0
    failures.begin("x")
    assert failures.wait("x") == 2
    for _ in range(20):
        failures.begin("x")
    assert failures.wait("x") == 60
    assert failures.wait("y") == 0
    failures.succeeded("x")
    assert failures.wait("x") == 0


def test_failures_of_many_keys_do_not_fill_memory() -> None:
    failures = Failures(60, Clock())
    for at in range(12_000):
        failures.begin(str(at))
    assert len(failures) == 10_000


def test_guessing_is_slowed_for_the_address_not_for_others(guarded: Authentication) -> None:
    for _ in range(FREE_FAILURES):
        assert sign_in(guarded, ("zed", "wrong word"), client=OTHER_MACHINE).status_code == 401
    slowed = sign_in(guarded, BOB, client=OTHER_MACHINE)
    assert slowed.status_code == 429 and slowed.headers["retry-after"] == "1"
    assert "Too many failed tries. Wait 1 second" in slowed.text
    program = call(guarded, "GET", "/api/ask", auth=("bob", "wrong"), client=OTHER_MACHINE)
    assert program.status_code == 429 and program.json()["error"].startswith("too many failed tries")
    assert sign_in(guarded, BOB).status_code == 303


def test_guessing_one_name_from_many_addresses_is_slowed(guarded: Authentication) -> None:
    for at in range(FREE_FAILURES):
        assert sign_in(guarded, ("bob", "wrong word"), client=f"203.0.113.{at}").status_code == 401
    assert sign_in(guarded, ("bob", "wrong word"), client="203.0.113.99").status_code == 429


def test_many_requests_at_once_are_one_try(users_file: Path) -> None:
    async def run() -> list[User | None]:
        passwords = Passwords(Users(users_file), SECRET)
        return await asyncio.gather(*(passwords.check(*BOB, "1.2.3.4") for _ in range(50)))

    assert {user.name for user in asyncio.run(run()) if user} == {"bob"}

    async def guess() -> int:
        passwords = Passwords(Users(users_file), SECRET, clock=Clock())
        tries = (passwords.check("bob", f"guess {at}", "1.2.3.4") for at in range(50))
        ended = await asyncio.gather(*tries, return_exceptions=True)
        return sum(isinstance(end, TooManyTries) for end in ended)

    assert asyncio.run(guess()) == 50 - FREE_FAILURES, (
        "other guesses are not, even before the first is known to be wrong"
    )


# A proxy that signs people in


@pytest.fixture
def proxied(users_file: Path) -> Authentication:
    return Authentication(
        echo,
        users=Users(users_file),
        secret=SECRET,
        proxy_header="X-Forwarded-User",
        proxy_admins=["dora"],
        identity_proxies=["10.0.0.0/8"],
    )


def test_a_trusted_proxy_names_the_user(proxied: Authentication) -> None:
    def seen(name: str) -> tuple[str, str]:
        told = call(proxied, "GET", "/", headers={"x-forwarded-user": name}, client="10.1.2.3").json()
        return told["user"], told["role"]

    assert seen("eve@example.org") == ("eve@example.org", "reader")
    assert seen("dora") == ("dora", "admin")
    assert seen("ann") == ("ann", "admin"), "as the users file says"


@pytest.mark.parametrize("client", ["127.0.0.1", OTHER_MACHINE, "11.0.0.1", "::1", ""])
def test_nobody_else_names_anybody(proxied: Authentication, client: str) -> None:
    headers = {"x-forwarded-user": "dora", "x-forwarded-for": "10.1.2.3"}
    assert call(proxied, "GET", "/", headers=headers, client=client).status_code == 401


@pytest.mark.parametrize("name", ["", "dora,bob", "a b", "<script>", "x" * 65])
def test_a_proxy_that_names_nobody_signs_nobody_in(proxied: Authentication, name: str) -> None:
    headers = {"x-forwarded-user": name}
    assert call(proxied, "GET", "/", headers=headers, client="10.1.2.3").status_code == 401


def test_a_proxy_header_needs_to_be_told_whose() -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        add_protection(None, host="127.0.0.1", key_folder=Path(), proxy_header="X-User")


# The key


def test_the_key_is_kept_beside_the_users_and_for_the_owner_only(tmp_path: Path) -> None:
    first = session_secret([tmp_path / "a", tmp_path / "b"])
    assert len(first) == 32 and session_secret([tmp_path / "a"]) == first
    assert stat.S_IMODE((tmp_path / "a" / KEY_NAME).stat().st_mode) == 0o600
    assert not (tmp_path / "b").exists()
    assert session_secret([tmp_path / "b", tmp_path / "a"]) == first, "one that is there goes before making another"
    (tmp_path / "a" / KEY_NAME).chmod(0o644)
    with pytest.raises(SettingsError, match="readable by others"):
        session_secret([tmp_path / "a"])


def test_without_a_place_for_it_the_key_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (blocked := tmp_path / "file").write_text("")
    assert len(session_secret([blocked])) == 32
    assert session_secret([blocked]) != session_secret([blocked])


def test_a_full_disk_leaves_no_half_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fdopen

    class Full(io.BytesIO):
        def __init__(self, handle: int, mode: str) -> None:
            real(handle, mode).close()

        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", Full)
        assert len(session_secret([tmp_path])) == 32
    assert list(tmp_path.iterdir()) == []
    assert session_secret([tmp_path]) == session_secret([tmp_path]), "as soon as there is room, a key is kept"
