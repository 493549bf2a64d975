"""The API for programs: every route by hand, and all of it against its own OpenAPI description."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from conftest import SMALL_CORPUS, _use, make_settings
from famqa import errors, library
from famqa.answering import to_dict
from famqa.assistant import Assistant
from famqa.embedding import SentenceEmbedder
from famqa.generations import build_lock
from famqa.reading import SpanReader
from famqa.settings import Settings
from famqa.web.api import create_api, status_of
from famqa.web.logs import Requests
from famqa.web.metrics import Metrics

pytestmark = pytest.mark.model

ARCHITECT = "Who was the architect of Gull Rock Lighthouse?"


@dataclass(frozen=True)
class Site:
    """An app that is asked in this process."""

    client: TestClient
    assistant: Assistant
    settings: Settings
    metrics: Metrics


@pytest.fixture
def site(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    embedder: SentenceEmbedder,
    reader: SpanReader,
    small_settings: Settings,
) -> Iterator[Site]:
    """The API over documents of its own, for a test that alters them."""
    _use(monkeypatch, embedder)
    settings = make_settings(tmp_path, dict(SMALL_CORPUS))
    shutil.copytree(small_settings.index, settings.index)
    yield from served(settings, reader)


@pytest.fixture(scope="module")
def read_site(small_settings: Settings, embedder: SentenceEmbedder, reader: SpanReader) -> Iterator[Site]:
    """One for all tests that only look."""
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, embedder)
        yield from served(small_settings, reader)


def served(settings: Settings, reader: SpanReader) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("famqa.assistant._reader", lambda *_: reader)
        assistant, metrics = Assistant(settings), Metrics()
    outer = FastAPI()
    outer.mount("/api", create_api(assistant, settings, metrics))
    outer.add_middleware(Requests, finished=metrics.request_finished)
    with TestClient(outer) as client:
        yield Site(client, assistant, settings, metrics)


def error(response: object) -> str:
    """The one line of a refusal."""
    content = response.json()
    assert list(content) == ["error"]
    assert content["error"] and "\n" not in content["error"]
    return content["error"]


def without_times(answer: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_an_answer_is_that_of_the_command(read_site: Site) -> None:
    given = read_site.client.post("/api/ask", json={"question": ARCHITECT})
    expected = json.loads(json.dumps(to_dict(read_site.assistant.ask(ARCHITECT))))
    assert given.status_code == 200
    assert without_times(given.json()) == without_times(expected)
    assert given.json()["answer"] == "Edith Marlow"
    by_address = read_site.client.get("/api/ask", params={"question": ARCHITECT})
    assert without_times(by_address.json()) == without_times(expected)


def test_citations_slice_from_the_documents_that_the_api_gives(read_site: Site) -> None:
    answer = read_site.client.post("/api/ask", json={"question": ARCHITECT}).json()
    for citation in answer["citations"]:
        place = {"start": citation["start"], "end": citation["end"]}
        found = read_site.client.get(f"/api/documents/{citation['doc_id']}", params=place).json()
        assert found["text"] == citation["quote"] != ""


def test_a_follow_up_is_understood_from_the_turns(read_site: Site) -> None:
    turns = [{"question": "How tall is Gull Rock Lighthouse?", "answer": "42 metres"}]
    given = read_site.client.post("/api/ask", json={"question": "Who was its architect?", "turns": turns}).json()
    assert "Gull Rock Lighthouse" in given["standalone_question"]
    assert given["answer"] == "Edith Marlow"


def test_within_asks_only_the_documents_named(read_site: Site) -> None:
    given = read_site.client.post("/api/ask", json={"question": ARCHITECT, "within": ["shop"]}).json()
    assert given["status"] == "no_answer"
    assert {near["doc_id"] for near in given["nearest"]} <= {"shop/prices.md"}
    refused = read_site.client.post("/api/ask", json={"question": ARCHITECT, "within": ["attic"]})
    assert refused.status_code == 422 and "'attic'" in error(refused)
    listed = read_site.client.get("/api/search", params={"question": "rope", "within": ["shop/*.md"]}).json()
    assert {passage["doc_id"] for passage in listed["passages"]} == {"shop/prices.md"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": " \n"},
        {"question": 7},
        {"question": "x" * 3000},
        {"question": "Who?", "limit": 3},
        {"question": "Who?", "turns": [{"answer": "no question"}]},
        {"question": "Who?", "turns": [{"question": "Who?"}] * 31},
    ],
)
def test_what_cannot_be_asked_is_one_line(read_site: Site, body: object) -> None:
    assert error(read_site.client.post("/api/ask", json=body))


def test_a_body_that_is_no_json_is_one_line(read_site: Site) -> None:
    for body in (b"{", b"\xff\xfe", b'"text"', b'{"question": "\\ud800"}', b""):
        given = read_site.client.post("/api/ask", content=body, headers={"content-type": "application/json"})
        assert given.status_code in (400, 422)
        assert "Traceback" not in error(given)


def test_search_gives_passages_with_place_and_score(read_site: Site) -> None:
    given = read_site.client.post("/api/search", json={"question": "hemp rope crowns", "limit": 2})
    passages = given.json()["passages"]
    assert given.status_code == 200 and len(passages) == 2
    assert passages[0]["doc_id"] == "shop/prices.md" and passages[0]["section"][-1] == "Rope and chain"
    assert passages[0]["score"] >= passages[1]["score"]
    for passage in passages:
        text = read_site.assistant.document(passage["doc_id"]).text
        assert text[passage["start"] : passage["end"]] == passage["text"] != ""
        assert passage["line"] == text[: passage["start"]].count("\n") + 1


def test_documents_are_listed_and_read_in_slices(read_site: Site) -> None:
    listed = read_site.client.get("/api/documents").json()
    assert [document["doc_id"] for document in listed["documents"]] == ["lighthouse.txt", "shop/prices.md"]
    assert listed["failed"] == []
    whole = read_site.client.get("/api/documents/lighthouse.txt").json()
    text = SMALL_CORPUS["lighthouse.txt"]
    assert (whole["text"], whole["start"], whole["end"], whole["length"]) == (text, 0, len(text), len(text))
    assert whole["digest"] == listed["documents"][0]["digest"]
    part = read_site.client.get("/api/documents/shop/prices.md?start=4&end=10").json()
    assert part["text"] == SMALL_CORPUS["shop/prices.md"][4:10]
    beyond = read_site.client.get("/api/documents/lighthouse.txt?start=999999&end=3").json()
    assert (beyond["text"], beyond["start"], beyond["end"]) == ("", len(text), len(text))


@pytest.mark.parametrize(
    "doc_id",
    [
        "none.txt",
        "../corpus/lighthouse.txt",
        "%2e%2e/corpus/lighthouse.txt",
        "/etc/passwd",
        "a%00b",
        "sources.toml",
        "",
    ],
)
def test_only_documents_can_be_read_or_removed(site: Site, doc_id: str) -> None:
    for method in ("GET", "DELETE"):
        given = site.client.request(method, f"/api/documents/{doc_id}")
        assert given.status_code in (404, 405, 307), (method, given.text)
    assert sorted(p.name for p in site.settings.corpus.rglob("*") if p.is_file()) == ["lighthouse.txt", "prices.md"]


def test_a_document_is_added_indexed_asked_removed_and_gone(site: Site) -> None:
    note = b"The bell of Norra church was cast by Hanna Lund in 1788."
    added = site.client.post("/api/documents", files={"file": ("bells.txt", note)})
    assert added.status_code == 201
    assert added.json() == {"doc_id": "bells.txt", "size_bytes": len(note), "remark": ""}
    assert site.client.get("/api/index").json()["plan"]["added"] == ["bells.txt"]

    updated = site.client.post("/api/index", json={})
    assert updated.status_code == 200
    assert updated.json()["plan"]["added"] == ["bells.txt"] and updated.json()["documents"] == 3
    answer = site.client.post("/api/ask", json={"question": "Who cast the bell of Norra church?"}).json()
    assert answer["answer"] == "Hanna Lund" and answer["index"] == updated.json()["generation"]

    again = site.client.post("/api/documents", files={"file": ("copy.txt", note)})
    assert again.status_code == 409 and "bells.txt" in error(again)

    removed = site.client.delete("/api/documents/bells.txt")
    assert removed.status_code == 200 and removed.json()["doc_id"] == "bells.txt"
    assert site.client.delete("/api/documents/bells.txt").status_code == 404
    assert site.client.post("/api/index").json()["plan"]["removed"] == ["bells.txt"]
    assert site.client.get("/api/documents/bells.txt").status_code == 404


def test_what_is_no_document_is_refused(site: Site) -> None:
    for name, content, status in (
        ("virus.exe", b"MZ\x90", 422),
        ("page.pdf", b"no pdf at all", 422),
        ("../../outside.txt", b"A note about nothing.", 201),
        ("big.txt", b"word " * (11 << 20), 413),
    ):
        given = site.client.post("/api/documents", files={"file": (name, content)})
        assert given.status_code == status, given.text
    assert site.client.post("/api/documents", files={"other": ("a.txt", b"x")}).status_code == 422
    assert not (site.settings.corpus.parent / "outside.txt").exists()
    assert (site.settings.corpus / "outside.txt").exists()


def test_a_second_update_at_once_is_told(site: Site) -> None:
    with build_lock(site.settings.index):
        given = site.client.post("/api/index")
        assert given.status_code == 409 and "another process is building" in error(given)
        assert site.client.post("/api/index/rollback").status_code in (404, 409)
    assert site.client.post("/api/index").json()["plan"]["up_to_date"] is True
    figures = site.metrics.text().decode()
    assert 'famqa_index_updates_total{result="busy"} 1.0' in figures
    assert 'famqa_index_updates_total{result="unchanged"} 1.0' in figures


def test_rollback_and_history(site: Site) -> None:
    first = site.client.get("/api/index?plan=false").json()
    assert first["plan"] is None and [kept["name"] for kept in first["history"]] == [first["generation"]]
    assert site.client.post("/api/index/rollback").status_code == 404
    (site.settings.corpus / "more.txt").write_text("A kite has a tail.")
    second = site.client.post("/api/index").json()["generation"]
    assert site.client.post("/api/index/rollback", json={"generation": second}).status_code == 409
    assert site.client.post("/api/index/rollback", json={"generation": "none"}).status_code == 404
    back = site.client.post("/api/index/rollback", json={"generation": first["generation"]})
    assert back.status_code == 200 and back.json()["generation"] == first["generation"]
    kept = site.client.get("/api/index").json()
    assert [(each["name"], each["served"]) for each in kept["history"]] == [
        (second, False),
        (first["generation"], True),
    ]


def test_a_strict_update_publishes_nothing_where_a_file_is_of_no_use(site: Site) -> None:
    (site.settings.corpus / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    before = site.assistant.generation().name
    assert site.client.post("/api/index", json={"strict": True}).status_code == 409
    assert site.assistant.generation().name == before
    done = site.client.post("/api/index").json()
    assert [failure["doc_id"] for failure in done["plan"]["failed"]] == ["broken.pdf"]
    assert [failure["doc_id"] for failure in site.client.get("/api/documents").json()["failed"]] == ["broken.pdf"]


def test_without_an_index_it_is_503(site: Site) -> None:
    (site.settings.index / "CURRENT").unlink()
    for path in ("/api/documents", "/api/index", "/api/documents/lighthouse.txt"):
        given = site.client.get(path)
        assert given.status_code == 503 and "famqa index" in error(given)
    assert site.client.post("/api/ask", json={"question": ARCHITECT}).status_code == 503


def test_where_too_many_wait_already_it_is_said(read_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("famqa.web.api.MOST_WAITING", 0)
    given = read_site.client.post("/api/ask", json={"question": ARCHITECT})
    assert given.status_code == 503 and "too many questions" in error(given)
    assert given.headers["retry-after"].isdecimal()


def test_a_fault_of_ours_is_one_line_with_the_id_of_the_request(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(site.assistant, "trace", fail)
    given = site.client.post("/api/ask", json={"question": "Why?"}, headers={"x-request-id": "abc-1"})
    assert given.status_code == 500
    assert "abc-1" in error(given) and "secret" not in given.text
    assert "a secret of the inside" in caplog.text


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (errors.QuestionError(""), 422),
        (errors.DocumentError(""), 422),
        (errors.IndexBusyError(""), 409),
        (errors.CorpusError(""), 409),
        (errors.IndexMissingError(""), 503),
        (errors.ModelError(""), 503),
        (library.UnknownDocumentError(""), 404),
        (library.SameContentError("", "a.txt"), 409),
        (library.TooLargeError(""), 413),
    ],
)
def test_the_status_says_whose_mistake_it_is(raised: errors.FamqaError, status: int) -> None:
    assert status_of(raised) == status


class _Page(HTMLParser):
    """Every address that a page would fetch, and every place that it links to within itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "link"):
            self.fetched.append(str(values.get("src") or values.get("href")))
        if tag == "a" and str(values.get("href")).startswith("#"):
            self.links.add(str(values["href"])[1:])
        if values.get("id"):
            self.ids.add(str(values["id"]))


def test_the_docs_show_every_route_and_fetch_nothing_from_elsewhere(read_site: Site) -> None:
    html = read_site.client.get("/api/docs").text
    page = _Page()
    page.feed(html)
    assert page.fetched == ["docs.css"]
    assert page.links and page.links <= page.ids
    assert read_site.client.get("/api/docs.css").headers["content-type"].startswith("text/css")
    for path in ("/ask", "/search", "/documents", "/documents/{doc_id}", "/index", "/index/rollback"):
        assert f"<code>/api{path}</code>" in html


def test_what_is_not_there_is_one_line_too(read_site: Site) -> None:
    assert read_site.client.get("/api/nothing").status_code == 404
    wrong = read_site.client.put("/api/ask")
    assert wrong.status_code == 405 and wrong.headers["allow"]
    error(wrong)
