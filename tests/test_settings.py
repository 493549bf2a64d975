"""Defaults, famqa.toml, variables and flags, the last winning; one line for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from famqa.errors import SettingsError
from famqa.settings import load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(**flags: object) -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings(**flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.corpus, settings.index) == (Path("corpus"), Path("indexes/default"))
    assert (settings.embedder, settings.host, settings.port) == ("all-MiniLM-L6-v2", "127.0.0.1", 7860)


def test_the_last_of_file_variable_and_flag_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("famqa.toml").write_text('corpus = "from-file"\nport = 1\ncandidates = 3\n')
    assert load_settings().corpus == Path("from-file")
    monkeypatch.setenv("FAMQA_CORPUS", "from-variable")
    monkeypatch.setenv("FAMQA_PORT", "2")
    settings = load_settings(corpus="from-flag")
    assert (settings.corpus, settings.port, settings.candidates) == (Path("from-flag"), 2, 3)


def test_a_flag_that_was_not_given_and_an_empty_variable_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMQA_CORPUS", "")
    assert load_settings(corpus=None, port=0).corpus == Path("corpus")
    assert load_settings(port=0).port == 0


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert load_settings(corpus="~/texts").corpus == Path("/home/ann/texts")


def test_a_value_out_of_range_names_flag_variable_and_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "'port' = 70000" in refused(port=70000)
    assert "'dense_weight' = 2" in refused(dense_weight=2)
    monkeypatch.setenv("FAMQA_MAX_CITATIONS", "many")
    message = refused()
    assert "'max_citations' = 'many'" in message
    assert "--max-citations" in message and "FAMQA_MAX_CITATIONS" in message and "famqa.toml" in message


def test_an_unknown_name_is_refused() -> None:
    assert "'corpos'" in refused(corpos="x")
    Path("famqa.toml").write_text("treshold = 1\n")
    assert "'treshold'" in refused()


@pytest.mark.parametrize("content", [b"corpus = ", b"\xff\xfe\x00"], ids=["no toml", "not UTF-8"])
def test_a_settings_file_that_cannot_be_read(content: bytes) -> None:
    Path("famqa.toml").write_bytes(content)
    assert "famqa.toml cannot be read" in refused()


def test_settings_do_not_change() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.port = 1
