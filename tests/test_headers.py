"""What browsers are told, who may send from where, and which of Gradio's routes there are."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from asgi_calls import OTHER_MACHINE, call, echo
from famqa.web.gradio_routes import GradioRoutes, is_kept_file, upload_folder
from famqa.web.headers import SecurityHeaders, page_policy
from famqa.web.origins import OriginGuard, served_hosts


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def answering(body: bytes, content_type: str, *headers: tuple[str, str], pieces: int = 1) -> Any:
    """An app with one response, its body sent in some pieces."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raw = [(name.encode(), value.encode()) for name, value in (("content-type", content_type), *headers)]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        size = -(-len(body) // pieces) or 1
        for at in range(pieces):
            piece = body[at * size : (at + 1) * size]
            await send({"type": "http.response.body", "body": piece, "more_body": at < pieces - 1})

    return app


def directive(policy: str, name: str) -> list[str]:
    return next(part.split()[1:] for part in policy.split("; ") if part.split()[0] == name)


# Headers


def test_a_page_may_run_its_own_scripts_and_no_others() -> None:
    page = b'<script>a()</script><SCRIPT async>b();\r\n</SCRIPT ><script src="/x.js"></script><p onclick="c()">'
    scripts = directive(page_policy(page), "script-src")
    assert scripts == ["'self'", digest("a()"), digest("b();\n")]


def test_only_gradios_pages_may_make_functions_of_text() -> None:
    config = {"components": [{"props": {"head": "<script>mine()</script>", "value": "<script>theirs()</script>"}}, {}]}
    setting = f"window.gradio_config = {json.dumps(config).replace('<', chr(92) + 'u003c')};"
    scripts = directive(page_policy(f"<script>{setting}</script>".encode()), "script-src")
    assert scripts == ["'self'", digest(setting), "'unsafe-eval'", digest("mine()")]
    assert "unsafe-eval" not in page_policy(b"<script>window.gradio_config = nothing;</script>")


def test_nothing_comes_from_or_goes_elsewhere() -> None:
    policy = page_policy(b"<script>a()</script>")
    assert directive(policy, "default-src") == ["'self'"] == directive(policy, "connect-src")
    assert directive(policy, "frame-ancestors") == ["'none'"] == directive(policy, "object-src")
    assert directive(policy, "base-uri") == ["'self'"] == directive(policy, "form-action")
    assert "unsafe-inline" not in directive(policy, "script-src")
    assert not any("//" in source or source in ("*", "https:", "http:") for source in policy.replace(";", "").split())


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_page_arrives_whole_with_its_headers(pieces: int) -> None:
    page = "<p>é</p><script>a()</script>".encode()
    app = SecurityHeaders(answering(page, "text/html; charset=utf-8", pieces=pieces))
    response = call(app, "GET", "/")
    assert response.content == page
    assert digest("a()") in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["cache-control"] == "no-store"
    assert "camera=()" in response.headers["permissions-policy"]


def test_a_site_may_be_allowed_to_frame_the_page() -> None:
    app = SecurityHeaders(answering(b"<p>", "text/html"), frame_ancestors=["https://wiki.example"])
    headers = call(app, "GET", "/").headers
    assert directive(headers["content-security-policy"], "frame-ancestors") == ["https://wiki.example"]
    assert "x-frame-options" not in headers


def test_a_file_is_only_looked_at() -> None:
    app = SecurityHeaders(answering(b"<script>a()</script>", "text/html"))
    policy = call(app, "GET", "/documents/gradio_api/file=uploads/x.html").headers["content-security-policy"]
    assert directive(policy, "default-src") == ["'none'"] and "sandbox" in policy and "sha256" not in policy


def test_data_is_no_page_and_is_not_kept() -> None:
    given = [("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true"), ("server", "x 1.2")]
    headers = call(SecurityHeaders(answering(b"{}", "application/json", *given)), "GET", "/api/ask").headers
    assert directive(headers["content-security-policy"], "default-src") == ["'none'"]
    assert headers["cache-control"] == "no-store"
    assert not [name for name in headers if name.startswith("access-control") or name == "server"]


def test_assets_may_be_kept() -> None:
    app = SecurityHeaders(answering(b"", "text/javascript"))
    assert call(app, "GET", "/assets/index-1a.js").headers["cache-control"] == "no-cache"
    kept = SecurityHeaders(answering(b"", "text/css", ("cache-control", "max-age=60")))
    assert call(kept, "GET", "/documents/assets/a.css").headers["cache-control"] == "max-age=60"
    assert call(kept, "GET", "/api/documents/assets.css").headers["cache-control"] == "no-store"


# Other sites


@pytest.mark.parametrize(
    ("method", "headers", "passes"),
    [
        ("POST", {}, True),  # a program
        ("POST", {"sec-fetch-site": "same-origin"}, True),
        ("POST", {"sec-fetch-site": "none"}, True),
        ("POST", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-site"}, False),  # another port of this machine, another name of the domain
        ("DELETE", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"origin": "http://testserver"}, True),
        ("POST", {"origin": "http://evil.example"}, False),
        ("POST", {"origin": "http://testserver.evil.example"}, False),
        ("POST", {"origin": "http://testserver:81"}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {"origin": "http://evil.example", "sec-fetch-site": "same-origin"}, True),  # only browsers write it
        ("GET", {"sec-fetch-site": "cross-site"}, True),  # a link
        ("POST", {"origin": "https://qa.example", "x-forwarded-host": "qa.example"}, True),  # a proxy on this machine
    ],
)
def test_another_site_sends_nothing(method: str, headers: dict[str, str], passes: bool) -> None:
    app = OriginGuard(echo, trusted_proxies=["127.0.0.1"])
    assert call(app, method, "/api/documents", headers=headers).status_code == (200 if passes else 403)


def test_a_stranger_cannot_say_whose_proxy_it_is() -> None:
    headers = {"origin": "https://qa.example", "x-forwarded-host": "qa.example"}
    app = OriginGuard(echo, trusted_proxies=["127.0.0.1"])
    assert call(app, "POST", "/x", headers=headers, client=OTHER_MACHINE).status_code == 403
    told = call(app, "GET", "/x", headers={**headers, "X-Forwarded-For": "1.1.1.1"}, client=OTHER_MACHINE).json()
    assert not [name for name in told["headers"] if name.startswith("x-forwarded")]


def test_the_header_that_names_users_is_taken_from_its_proxy_only() -> None:
    app = OriginGuard(echo, trusted_proxies=["127.0.0.1"], identity_header="X-User", identity_proxies=["10.0.0.1"])
    assert "x-user" not in call(app, "GET", "/", headers={"x-user": "ann"}).json()["headers"]
    told = call(app, "GET", "/", headers={"x-user": "ann"}, client="10.0.0.1").json()
    assert told["headers"]["x-user"] == "ann"


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:7860", 200), ("localhost", 200), ("[::1]:7860", 200), ("LOCALHOST.", 200), ("evil.example", 421)],
)
def test_a_laptop_answers_to_its_own_names_only(host: str, status: int) -> None:
    app = OriginGuard(echo, hosts=served_hosts("127.0.0.1", []))
    response = call(app, "GET", "/", headers={"host": host})
    assert response.status_code == status
    if status == 421:
        assert "allowed_hosts" in response.json()["error"]


def test_which_names_a_server_has() -> None:
    assert served_hosts("0.0.0.0", []) == ()
    assert served_hosts("0.0.0.0", ["qa.example"]) == ("localhost", "127.0.0.1", "::1", "qa.example")
    assert served_hosts("[::1]", []) == served_hosts("localhost", []) == ("localhost", "127.0.0.1", "::1")
    assert call(OriginGuard(echo), "GET", "/", headers={"host": "anything"}).status_code == 200


# Gradio's routes

OPEN = [
    ("GET", "/"),
    ("GET", "/config"),
    ("GET", "/assets/index.js"),
    ("GET", "/api/documents/gradio"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/heartbeat/1a2b3c"),
    ("GET", "/gradio_api/queue/data"),
    ("GET", "/gradio_api/call/ask/1a2b"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/documents/gradio_api/upload"),
    ("POST", "/evaluation/gradio_api/upload"),
    ("GET", "/documents/gradio_api/upload_progress"),
]
CLOSED = [
    ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/upload_progress"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/documents/gradio_api/file=/etc/passwd"),
    ("GET", "/documents/gradio_api/file=https://example.org/x"),
    ("GET", "/documents/gradio_api/file/etc/passwd"),
    ("GET", "/gradio_api/proxy=https://example.org"),
    ("GET", "/documents/gradio_api/proxy=https://example.org"),
    ("GET", "/gradio_api/deep_link"),
    ("GET", "/gradio_api/runs"),
    ("POST", "/gradio_api/run/ask"),
    ("POST", "/gradio_api/api/ask"),
    ("POST", "/gradio_api/process_recording"),
    ("POST", "/gradio_api/vibe-edit"),
    ("POST", "/gradio_api/stream/x"),
    ("GET", "/gradio_api/stream/a/b/c/playlist.m3u8"),
    ("GET", "/gradio_api/dev/reload"),
    ("GET", "/gradio_api/custom_component/a/client/b/c"),
    ("GET", "/gradio_api/token"),
    ("GET", "//gradio_api/file=/etc/passwd"),
    ("GET", "/x/gradio_api/proxy=a"),
    ("GET", "/GRADIO_API/proxy=a"),
    ("PUT", "/gradio_api/queue/join"),
    ("GET", "/monitoring"),
    ("GET", "/documents/monitoring/summary"),
    ("POST", "/login"),
]


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_the_pages_use_is_there(method: str, path: str) -> None:
    assert call(GradioRoutes(echo), method, path, json={"data": []}).status_code == 200


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_everything_else_is_not(method: str, path: str) -> None:
    refused = call(GradioRoutes(echo), method, "http://testserver" + path)
    assert (refused.status_code, refused.json()) == (404, {"error": "there is nothing here"})


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that Gradio keeps."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    (folder := tmp_path / "gradio" / "1a2b").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "secret.txt").write_text("not theirs")
    return folder / "notes.txt"


def test_only_what_gradio_keeps_is_a_file_to_serve(kept: Path) -> None:
    assert upload_folder() == kept.parents[1].resolve()
    assert is_kept_file(str(kept)) and is_kept_file(str(kept).replace("notes", "%6eotes"))
    outside = kept.parents[2] / "secret.txt"
    (link := kept.parent / "link.txt").symlink_to(outside)
    sneaky = f"{kept.parents[1]}/../secret.txt"
    for path in (outside, link, sneaky, sneaky.replace("..", "%2e%2e"), "../secret.txt", f"{kept}\0", f"file://{kept}"):
        assert not is_kept_file(str(path))


def test_a_call_names_uploaded_files_only(kept: Path) -> None:
    app = GradioRoutes(echo)

    def join(page: str, data: Any, **sent: Any) -> int:
        return call(app, "POST", f"{page}/gradio_api/queue/join", **(sent or {"json": {"data": [data]}})).status_code

    upload = {"path": str(kept), "meta": {"_type": "gradio.FileData"}}
    address = {"path": "https://example.org/x", "meta": {"_type": "gradio.FileData"}}
    assert join("/documents", upload) == join("/documents", [[upload]]) == 200
    assert join("", upload) == 400, "the chat takes no files"
    for path in ("/etc/passwd", "../secret.txt", "", "https://example.org/x"):
        assert join("/documents", {**upload, "path": path}) == 400
    assert join("/evaluation", {"deep": [{"deeper": address}]}) == 400
    assert join("", {"path": 7, "text": "a path is no file"}) == 200
    assert join("", "x" * 1_000_000) == 200
    nested: Any = {}
    for _ in range(100):
        nested = [nested]
    assert join("", nested) == 400
    json_type = {"content-type": "application/json"}
    assert join("", None, content=b"[" * 200_000, headers=json_type) == 400
    assert join("", None, content=b"{not json", headers=json_type) == 200, "that is for Gradio to say"
    assert join("", None, files={"files": ("a", b"b")}) == 415


def test_a_call_arrives_as_it_was_sent() -> None:
    sent = json.dumps({"data": ["é" * 1000]}).encode()
    told = call(
        GradioRoutes(echo), "POST", "/gradio_api/queue/join", content=sent, headers={"content-type": "application/json"}
    )
    assert told.json()["length"] == len(sent)
