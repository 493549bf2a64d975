"""How often and how much one client may ask, and who a client is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from asgi_calls import OTHER_MACHINE, Clock, call, echo, websocket
from famqa.errors import SettingsError
from famqa.web.asgi import Networks, client_address, client_key, is_below, route_path
from famqa.web.limits import BodyLimit, Buckets, RateLimit, costs_work, upload_limits

JSON = {"accept": "application/json"}


def limited(clock: Clock, **options: Any) -> RateLimit:
    return RateLimit(echo, per_minute=60, burst=3, clock=clock, **options)


def test_a_bucket_gives_a_burst_and_then_a_rate() -> None:
    clock = Clock()
    buckets = Buckets(per_minute=30, burst=2, clock=clock)  # one each two seconds
    assert [buckets.take("a"), buckets.take("a"), buckets.take("a")] == [0, 0, 2]
    assert buckets.take("b") == 0
    clock.now += 1
    assert buckets.take("a") == 1, "being refused costs nothing"
    clock.now += 1
    assert [buckets.take("a"), buckets.take("a")] == [0, 2]
    clock.now += 3600
    assert [buckets.take("a"), buckets.take("a"), buckets.take("a")] == [0, 0, 2], "not more than the burst is saved"


def test_buckets_of_many_clients_do_not_fill_memory() -> None:
    buckets = Buckets(60, 2, most=100, clock=Clock())
    for at in range(1000):
        buckets.take(str(at))
    assert len(buckets) == 100


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    clock, refusals = Clock(), []
    app = limited(clock, refused=lambda: refusals.append(1))
    assert [call(app, "POST", "/api/ask").status_code for _ in range(3)] == [200] * 3
    refused = call(app, "POST", "/api/ask")
    assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
    assert refused.json() == {"error": "too many requests at once; try again in 1 second"}
    assert refusals == [1]
    assert call(app, "POST", "/api/ask", client=OTHER_MACHINE).status_code == 200, "others are not affected"
    clock.now += 1
    assert call(app, "POST", "/api/ask").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "costs"),
    [
        ("POST", "/api/ask", True),
        ("GET", "/api/ask", True),
        ("GET", "/api/search", True),
        ("POST", "/api/search", True),
        ("POST", "/mcp", True),
        ("POST", "/mcp/", True),
        ("POST", "/gradio_api/queue/join", True),
        ("POST", "/documents/gradio_api/queue/join", True),
        ("POST", "/gradio_api/call/ask", True),
        ("POST", "/gradio_api//call/ask", True),
        ("POST", "/evaluation/gradio_api/upload", True),
        ("POST", "/api/documents", True),
        ("DELETE", "/api/documents/a", True),
        ("POST", "/api/index", True),
        ("GET", "/", False),
        ("GET", "/api/documents", False),
        ("GET", "/api/asking", False),
        ("GET", "/mcp", False),
        ("GET", "/gradio_api/queue/data", False),
        ("GET", "/gradio_api/call/ask/1a2b", False),
        ("GET", "/assets/index.js", False),
        ("GET", "/healthz", False),
        ("POST", "/gradio_api/cancel", False),
        ("OPTIONS", "/api/ask", False),
    ],
)
def test_only_work_is_counted(method: str, path: str, costs: bool) -> None:
    assert costs_work({"type": "http", "method": method, "path": path}) is costs


def test_a_websocket_counts() -> None:
    app = RateLimit(echo, per_minute=60, burst=1, clock=Clock())
    assert websocket(app, "/x") == []
    assert websocket(app, "/x")[0]["type"] == "websocket.close"


def test_zero_is_no_limit() -> None:
    app = RateLimit(echo, per_minute=0, burst=1, clock=Clock())
    assert {call(app, "POST", "/api/ask").status_code for _ in range(20)} == {200}


def test_a_signed_in_user_is_one_client_from_everywhere() -> None:
    app = limited(Clock())

    def as_user(name: str) -> Any:
        async def named(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("state", {})["user"] = name
            await app(scope, receive, send)

        return named

    statuses = [call(as_user("bob"), "POST", "/api/ask", client=f"203.0.113.{at}").status_code for at in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert call(as_user("ann"), "POST", "/api/ask", client="203.0.113.3").status_code == 200


def test_only_a_trusted_proxy_says_who_asks() -> None:
    app = limited(Clock(), trusted_proxies=["10.0.0.1"])

    def ask(client: str, said: str) -> int:
        return call(app, "POST", "/api/ask", client=client, headers={"x-forwarded-for": said}).status_code

    assert [ask("10.0.0.1", f"203.0.113.{at}") for at in range(5)] == [200] * 5, "five visitors behind the proxy"
    assert [ask(OTHER_MACHINE, f"198.51.100.{at}") for at in range(4)] == [200] * 3 + [429], "one that makes them up"


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "1.1.1.1", "203.0.113.7"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),  # the first was written by the visitor
        ("10.0.0.1", "1.1.1.1, 10.0.0.2", "1.1.1.1"),  # two proxies of ours
        ("10.0.0.1", "1.1.1.1:4711", "1.1.1.1"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
        ("", "1.1.1.1", ""),
    ],
)
def test_the_address_of_who_asks(peer: str, said: str, client: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", said.encode())] if said else []}
    assert client_address(scope, Networks.parse(["10.0.0.0/24"])) == client


def test_one_household_is_one_client() -> None:
    assert client_key("2001:db8:1:2:aaaa::1") == client_key("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert client_key("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert client_key("1.1.1.1") == "1.1.1.1" and client_key("") == ""


def test_a_proxy_that_is_no_address_is_said() -> None:
    with pytest.raises(SettingsError, match=r"trusted_proxies.*10\.0\.0\.0/8"):
        Networks.parse(["my-proxy"])
    assert OTHER_MACHINE in Networks.parse(["*"])


# Paths


def test_the_root_path_is_no_part_of_the_route() -> None:
    assert route_path({"path": "/qa/documents/", "root_path": "/qa"}) == "/documents/"
    assert route_path({"path": "/qa", "root_path": "/qa"}) == "/"
    assert route_path({"path": "/qab/documents", "root_path": "/qa"}) == "/qab/documents"
    assert route_path({"path": "/documents", "root_path": ""}) == "/documents"


def test_below_means_below() -> None:
    assert is_below("/documents", "/documents") and is_below("/documents/x", "/documents")
    assert is_below("/x/..//.\\Documents/../documents/", "/documents")
    assert not is_below("/documents-x", "/documents") and not is_below("/x/documents", "/documents")


# Sizes


def chunked(app: Any, path: str, sizes: list[int]) -> list[dict[str, Any]]:
    """What is sent back for a body that comes in pieces without its length said."""
    messages = [{"type": "http.request", "body": b"x" * size, "more_body": True} for size in sizes]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "POST", "path": path, "headers": []}, receive, send))
    return sent


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    app = BodyLimit(echo, max_bytes=100)
    assert call(app, "POST", "/x", content=b"x" * 100).json()["length"] == 100
    refused = call(app, "POST", "/x", content=b"x" * 101, headers=JSON)
    assert refused.status_code == 413
    assert refused.json() == {"error": "this is larger than 100 bytes, the most that is taken here"}


def test_a_body_that_does_not_say_is_counted() -> None:
    app = BodyLimit(echo, max_bytes=100)
    assert chunked(app, "/x", [50, 50])[0]["status"] == 200
    assert chunked(app, "/x", [50, 50, 1, 50])[0]["status"] == 413


def test_a_framework_that_makes_its_own_error_of_it_does_not_hide_it() -> None:
    async def careless(scope: Any, receive: Any, send: Any) -> None:
        try:
            await echo(scope, receive, send)
        except Exception:
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": b"bad"})

    sent = chunked(BodyLimit(careless, max_bytes=100), "/x", [200])
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 413


def test_files_may_be_larger_only_where_files_are_taken() -> None:
    app = BodyLimit(echo, max_bytes=100, uploads=upload_limits(1))
    large = b"x" * 2000
    for path in ("/documents/gradio_api/upload", "/evaluation/gradio_api/upload", "/api/documents"):
        assert call(app, "POST", path, content=large).status_code == 200
    for path in ("/gradio_api/upload", "/api/ask", "/documents/gradio_api/queue/join", "/api/documents/../ask"):
        assert call(app, "POST", path, content=large, headers=JSON).status_code == 413
    assert upload_limits(3)["/api/documents"] == 3 * 1024 * 1024 * 10 + 65536
