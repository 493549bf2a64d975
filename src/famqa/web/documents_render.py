"""The Documents page to HTML. Pure; every word from outside is escaped here.

A button says what it does in `data-deed` and to what in `data-key`; `data-ask` is what is asked before it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from famqa import terminal
from famqa.documents import printable
from famqa.inventory import CHANGED, GONE
from famqa.updates import Status, doing
from famqa.web.render import escape

if TYPE_CHECKING:
    from famqa.generations import Kept
    from famqa.indexing import Forecast
    from famqa.inventory import Inventory, Row
    from famqa.library import Removed
    from famqa.manifests import FailedFile
    from famqa.planning import Plan

LISTED_ROWS = 200
LISTED_CHANGES = 30
LISTED_TRASH = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line of news; with a deed, a button that undoes what it tells of."""

    text: str
    is_problem: bool = False
    undo: str = ""  # the deed
    key: str = ""


def news(lines: Sequence[Line]) -> str:
    """What has just been done, a line each."""
    shown = "".join(
        f'<li class="{"problem" if line.is_problem else "done"}"><span>{escape(line.text)}</span>'
        + (_button("Undo", line.undo, line.key) if line.undo else "")
        + "</li>"
        for line in lines
    )
    return f'<ul class="news">{shown}</ul>' if shown else ""


def taken(max_file_mb: int) -> str:
    """Which files can be added."""
    return f'<p class="soft">Text, Markdown, HTML, PDF, Word (.docx), CSV and TSV, up to {max_file_mb} MB each</p>'


def plan(status: Status, forecast: Forecast | None, problem: str, is_rolled_back: bool) -> str:
    """What an update would do, with its button; while one runs, how far it is. `problem` stands in for a forecast."""
    if status.is_running:
        return _running(status)
    ended = f'<p class="{"problem" if status.is_failure else "outcome"}">{escape(sentence(status.outcome))}</p>'
    ended = ended if status.outcome else ""
    if problem:
        body = f'<p class="problem">{escape(sentence(problem))}</p>{_button("Look again", "look")}'
    elif forecast is None:
        body = '<p class="lead">Looking at the folder…</p>'
    else:
        body = _forecast(forecast, is_rolled_back)
    return f'<div class="plan"><h2>Update</h2>{ended}{body}</div>'


def _running(status: Status) -> str:
    """Always of the same structure, so that the Stop button keeps the focus while the bar moves."""
    what = "Stopping" if status.is_stopping else sentence(doing(status))
    return (
        f'<div class="plan running"><h2>Updating</h2><p class="lead">{escape(what)}…</p>'
        f'<progress max="100" value="{status.fraction * 100:.0f}" aria-label="Progress of the update"></progress>'
        f'<p class="soft">Questions are answered from the index as it was until this is done.</p>'
        f"{_button('Stop', 'stop')}</div>"
    )


def _forecast(forecast: Forecast, is_rolled_back: bool) -> str:
    pending = forecast.pending
    if is_rolled_back:
        lead = "An older index is served. An update goes by the folder again"
    elif pending.is_up_to_date:
        return f'<p class="lead good">Up to date with the folder.</p>{_button("Look again", "look")}'
    else:
        lead = ""
    counts = _counts(pending)
    if forecast.seconds is not None and forecast.to_embed:
        counts += f"; about {terminal.duration(forecast.seconds)}"
    lead = ": ".join(part for part in (lead, counts) if part)
    reason = f'<p class="soft">{escape(sentence(pending.reason))}.</p>' if pending.reason else ""
    return (
        f'<p class="lead">{escape(lead)}</p>{reason}{_changes(pending)}'
        f'<div class="buttons">{_button("Update now", "update", css="primary")}{_button("Look again", "look")}</div>'
    )


def _counts(pending: Plan) -> str:
    names = {"added": "new"}
    parts = [f"{len(ids)} {names.get(name, name)}" for name, ids in terminal.changes(pending) if ids]
    if pending.has_new_failures and pending.failed:
        parts.append(f"{len(pending.failed)} unusable")
    return ", ".join(parts) or "no document has changed"


def _changes(pending: Plan) -> str:
    """The documents that an update would touch; what is new can be taken out again."""
    entries = [
        *(("new", doc_id, _remove_button(doc_id, doc_id)) for doc_id in pending.added),
        *(("changed", doc_id, "") for doc_id in pending.changed),
        *(("removed", doc_id, "") for doc_id in pending.removed),
        *(("moved", f"{move.old} → {move.new}", "") for move in pending.moved),
    ]
    shown = "".join(
        f'<li><span class="chip-{kind}">{kind}</span><span class="what">{escape(what)}</span>{button}</li>'
        for kind, what, button in entries[:LISTED_CHANGES]
    )
    more = len(entries) - LISTED_CHANGES
    rest = f'<li class="soft">and {more:,} more</li>' if more > 0 else ""
    return f'<ul class="changes">{shown}{rest}</ul>' if shown else ""


def holdings(found: Inventory, failed: Sequence[FailedFile], wanted: str = "") -> str:
    """The files that are of no use, with their reasons, and the table of documents whose title or path has `wanted`."""
    sought = wanted.strip().casefold()
    rows = [row for row in found.rows if sought in f"{row.document.title}\n{row.document.doc_id}".casefold()]
    shown = "".join(_row(row) for row in rows[:LISTED_ROWS])
    count = f"{len(rows):,} of {len(found.rows):,}" if sought else f"{len(found.rows):,}"
    rest = len(rows) - LISTED_ROWS
    more = f'<p class="soft">and {rest:,} more; type a part of the title or the path to find them</p>' * (rest > 0)
    none = '<p class="soft">No title and no path has that in it.</p>' if sought and not rows else ""
    return (
        _failed(failed)
        + f'<h2 id="documents-title">Documents <span class="soft">{count}</span></h2>'
        + none
        + (_TABLE_HEAD + shown + "</tbody></table>" if rows else "")
        + more
    )


# The roles say once more what the elements are: where a narrow screen shows rows as cards, browsers forget it.
_TABLE_HEAD = (
    '<table role="table" aria-labelledby="documents-title"><thead role="rowgroup"><tr role="row">'
    + "".join(
        f'<th role="columnheader" scope="col"{css}>{name}</th>'
        for name, css in (
            ("Document", ""),
            ("Format", ""),
            ("Passages", ' class="number"'),
            ("Size", ' class="number"'),
            ("Changed", ""),
            ('<span class="unseen">Remove</span>', ""),
        )
    )
    + '</tr></thead><tbody role="rowgroup">'
)


_CHIPS = {
    CHANGED: '<span class="chip-changed">file changed</span>',
    GONE: '<span class="chip-removed">file gone</span>',
}


def _row(row: Row) -> str:
    document = row.document
    extra = " · ".join(part for part in (document.source, document.date, *document.notes) if part)
    unit = "passage" if document.passages == 1 else "passages"
    size = "–" if row.size_bytes is None else file_size(row.size_bytes)
    when = "–" if row.modified_at is None else moment(row.modified_at)
    button = "" if row.state == GONE else _remove_button(document.doc_id, document.title)
    return (
        f'<tr role="row"><th role="rowheader" scope="row"><span class="title">{escape(document.title)}</span>'
        f'{_CHIPS.get(row.state, "")}<span class="path">{escape(printable(document.doc_id))}</span>'
        + (f'<span class="extra">{escape(extra)}</span>' if extra else "")
        + f'</th><td role="cell">{escape(document.format)}</td>'
        f'<td role="cell" class="number" data-unit="{unit}">{document.passages:,}</td>'
        f'<td role="cell" class="number">{size}</td><td role="cell">{when}</td>'
        f'<td role="cell" class="act">{button}</td></tr>'
    )


def _failed(failed: Sequence[FailedFile]) -> str:
    if not failed:
        return ""
    listed = "".join(
        f"<li><span>{escape(failure.reason)}</span>{_remove_button(failure.doc_id, failure.doc_id)}</li>"
        for failure in failed[:LISTED_ROWS]
    )
    more = len(failed) - LISTED_ROWS
    rest = f'<li class="soft">and {more:,} more</li>' if more > 0 else ""
    return (
        f'<section class="failed" aria-labelledby="failed-title"><h2 id="failed-title">Cannot be used '
        f'<span class="soft">{len(failed):,}</span></h2><ul>{listed}{rest}</ul></section>'
    )


def _remove_button(doc_id: str, title: str) -> str:
    name = printable(doc_id)
    called = name if title == doc_id else f"“{title}” ({name})"
    ask = f"Remove {called}? The file goes to the trash of the folder, and can be put back."
    return _button("Remove", "remove", name, ask=ask, label=f"Remove {name}", css="quiet")


def removed(files: Sequence[Removed]) -> str:
    """What is in the trash and can be put back; nothing where it is empty."""
    if not files:
        return ""
    listed = "".join(
        f'<li><span class="what">{escape(file.doc_id)}</span>'
        f'<span class="soft">removed {moment(file.removed_at)}</span>'
        + _button("Put back", "restore", file.key, label=f"Put back {file.doc_id}", css="quiet")
        + "</li>"
        for file in files[:LISTED_TRASH]
    )
    more = len(files) - LISTED_TRASH
    rest = f'<li class="soft">and {more:,} more in the folder .trash of the corpus folder</li>' if more > 0 else ""
    return f'<h2>Removed files <span class="soft">{len(files):,}</span></h2><ul class="rows">{listed}{rest}</ul>'


def history(kept: Sequence[Kept]) -> str:
    """The generations that are kept, newest first, each with the way to it."""
    served = next((each.name for each in kept if each.is_served), "")
    listed = "".join(_kept(each, served) for each in kept)
    note = '<p class="soft">Going back changes what answers come from, not the files.</p>' if len(kept) > 1 else ""
    return f'<h2>History</h2>{note}<ul class="rows">{listed}</ul>'


def _kept(kept: Kept, served: str) -> str:
    if kept.manifest is None:
        return f'<li><span class="what">{escape(kept.name)}</span><span class="bad">{escape(kept.problem)}</span></li>'
    documents = terminal.count(len(kept.manifest.documents), "document")
    counts = f"{documents}, {terminal.count(kept.manifest.passages, 'passage')}"
    when = moment(kept.manifest.built_at)
    if kept.is_served:
        act = '<span class="chip-served">served</span>'
    else:
        way = "Go forward to this" if kept.name > served else "Go back to this"
        ask = (
            f"Serve the index of {_plain(kept.manifest.built_at)} again, with {counts}? "
            "The files in the folder stay as they are; the next update goes by them again."
        )
        act = _button(way, "rollback", kept.name, ask=ask, label=f"{way}: {kept.name}", css="quiet")
    return (
        f'<li title="{escape(kept.name)}"><span class="what">{when}</span><span class="soft">{counts}</span>{act}</li>'
    )


def _button(text: str, deed: str, key: str = "", ask: str = "", label: str = "", css: str = "") -> str:
    given = {"data-deed": deed, "data-key": key, "data-ask": ask, "aria-label": label, "class": css}
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if value)
    return f'<button type="button"{attributes}>{escape(text)}</button>'


def moment(at: datetime) -> str:
    """A `<time>` in the server's zone: "20 Nov 2026, 10:15"."""
    return f'<time datetime="{at.isoformat()}">{_plain(at)}</time>'


def _plain(at: datetime) -> str:
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def file_size(size_bytes: int) -> str:
    """ "312 B", "4 KB", "1.2 MB": powers of 1024."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    if size_bytes < 1 << 20:
        return f"{size_bytes / 1024:.0f} KB"
    return f"{size_bytes / (1 << 20):.1f} MB"


def sentence(text: str) -> str:
    """With a capital at its beginning; not for what begins with the name of a file."""
    return text[:1].upper() + text[1:]
