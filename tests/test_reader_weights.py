"""Readers on disk: the shipped one, its digests, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from famqa.errors import ModelError
from famqa.reader_weights import MANIFEST, WEIGHTS, Calibration, load_reader, locate_reader, read_weights
from famqa.settings import CLOSE_READER, DEFAULT_READER


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped reader's folder, its weights linked."""
    folder = locate_reader(DEFAULT_READER).folder
    copy = tmp_path / "reader"
    copy.mkdir()
    shutil.copy(folder / MANIFEST, copy / MANIFEST)
    os.link(folder / WEIGHTS, copy / WEIGHTS) if _same_device(folder, copy) else shutil.copy(folder / WEIGHTS, copy)
    return copy


def _same_device(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def change(folder: Path, **values: object) -> None:
    stated = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps(stated | values), "utf-8")


@pytest.mark.parametrize(("name", "most"), [(DEFAULT_READER, 36_000_000), (CLOSE_READER, 100_000_000)])
def test_the_shipped_readers_are_small_and_safe(name: str, most: int) -> None:
    files = locate_reader(name)
    assert files.config is not None
    assert sum(path.stat().st_size for path in files.folder.iterdir()) < most
    assert {path.suffix for path in files.folder.iterdir()} <= {".json", ".safetensors", ".md"}


def test_a_copy_is_as_good(copied: Path) -> None:
    assert locate_reader(str(copied)).digest == locate_reader(DEFAULT_READER).digest


def test_altered_weights_are_refused(copied: Path) -> None:
    data = bytearray((copied / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / WEIGHTS).unlink()
    (copied / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelError, match=r"reader\.safetensors is altered"):
        locate_reader(str(copied))


@pytest.mark.parametrize("name", [MANIFEST, WEIGHTS])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        locate_reader(str(copied))


def test_another_vocabulary_is_refused(copied: Path) -> None:
    change(copied, vocabulary={"sha256": "0" * 64})
    with pytest.raises(ModelError, match="made for another vocabulary"):
        locate_reader(str(copied))


def test_an_unknown_architecture_is_refused(copied: Path) -> None:
    change(copied, architecture="BertModel")
    with pytest.raises(ModelError, match="is a BertModel, this famqa reads"):
        locate_reader(str(copied))


def test_another_format_version_is_refused(copied: Path) -> None:
    change(copied, format_version=99)
    with pytest.raises(ModelError, match="format version 99"):
        locate_reader(str(copied))


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"format_version": 2, "weights": 3}'])
def test_a_damaged_manifest_is_refused(copied: Path, manifest: str) -> None:
    (copied / MANIFEST).write_text(manifest, "utf-8")
    with pytest.raises(ModelError, match="is damaged"):
        locate_reader(str(copied))


def test_an_empty_folder_is_no_reader(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no reader"):
        locate_reader(str(tmp_path))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        locate_reader(str(tmp_path / "none"))


def test_calibration_is_read_from_the_manifest(copied: Path) -> None:
    change(copied, calibration={"above_none": 1.0, "search_behind": 2.0, "intercept": 4.0})
    assert locate_reader(str(copied)).calibration == Calibration(above_none=1.0, search_behind=2.0, intercept=4.0)


@pytest.mark.model
def test_weights_that_do_not_fit_the_manifest_are_refused(copied: Path) -> None:
    import hashlib

    import torch
    from safetensors.torch import save_file

    (copied / WEIGHTS).unlink()
    save_file({"qa_outputs.weight": torch.zeros(2, 8)}, copied / WEIGHTS)
    weights = json.loads((copied / MANIFEST).read_text("utf-8"))["weights"]
    change(copied, weights=weights | {"sha256": hashlib.sha256((copied / WEIGHTS).read_bytes()).hexdigest()})
    with pytest.raises(ModelError, match="does not fit its manifest"):
        load_reader(locate_reader(str(copied)))


@pytest.mark.model
def test_rows_of_eight_bits_are_multiplied_by_their_scales(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    stored = {
        "layer.weight": torch.tensor([[50, -127], [0, 3]], dtype=torch.int8),
        "layer.weight.scales": torch.tensor([0.5, 2.0]),
        "layer.bias": torch.tensor([0.25, -4.0]),
    }
    save_file(stored, tmp_path / WEIGHTS)
    weights = read_weights(tmp_path / WEIGHTS)
    assert weights["layer.weight"].tolist() == [[25.0, -63.5], [0.0, 6.0]]
    assert weights["layer.bias"].tolist() == [0.25, -4.0]
    assert sorted(weights) == ["layer.bias", "layer.weight"]


@pytest.mark.model
def test_a_transformers_model_by_folder_drops_in(tmp_path: Path, copied: Path) -> None:
    from transformers import BertConfig, BertForQuestionAnswering

    from famqa.embedding import locate
    from famqa.settings import DEFAULT_EMBEDDER

    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertForQuestionAnswering(config).save_pretrained(tmp_path / "tiny")
    shutil.copy(locate(DEFAULT_EMBEDDER).folder / "tokenizer.json", tmp_path / "tiny")
    loaded = load_reader(locate_reader(str(tmp_path / "tiny")))
    assert loaded.model.config.hidden_size == 32
    assert (loaded.mark_start, loaded.mark_end) == (101, 102)


@pytest.mark.model
@pytest.mark.parametrize("name", [DEFAULT_READER, CLOSE_READER])
def test_the_shipped_readers_can_be_had_in_float32(name: str) -> None:
    import torch

    loaded = load_reader(locate_reader(name), in_float32=True)
    assert not loaded.is_bf16
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.float32}
