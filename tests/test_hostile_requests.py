"""Requests that try to read or write outside of the folder of documents: by ids, names, links and Gradio's routes."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from conftest import LIGHTHOUSE, TermEmbedder
from conftest import _use as use
from famqa.embedding import ModelFiles
from web_site import Site, served

pytestmark = pytest.mark.model

SECRET = "the combination is 4711"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, model_files: ModelFiles) -> Iterator[Site]:
    """A served corpus; beside its folder a secret, and in it links that lead there."""
    root = tmp_path_factory.mktemp("requests")
    (root / "secret.txt").write_text(SECRET)
    (root / "corpus").mkdir()
    (root / "corpus" / "link.txt").symlink_to(root / "secret.txt")
    (root / "corpus" / "linked").symlink_to(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(root / "gradio"))
        patch.setenv("FAMQA_RATE_LIMIT", "0")  # all of this comes from one client
        use(patch, TermEmbedder(model_files))
        with served(root, {"lighthouse.txt": LIGHTHOUSE, "sources.toml": "# titles\n"}) as started:
            yield started


def send(site: Site, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Status and body; the path goes out as it is, dots and all."""
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=60)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def send_json(site: Site, path: str, value: Any) -> tuple[int, bytes]:
    return send(site, "POST", path, json.dumps(value).encode(), content_type="application/json")


def upload(site: Site, path: str, field: str, name: str, content: bytes) -> tuple[int, bytes]:
    """Sends a file under a name of one's own choice, however bad."""
    disposition = f'form-data; name="{field}"; filename="'.encode() + name.encode("utf-8", "surrogatepass") + b'"'
    head = b"--x\r\nContent-Disposition: " + disposition + b"\r\nContent-Type: text/plain\r\n\r\n"
    return send(site, "POST", path, head + content + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")


def outside(site: Site) -> dict[str, bytes]:
    """Every file around the corpus, with its bytes; the index and Gradio's own folder left out."""
    root = site.settings.corpus.parent
    skipped = (site.settings.corpus, site.settings.index, root / "gradio")
    files = (path for path in root.rglob("*") if path.is_file() and not any(path.is_relative_to(s) for s in skipped))
    return {str(path): path.read_bytes() for path in files}


def inside(site: Site) -> set[str]:
    corpus = site.settings.corpus
    return {path.relative_to(corpus).as_posix() for path in corpus.rglob("*") if path.is_file()}


IDS = [
    "../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%252fsecret.txt",
    "..%5csecret.txt",
    "..\\secret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "./../secret.txt",
    "lighthouse.txt/../../secret.txt",
    "lighthouse.txt%00.md",
    "%00",
    "%c0%ae%c0%ae/secret.txt",
    "link.txt",
    "linked/secret.txt",
    "linked/corpus/lighthouse.txt",
    "sources.toml",
    ".trash",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "lighthouse.txt' OR '1'='1",
    "*",
    "x" * 5000,
]


@pytest.mark.parametrize("doc_id", IDS, ids=[name[:40] for name in IDS])
def test_an_id_names_a_document_of_the_index_or_nothing(site: Site, doc_id: str) -> None:
    before, kept = outside(site), inside(site)
    path = f"/api/documents/{quote(doc_id, safe='%/.~:*') if ' ' in doc_id or chr(92) in doc_id else doc_id}"
    for method in ("GET", "DELETE"):
        status, body = send(site, method, path)
        assert 300 < status < 500, body
        assert b"4711" not in body and b"root:" not in body and b"Traceback" not in body
    assert outside(site) == before and inside(site) == kept


NAMES = [  # {outside} stands for the folder around the corpus, whose files are compared before and after
    "../escaped.txt",
    "../../escaped.txt",
    "{outside}/escaped.txt",
    "..\\escaped.txt",
    "C:\\escaped.txt",
    "linked/escaped.txt",
    "..",
    ".",
    "",
    ".hidden.txt",
    ".trash/x.txt",
    "nul\x00.txt",
    "NUL.txt",
    "con.txt",
    "sources.toml",
    "SOURCES.TOML",
    "lighthouse.txt",
    "a\nb.txt",
    "trailing. .txt. ",
    "\u202etxt.exe",
    "x" * 400 + ".txt",
    "script.exe",
    "index.html\u200b",
    "%2e%2e%2fescaped.txt",
]


@pytest.mark.parametrize("name", NAMES, ids=[repr(name)[:40] for name in NAMES])
def test_an_upload_is_stored_in_the_folder_or_not_at_all(site: Site, name: str) -> None:
    before, kept = outside(site), inside(site)
    original = {path: (site.settings.corpus / path).read_bytes() for path in kept}
    content = f"Uploaded as number {NAMES.index(name)}, and long enough to be a text.".encode()
    named = name.replace("{outside}", str(site.settings.corpus.parent))
    status, body = upload(site, "/api/documents", "file", named, content)
    assert status in (201, 400, 409, 413, 422), body
    assert b"Traceback" not in body
    assert outside(site) == before, "nothing outside the folder has changed"
    assert {path: (site.settings.corpus / path).read_bytes() for path in kept} == original, "nor any file in it"
    added = inside(site) - kept
    assert len(added) == (1 if status == 201 else 0)
    for path in added:
        assert "/" not in path and not path.startswith(".") and path.isprintable() and len(path.encode()) <= 255
        assert json.loads(body)["doc_id"] == path
        assert (site.settings.corpus / path).read_bytes() == content


def test_gradios_upload_stays_in_its_own_folder(site: Site) -> None:
    before, kept = outside(site), inside(site)
    absolute = str(site.settings.corpus.parent / "escaped.txt")
    for name in ("../../escaped.txt", absolute, "..\\..\\escaped.txt", "a/../../b.txt"):
        status, body = upload(site, "/documents/gradio_api/upload", "files", name, b"x")
        assert status in (200, 400)
        for path in json.loads(body) if status == 200 else []:
            assert Path(path).resolve().is_relative_to(site.settings.corpus.parent / "gradio")
    assert outside(site) == before and inside(site) == kept
    assert upload(site, "/gradio_api/upload", "files", "a.txt", b"x")[0] == 404


def test_no_file_of_the_machine_is_served(site: Site) -> None:
    corpus, index = site.settings.corpus, site.settings.index
    paths = [corpus / "lighthouse.txt", corpus / "link.txt", index / "CURRENT", corpus.parent / "secret.txt"]
    for path in (*map(str, paths), "/etc/passwd", "/proc/self/environ", "pyproject.toml", "https://example.org/"):
        for page in ("", "/documents", "/evaluation"):
            for route in ("file=", "file/", "proxy=", "custom_component/x/client/y/"):
                for written in (path, quote(path, safe="")):
                    assert send(site, "GET", f"{page}/gradio_api/{route}{written}")[0] == 404


@pytest.mark.parametrize("route", ["static", "assets", "svelte", "documents/assets", "documents/static"])
def test_no_way_out_of_gradios_assets(site: Site, route: str) -> None:
    for climb in ("../" * 12, "%2e%2e/" * 12, "..%2f" * 12, "/", "%2f", "..%5c" * 12):
        status, body = send(site, "GET", f"/{route}/{climb}etc/passwd")
        assert 400 <= status < 500 and b"root:" not in body


def test_a_call_makes_the_server_fetch_nothing(site: Site) -> None:
    """A value that claims to be a file with an address is what Gradio would download."""
    asked: list[str] = []

    class Canary(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/canary"
    for path in (address, "/etc/passwd", str(site.settings.corpus.parent / "secret.txt")):
        file = {"path": path, "url": address, "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
        call = {"data": [file, [file]], "fn_index": 0, "session_hash": "abc"}
        for page in ("", "/documents", "/evaluation"):
            for route in ("queue/join", "call/ask", "component_server"):
                status, body = send_json(site, f"{page}/gradio_api/{route}", call)
                assert status == 400 and "not uploaded here" in json.loads(body)["error"]
    server.shutdown()
    assert asked == []


def test_only_declared_functions_of_a_component_are_called(site: Site) -> None:
    for component in range(1, 20):
        for name in ("postprocess", "get_config", "__init__", "ls"):
            call = {"data": ["/etc"], "component_id": component, "fn_name": name, "session_hash": "abc"}
            status, body = send_json(site, "/gradio_api/component_server", call)
            assert status in (404, 500) and b"passwd" not in body, "500 where there is no such component"


@pytest.mark.parametrize("within", ["../*", "/etc/*", "linked", "link.txt", "**/../../*", "a\x00b", "x" * 3000])
def test_a_filter_names_documents_of_the_index_only(site: Site, within: str) -> None:
    status, body = send_json(site, "/api/ask", {"question": "What is the combination?", "within": [within]})
    assert status in (200, 400, 404, 422) and b"4711" not in body and b"Traceback" not in body


@pytest.mark.parametrize("path", ["/api/ask", "/api/search", "/gradio_api/queue/join", "/gradio_api/call/ask", "/mcp"])
def test_odd_bodies_are_refused_in_one_line(site: Site, path: str) -> None:
    for body in (b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b'{"question": 7}', b'{"data": "' + b"x" * 9_000_000):
        status, told = send(site, "POST", path, body, content_type="application/json")
        assert 400 <= status < 500 and b"Traceback" not in told, (body[:20], status, told[:200])


def test_a_page_of_another_site_changes_nothing(site: Site) -> None:
    kept = inside(site)
    host = {"Origin": "http://elsewhere.invalid", "Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nA text.\r\n--x--\r\n'
    assert send(site, "POST", "/api/documents", body, **host)[0] == 403
    assert send(site, "POST", "/api/index", b"{}", Sec_Fetch_Site="cross-site")[0] == 403
    assert send(site, "GET", "/api/documents", Host="elsewhere.invalid")[0] == 421
    assert inside(site) == kept
