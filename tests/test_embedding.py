"""The real model: its files, its limit, its vectors."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from famqa import embedding
from famqa.embedding import BUNDLED_SHA256, ModelFiles, SentenceEmbedder, locate, model_token_counter
from famqa.errors import ModelError, QuestionError
from famqa.settings import DEFAULT_EMBEDDER


def refused(name: str) -> str:
    with pytest.raises(ModelError) as raised:
        model_token_counter(locate(name))
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.fixture
def broken(other_embedder: Path, tmp_path: Path) -> Path:
    """A copy of a model folder that may be broken."""
    return Path(shutil.copytree(other_embedder, tmp_path / "model", symlinks=True))


# Files


def test_the_bundled_weights_are_the_published_ones(model_files: ModelFiles) -> None:
    with (model_files.folder / "model.safetensors").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == BUNDLED_SHA256
    assert (model_files.name, model_files.max_tokens) == (DEFAULT_EMBEDDER, 254)


def test_altered_bundled_weights_are_refused(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (broken / "model.safetensors").unlink()
    (broken / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr(embedding, "_bundled_folder", lambda: broken)
    assert "not the published file" in refused(DEFAULT_EMBEDDER)


def test_another_setting_of_the_same_weights_is_another_digest(
    model_files: ModelFiles, other_embedder: Path, broken: Path
) -> None:
    assert locate(str(other_embedder)).digest != model_files.digest
    assert locate(str(other_embedder)).digest == locate(str(broken)).digest
    (broken / "vocab.txt").write_text("a\nb\n")
    assert locate(str(broken)).digest != locate(str(other_embedder)).digest


def test_a_folder_that_is_not_there_or_is_no_model(tmp_path: Path) -> None:
    assert "no such folder" in refused(str(tmp_path / "none"))
    assert "no such folder" in refused("a/b/c")
    assert "modules.json" in refused(str(tmp_path))


@pytest.mark.parametrize("name", ["sentence_bert_config.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_broken_file_of_a_model_is_named(broken: Path, name: str, content: bytes) -> None:
    (broken / name).write_bytes(content)
    assert name in refused(str(broken))


def test_a_model_without_a_fast_tokenizer_is_refused(broken: Path) -> None:
    (broken / "tokenizer.json").unlink()
    assert "tokenizer.json is missing" in refused(str(broken))


def test_weights_that_cannot_be_loaded_are_one_line(broken: Path) -> None:
    (broken / "model.safetensors").unlink()
    (broken / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match="cannot be loaded") as raised:
        SentenceEmbedder(locate(str(broken))).embed(["text"])
    assert "\n" not in str(raised.value)


def test_files_and_tokens_are_had_without_torch() -> None:
    code = (
        "import sys, famqa, famqa.indexing as i, famqa.embedding as e\n"
        "assert e.model_token_counter(e.locate('all-MiniLM-L6-v2'))('a lamp') == 2\n"
        "assert not {'torch', 'transformers', 'sentence_transformers', 'gradio'} & set(sys.modules)"
    )
    source = str(Path(embedding.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# Vectors


@pytest.mark.model
def test_the_limit_is_the_models_own(embedder: SentenceEmbedder) -> None:
    model = embedder._loaded()
    assert embedder.files.max_tokens == model.max_seq_length - 2
    text = "Dr. Marlow's café, 👩‍🚀 שלום 漢字 e\u0301 <s> [MASK] " + "x" * 300
    own = model.tokenizer(text, add_special_tokens=False, truncation=False)["input_ids"]
    assert embedder.count_tokens(text) == len(own)


@pytest.mark.model
def test_vectors_have_length_one_and_come_in_order(embedder: SentenceEmbedder) -> None:
    texts = ["The lamp burned oil.", "", "x" * 300, "A price list.", "The lamp burned oil."]
    vectors = embedder.embed(texts)
    assert vectors.shape == (5, embedder.dimension) == (5, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert vectors[0] == pytest.approx(vectors[4], abs=1e-6)
    assert vectors[3] == pytest.approx(embedder.embed(["A price list."])[0], abs=1e-5)
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.model
def test_like_meanings_are_nearer_than_like_words(embedder: SentenceEmbedder) -> None:
    question = embedder.embed_question("Who looked after the lighthouse?")
    near, far = embedder.embed(["Peter Holm was the keeper of the beacon.", "Ann looked after the price list."])
    assert near @ question > far @ question


@pytest.mark.model
def test_the_very_last_word_of_the_longest_text_counts(embedder: SentenceEmbedder) -> None:
    start = "word " * (embedder.files.max_tokens - 1)
    first, second = embedder.embed([start + "lamp", start + "rope"])
    assert embedder.count_tokens(start + "lamp") == embedder.files.max_tokens
    assert np.abs(first - second).max() > 1e-4


def test_what_does_not_fit_is_refused_rather_than_cut_off(model_files: ModelFiles) -> None:
    embedder = SentenceEmbedder(model_files)
    too_long = "word " * 255
    with pytest.raises(ModelError, match="255 tokens"):
        embedder.embed(["short", too_long])
    with pytest.raises(QuestionError, match="255 tokens, 254 at most") as raised:
        embedder.embed_question(too_long)
    assert "\n" not in str(raised.value)
