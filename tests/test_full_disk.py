"""A disk that is full: one clear line, nothing half-done left behind, and the old index still serves.

Where a small file system may be mounted, a real one is filled; elsewhere a write fails at each step instead.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import TermEmbedder, make_settings, write_corpus
from famqa import generations, indexing
from famqa.errors import IndexError_
from famqa.generations import current_name, verify
from famqa.indexing import update
from famqa.settings import Settings

ROWS = 60
SMALL: dict[str, str | bytes] = {"a.txt": "= Kites =\nA kite has a tail.\n"}
LARGE: dict[str, str | bytes] = {"b.txt": "".join(f"- item number {n} of a long list\n" for n in range(ROWS))}


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Gives an empty file system of so many KiB."""
    homes: list[Path] = []

    def mount(kib: int) -> Path:
        home = tmp_path / f"disk{len(homes)}"
        home.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(home)]
        if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("no file system may be mounted here")
        homes.append(home)
        return home

    yield mount
    for home in homes:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def size_kib(folder: Path) -> int:
    """What the files below a folder take in blocks of 4 KiB."""
    return sum(-(-path.stat().st_size // 4096) * 4 for path in folder.rglob("*") if path.is_file())


def refused(settings: Settings) -> str:
    with pytest.raises(IndexError_) as raised:
        update(settings)
    line = str(raised.value)
    assert "\n" not in line
    return line


def test_a_real_disk_that_fills_up_at_any_point_of_the_build(
    tmp_path: Path, mounted: Callable[[int], Path], fake_model: TermEmbedder
) -> None:
    roomy = make_settings(tmp_path / "roomy", SMALL)
    update(roomy)
    small = size_kib(roomy.index)
    write_corpus(roomy.corpus, LARGE)
    update(roomy)
    both = size_kib(roomy.index)
    assert both > small + 100
    refusals: set[str] = set()
    for kib in range(small + 8, both - 8, (both - small) // 12):
        corpus = write_corpus(tmp_path / str(kib), SMALL)
        settings = Settings(corpus=corpus, index=mounted(kib) / "index")
        before = update(settings).generation
        write_corpus(corpus, LARGE)
        line = refused(settings)
        refusals.add(
            next(
                what for what in ("catalog", "vectors", "postings", "index") if what in line[len(str(settings.index)) :]
            )
        )
        assert "full" in line or "No space left" in line
        assert line.endswith("the index that was served before still is")
        assert (current_name(settings.index), verify(settings.index)) == (before, [])
        assert list((settings.index / "generations").glob(".*")) == []
        (corpus / "b.txt").unlink()
        write_corpus(corpus, {"a.txt": "= Kites =\nA kite has a string.\n"})
    assert {"catalog", "vectors", "postings"} <= refusals


def test_a_first_build_on_a_full_disk(mounted: Callable[[int], Path], fake_model: TermEmbedder, tmp_path: Path) -> None:
    home = mounted(40)
    settings = Settings(corpus=write_corpus(tmp_path / "corpus", LARGE), index=home / "index")
    assert refused(settings).endswith("no index was published")
    assert list((settings.index / "generations").iterdir()) == []


@pytest.mark.parametrize("place", range(6))
def test_a_write_that_fails_at_any_sync_or_rename(
    place: int, tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncing is where a full disk of a network shows at last."""
    settings = make_settings(tmp_path, SMALL)
    before = update(settings).generation
    write_corpus(settings.corpus, LARGE)
    synced: list[Path] = []
    monkeypatch.setattr(generations, "_sync", synced.append)
    update(settings.model_copy(update={"index": tmp_path / "other"}))
    at = place * (len(synced) - 4) // 5  # the last three are after the switch, or of the switch itself
    synced.clear()

    def fail(path: Path) -> None:
        synced.append(path)
        if len(synced) > at:
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(generations, "_sync", fail)
    assert "No space left on device" in refused(settings)
    assert (current_name(settings.index), verify(settings.index)) == (before, [])
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("write_catalog", IndexError_("catalog.sqlite cannot be written (database or disk is full)")),
        ("write_vectors", OSError(28, "No space left on device", "vectors.npy")),
        ("write_postings", IndexError_("postings cannot be written")),
        ("fingerprints", OSError(5, "Input/output error", "meta.json")),
        ("publish", OSError(28, "No space left on device", "CURRENT.new")),
    ],
)
def test_a_step_that_fails_leaves_nothing_behind(
    function: str, error: Exception, tmp_path: Path, fake_model: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, SMALL)
    before = update(settings).generation
    write_corpus(settings.corpus, LARGE)

    def fail(*args: object) -> None:
        raise error

    with monkeypatch.context() as full:
        full.setattr(indexing, function, fail)
        assert refused(settings).endswith("the index that was served before still is")
    assert (current_name(settings.index), verify(settings.index)) == (before, [])
    assert list((settings.index / "generations").glob(".*")) == []
    assert update(settings).documents == 2
