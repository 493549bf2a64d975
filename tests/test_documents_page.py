"""The Documents page without a browser: what it does, what it shows, and one update at a time for all who watch."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from conftest import TermEmbedder, make_settings
from famqa import generations, indexing, library
from famqa.assistant import Assistant
from famqa.errors import DocumentError
from famqa.indexing import Forecast
from famqa.inventory import CHANGED, GONE, SAME, inventory
from famqa.manifests import FailedFile
from famqa.planning import Move, Plan
from famqa.settings import SENTENCE_READER, Settings
from famqa.updates import Status, Updates, doing
from famqa.web import documents_render as view
from famqa.web.api import create_api
from famqa.web.documents_page import Desk, Upload, build, named
from famqa.web.documents_render import Line
from famqa.web.metrics import Metrics
from web_pages import Page

BOATS = "The ferry to Sund leaves at noon.\n"
NASTY = '<img src=x onerror="boom()">'
NOTHING = Plan((), (), (), (), ())


@pytest.fixture
def settings(tmp_path: Path, fake_model: TermEmbedder) -> Settings:
    files = {"boats.txt": BOATS, "shop/prices.md": "# Prices\n\nRope costs 4 crowns.\n", "scan.pdf": "no pdf"}
    settings = make_settings(tmp_path, files, reader=SENTENCE_READER)
    indexing.update(settings)
    return settings


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return Desk(Assistant(settings), settings, Updates(settings))


class Gate:
    """Holds an update where it embeds, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, model: TermEmbedder) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        embed = model.embed

        def wait(texts):
            self.reached.set()
            assert self.opened.wait(20)
            return embed(texts)

        monkeypatch.setattr(model, "embed", wait)


def ended(updates: Updates) -> Status:
    assert updates.finish(20)
    return updates.status()


def send(tmp_path: Path, name: str, data: bytes) -> Upload:
    path = tmp_path / "sent"
    path.write_bytes(data)
    return Upload(path, name)


def forecast(plan: Plan, seconds: float | None = 3.2, failed: tuple[FailedFile, ...] = ()) -> Forecast:
    return Forecast(plan, 10, 4, 6, failed or plan.failed, seconds)


# What is there


def test_the_inventory_says_how_each_file_compares(settings: Settings) -> None:
    found = inventory(settings)
    assert [(row.document.doc_id, row.state, row.size_bytes) for row in found.rows] == [
        ("boats.txt", SAME, 34),
        ("shop/prices.md", SAME, 31),
    ]
    assert [failure.doc_id for failure in found.failed] == ["scan.pdf"]
    assert found.passages == 2 and not found.is_rolled_back
    (settings.corpus / "boats.txt").write_text("The ferry leaves at one.\n")
    library.remove(settings, "shop/prices.md")
    rows = {row.document.doc_id: row for row in inventory(settings, indexing.plan(settings)).rows}
    assert rows["boats.txt"].state == CHANGED
    assert (rows["shop/prices.md"].state, rows["shop/prices.md"].size_bytes) == (GONE, None)


def test_the_table_shows_what_is_indexed_and_what_is_not(desk: Desk) -> None:
    page = Page(desk.holdings(""))
    assert "Cannot be used 1" in page.seen and "scan.pdf: is not a PDF" in page.seen
    assert "Documents 2" in page.seen
    assert "shop/prices.md" in page.seen and "markdown" in page.seen and "31 B" in page.seen
    removable = [button["data-key"] for button in page.all("button") if button["data-deed"] == "remove"]
    assert removable == ["scan.pdf", "boats.txt", "shop/prices.md"]
    assert all(button["data-ask"] for button in page.all("button"))
    assert len(page.all("th")) == 6 + 2 and {a["role"] for a in page.all("table")} == {"table"}


def test_the_table_can_be_searched(desk: Desk) -> None:
    assert "1 of 2" in Page(desk.find(" PRICES.md ")).seen
    page = Page(desk.find("nothing like it"))
    assert "0 of 2" in page.seen and "No title and no path has that in it." in page.seen
    assert page.all("table") == []


def test_many_documents_are_listed_in_part(settings: Settings) -> None:
    found = inventory(settings)
    page = Page(view.holdings(replace(found, rows=found.rows[:1] * 1234), ()))
    assert len(page.all("th", "")) == 6 + view.LISTED_ROWS
    assert "and 1,034 more" in page.seen


def test_a_damaged_index_is_one_line(desk: Desk, settings: Settings) -> None:
    (settings.index / "CURRENT").write_text("nonsense")
    assert "names no generation" in Page(desk.holdings("")).seen
    assert "names no generation" in Page(desk.header()).seen
    assert desk.seen()[0] == ""


# Files in and out


def test_add_says_a_line_and_takes_the_copy_away(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    upload = send(tmp_path, "../Tide table (2).txt", b"Tides turn twice a day.\n")
    assert desk.add(upload) == Line("../Tide table (2).txt: added, 24 B (stored as Tide table (2).txt)")
    assert not upload.path.exists()
    assert (settings.corpus / "Tide table (2).txt").exists()
    refused = desk.add(send(tmp_path, "again.txt", b"Tides turn twice a day.\n"))
    assert refused == Line("again.txt: the same file is there already, as Tide table (2).txt", is_problem=True)
    assert not upload.path.exists()


def test_uploads_keep_their_own_names() -> None:
    class File:
        def __init__(self, path: str, orig_name: str | None) -> None:
            self.path, self.orig_name = path, orig_name

    class Files:
        root = (File("/cache/report2.pdf", "report (2).pdf"), File("/cache/b.md", None))

    assert named(Files()) == [Upload(Path("/cache/report2.pdf"), "report (2).pdf"), Upload(Path("/cache/b.md"), "b.md")]
    assert named(File("/cache/a.md", "a.md")) == [Upload(Path("/cache/a.md"), "a.md")]
    assert named(None) == []


def test_remove_and_undo(desk: Desk, settings: Settings) -> None:
    line = desk.remove("boats.txt")
    assert line.text.startswith("boats.txt: moved to the trash") and line.undo == "restore"
    assert "file gone" in Page(desk.holdings("")).seen
    assert [b["data-key"] for b in Page(desk.removed()).all("button")] == [line.key]
    assert desk.restore(line.key) == Line("boats.txt: put back")
    assert desk.removed() == ""
    assert desk.restore(line.key).is_problem
    assert desk.remove("../boats.txt").is_problem
    assert desk.remove(None).is_problem and desk.remove({"a": 1}).is_problem, "what a browser may send"


# The plan


def test_the_plan_is_shown_before_anything_is_done() -> None:
    plan = replace(NOTHING, added=("a.txt", "b.txt"), changed=("c.txt",), removed=("d.txt",), moved=(Move("e", "f"),))
    page = Page(view.plan(Status(), forecast(plan), "", False))
    assert "2 new, 1 changed, 1 removed, 1 moved; about 3 s" in page.seen
    assert "e → f" in page.seen
    deeds = [(button["data-deed"], button.get("data-key")) for button in page.all("button")]
    assert deeds == [("remove", "a.txt"), ("remove", "b.txt"), ("update", None), ("look", None)]


def test_a_new_file_of_no_use_is_not_called_new() -> None:
    bad = FailedFile("bad.pdf", "bad.pdf: is not a PDF")
    page = Page(view.plan(Status(), forecast(replace(NOTHING, added=("a.txt", "bad.pdf")), None, (bad,)), "", False))
    assert "1 new, 1 unusable" in page.seen and "about" not in page.seen


def test_when_there_is_nothing_to_do() -> None:
    page = Page(view.plan(Status(), forecast(NOTHING), "", False))
    assert "Up to date with the folder." in page.seen
    assert [button["data-deed"] for button in page.all("button")] == ["look"]
    page = Page(view.plan(Status(), forecast(NOTHING), "", True))
    assert "An older index is served. An update goes by the folder again: no document has changed" in page.seen
    assert "update" in [button["data-deed"] for button in page.all("button")]


def test_many_changes_are_listed_in_part() -> None:
    plan = replace(NOTHING, added=tuple(f"{n}.txt" for n in range(1040)))
    assert "and 1,010 more" in Page(view.plan(Status(), forecast(plan), "", False)).seen


def test_the_forecast_is_made_again_only_when_something_has_changed(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Settings] = []
    forecast = indexing.forecast
    monkeypatch.setattr("famqa.updates.indexing.forecast", lambda s: made.append(s) or forecast(s))
    assert desk.forecast()[0] is desk.forecast()[0]
    assert len(made) == 1
    library.add(settings, "tides.txt", b"Tides turn twice a day.\n")
    found, problem = desk.forecast()
    assert found is not None and found.plan.added == ("tides.txt",) and problem == ""
    indexing.update(settings)
    found, _ = desk.forecast()
    assert found is not None and found.pending.is_up_to_date
    assert len(made) == 3
    for path in settings.corpus.rglob("*.*"):
        path.unlink()
    assert desk.forecast()[0] is None
    assert "holds no documents" in desk.forecast()[1]


# Updates


def test_an_update_and_its_new_generation(desk: Desk, settings: Settings) -> None:
    before = generations.current_name(settings.index)
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    assert desk.start() is None
    status = ended(desk.updates)
    assert not status.is_failure and status.report is not None and status.report.embedded == 1
    assert status.outcome.startswith("index built in ") and "1 added" in status.outcome
    assert generations.current_name(settings.index) != before
    assert "3 documents" in Page(desk.header()).seen, "the assistant has taken it up"
    answer = desk._assistant.ask("Who built the windmill?")
    assert next(citation.doc_id for citation in answer.citations or answer.nearest) == "mill.txt"
    assert len(Page(desk.history()).all("button")) == 1


def test_a_second_update_is_told_in_one_line(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, fake_model: TermEmbedder
) -> None:
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    gate = Gate(monkeypatch, fake_model)
    desk.start()
    assert gate.reached.wait(20)
    line = desk.start()
    assert line == Line(
        "An update is running already (embedding 0 of 1 passage); wait until it is done", is_problem=True
    )
    page = Page(desk.plan())
    assert "Embedding 0 of 1 passage…" in page.seen
    assert [a["value"] for a in page.all("progress")] == ["25"]
    assert [button["data-deed"] for button in page.all("button")] == ["stop"]
    other = Updates(settings)  # as another process
    other.start()
    assert "another process is building the index" in ended(other).outcome and other.status().is_failure
    gate.opened.set()
    assert not ended(desk.updates).is_failure


def test_stopping_leaves_all_as_it_was(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, fake_model: TermEmbedder
) -> None:
    before = generations.current_name(settings.index)
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    assert not desk.updates.stop(), "there is none yet"
    gate = Gate(monkeypatch, fake_model)
    desk.start()
    assert gate.reached.wait(20)
    assert desk.updates.stop()
    assert "Stopping…" in Page(desk.plan()).seen
    gate.opened.set()
    status = ended(desk.updates)
    assert (status.outcome, status.is_failure) == ("the update was stopped; nothing has changed", False)
    assert generations.current_name(settings.index) == before
    assert [p.name for p in (settings.index / "generations").iterdir()] == [before], "nothing is left lying about"
    desk.start()
    assert ended(desk.updates).report is not None, "the next one goes through"


def test_an_update_that_a_program_asks_for_is_the_one_that_the_page_shows(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, fake_model: TermEmbedder
) -> None:
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    metrics = Metrics()
    client = TestClient(create_api(desk._assistant, settings, metrics, desk.updates))
    gate = Gate(monkeypatch, fake_model)
    given = []
    asking = threading.Thread(target=lambda: given.append(client.post("/index")))
    asking.start()
    assert gate.reached.wait(20)
    assert "Embedding 0 of 1 passage…" in Page(desk.plan()).seen
    second = client.post("/index", json={"full": True})
    assert second.status_code == 409
    line = "an update is running already (embedding 0 of 1 passage); wait until it is done"
    assert second.json() == {"error": line}
    assert desk.start() == Line("A" + line[1:], is_problem=True)
    gate.opened.set()
    asking.join(20)
    assert given[0].status_code == 200 and given[0].json()["plan"]["added"] == ["mill.txt"]
    assert desk.updates.status().outcome.startswith("index built in ")
    again = client.post("/index", json={"full": True}).json()
    assert (again["embedded"], again["documents"]) == (3, 3), "everything is made anew"
    figures = metrics.text().decode()
    assert 'famqa_index_updates_total{result="busy"} 1.0' in figures
    assert 'famqa_index_updates_total{result="published"} 2.0' in figures


def test_a_program_is_told_when_its_update_is_stopped_on_the_page(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch, fake_model: TermEmbedder
) -> None:
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    client = TestClient(create_api(desk._assistant, settings, Metrics(), desk.updates))
    gate = Gate(monkeypatch, fake_model)
    given = []
    asking = threading.Thread(target=lambda: given.append(client.post("/index")))
    asking.start()
    assert gate.reached.wait(20) and desk.updates.stop()
    gate.opened.set()
    asking.join(20)
    assert given[0].status_code == 503
    assert given[0].json() == {"error": "the update was stopped, so the index was left as it was"}
    strict = client.post("/index", json={"strict": True})  # scan.pdf is no PDF
    assert strict.status_code == 409 and desk.updates.status().is_failure
    assert desk.updates.status().outcome == strict.json()["error"]


def test_an_update_ends_with_the_server(settings: Settings) -> None:
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    updates = Updates(settings, lambda: True)
    updates.start()
    assert ended(updates).outcome == "the update was stopped; nothing has changed"


def test_failures_are_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = Updates(settings)
    for path in settings.corpus.rglob("*.*"):
        path.unlink()
    updates.start()
    status = ended(updates)
    assert status.is_failure and "holds no documents" in status.outcome and "\n" not in status.outcome

    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("famqa.updates.indexing.update", break_down)
    updates.start()
    status = ended(updates)
    assert status.is_failure and "the log says what it was" in status.outcome


def test_waiting_for_a_change(settings: Settings) -> None:
    updates = Updates(settings)
    started = time.monotonic()
    assert updates.wait(updates.status().number, 0.05) == Status()
    assert time.monotonic() - started >= 0.05
    number = updates.status().number
    updates.start()
    assert updates.wait(number, 20).number > number
    ended(updates)


@pytest.mark.parametrize(
    ("status", "said", "fraction"),
    [
        (Status(is_running=True), "comparing the folder with the index", 0.0),
        (Status(is_running=True, step="reading", done=0, total=4), "reading file 1 of 4", 0.0),
        (Status(is_running=True, step="reading", done=4, total=4), "reading file 4 of 4", 0.25),
        (Status(is_running=True, step="embedding", done=1, total=1), "embedding 1 of 1 passage", 0.9),
        (Status(is_running=True, step="embedding", done=64, total=128), "embedding 64 of 128 passages", 0.575),
        (Status(is_running=True, step="embedding", done=0, total=0), "embedding 0 of 0 passages", 0.25),
        (Status(is_running=True, step="writing", done=1, total=1), "writing and checking the new index", 1.0),
    ],
)
def test_how_far_it_is(status: Status, said: str, fraction: float) -> None:
    assert doing(status) == said
    assert status.fraction == pytest.approx(fraction)


def test_the_bar_never_goes_back(desk: Desk, settings: Settings) -> None:
    for number in range(5):
        library.add(settings, f"{number}.txt", b"The windmill number %d was built by Otto Grane.\n" % number)
    seen: list[float] = []
    status = desk.updates.start()
    while status.is_running:
        seen.append(status.fraction)
        status = desk.updates.wait(status.number, 5)
    assert len(seen) > 1 and seen == sorted(seen)


# History


def test_back_and_forward_again(desk: Desk, settings: Settings) -> None:
    first = generations.current_name(settings.index)
    library.add(settings, "mill.txt", b"The windmill was built by Otto Grane.\n")
    indexing.update(settings)
    second = generations.current_name(settings.index)
    back = Page(desk.history()).all("button")[0]
    assert (back["data-deed"], back["data-key"]) == ("rollback", first)
    assert back["data-ask"] is not None and "2 documents, 2 passages" in back["data-ask"]
    line = desk.rollback(first)
    assert line.text.startswith("Answers come from the index of ") and (line.undo, line.key) == ("rollback", second)
    assert "2 documents" in Page(desk.header()).seen
    assert "An older index is served" in desk.plan(desk.forecast()[0])
    page = Page(desk.history())
    assert "Go forward to this" in page.seen and page.all("button")[0]["data-key"] == second
    assert not desk.rollback(second).is_problem
    assert "3 documents" in Page(desk.header()).seen
    assert desk.rollback("../../etc").text.startswith("There is no generation '../../etc'")


def test_a_damaged_generation_is_told(desk: Desk, settings: Settings) -> None:
    indexing.update(settings, full=True)
    older = generations.kept_names(settings.index)[1]
    (settings.index / "generations" / older / "manifest.json").write_text("{")
    page = Page(desk.history())
    assert older in page.seen and "cannot be read" in page.seen and page.all("button") == []


# Whatever comes from outside is text


def test_nothing_from_outside_is_markup(settings: Settings) -> None:
    found = inventory(settings)
    row = found.rows[0]
    nasty = replace(row.document, title=NASTY, doc_id=f"{NASTY}.txt", source=NASTY, date=NASTY, notes=(NASTY,))
    failed = (FailedFile(f"{NASTY}.pdf", f"{NASTY}.pdf: is not a PDF"),)
    removed = library.Removed("20260101T000000Z-00000000", NASTY, 3, datetime(2026, 1, 1, tzinfo=UTC))
    plan = replace(NOTHING, added=(NASTY,), changed=(NASTY,), moved=(Move(NASTY, NASTY),), reason=NASTY, failed=failed)
    shown = [
        view.holdings(replace(found, rows=(replace(row, document=nasty),)), failed),
        view.news([Line(NASTY, True), Line(NASTY, undo=NASTY, key=NASTY)]),
        view.plan(Status(outcome=NASTY), forecast(plan), "", False),
        view.plan(Status(), None, NASTY, False),
        view.removed([removed]),
        view.history([generations.Kept(NASTY, False, None, NASTY)]),
    ]
    for page in map(Page, shown):
        assert NASTY in page.seen
        assert page.all("img") == []
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_sizes_and_times() -> None:
    assert [view.file_size(size) for size in (0, 1023, 1024, 1536, 1 << 20, 50 << 20)] == [
        "0 B",
        "1023 B",
        "1 KB",
        "2 KB",
        "1.0 MB",
        "50.0 MB",
    ]
    assert 'datetime="2026-01-01T00:00:00+00:00"' in view.moment(datetime(2026, 1, 1, tzinfo=UTC))


def test_building_the_page_starts_nothing(settings: Settings) -> None:
    threads = threading.active_count()
    page = build(Assistant(settings), settings)
    assert threading.active_count() == threads
    assert all(not function.api_name or function.api_visibility == "private" for function in page.fns.values())


def test_a_problem_with_a_file_begins_with_its_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.remove("none.txt").text.startswith("none.txt: there is no such document")

    def refuse(*_: object) -> None:
        raise DocumentError("a.txt: cannot be removed")

    monkeypatch.setattr("famqa.web.documents_page.library.remove", refuse)
    assert desk.remove("a.txt") == Line("a.txt: cannot be removed", is_problem=True)
