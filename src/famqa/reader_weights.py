"""The weights of a reader: the shipped one on the bundled encoder's embeddings, or any transformers model for spans.

The shipped form is a folder with `manifest.json` and `reader.safetensors`: the encoder's layers and the span head in
half precision. The embedding table is that of the bundled embedding model, whose digest the manifest names.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from famqa.embedding import download, hush_libraries, locate
from famqa.errors import ModelError
from famqa.settings import DEFAULT_EMBEDDER, DEFAULT_READER

Features = tuple[float, float, float, float, float]
"""above_none, search_behind, coverage, quote_coverage, cosine: see `Calibration`."""

MANIFEST, WEIGHTS = "manifest.json", "reader.safetensors"
FORMAT_VERSION = 1
_USED_FILES = ("*.safetensors", "*.json", "vocab.txt", "*.model")


@dataclass(frozen=True, slots=True)
class Calibration:
    """From what is known of a span to the log odds that it answers; a logistic regression (Platt scaling).

    The features: how far start + end logit lie above those of "no answer"; how far the passage's search score lies
    below the best passage's (0 or less); the share of the question's rare words that stand in the passage, and in the
    sentence around the span and its headings; the cosine of the passage and the question. None of them depends on how
    large the corpus is.
    `training/calibrate_reader.py` fits the weights on questions with and without an answer.
    """

    above_none: float = 0.4
    search_behind: float = 0.3
    coverage: float = 0.5
    quote_coverage: float = 0.5
    cosine: float = 1.0
    intercept: float = -1.5
    threshold: float = 0.3  # least probability at which to answer

    def log_odds(self, features: Features) -> float:
        """Log odds that a span with these features answers the question."""
        weights = (self.above_none, self.search_behind, self.coverage, self.quote_coverage, self.cosine)
        return self.intercept + sum(weight * value for weight, value in zip(weights, features, strict=True))


@dataclass(frozen=True, slots=True)
class ReaderFiles:
    """Where a reader lies and what identifies it."""

    name: str
    folder: Path
    digest: str
    calibration: Calibration
    is_shipped_form: bool  # layers and head only, on the bundled embeddings


def locate_reader(name: str) -> ReaderFiles:
    """The files of a reader, checked against its manifest where it has one. Raises `ModelError`."""
    folder = _shipped_folder() if name == DEFAULT_READER else Path(name).expanduser()
    if not folder.is_dir():
        folder = download(name, _USED_FILES, "reader")
    if (folder / WEIGHTS).is_file() or (folder / MANIFEST).is_file():
        return _checked(name, folder)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "config.json").is_file():
        raise ModelError(
            f"reader '{name}': {folder} is no reader: it needs {MANIFEST} and {WEIGHTS}, or config.json and safetensors"
        )
    digest = hashlib.sha256("".join(_sha256(path) for path in weights).encode()).hexdigest()
    return ReaderFiles(name, folder, digest, Calibration(), is_shipped_form=False)


def _shipped_folder() -> Path:
    return Path(str(resources.files("famqa.data").joinpath("reader")))


def _checked(name: str, folder: Path) -> ReaderFiles:
    again = "get it again, or leave the setting 'reader' out"
    try:
        stated = json.loads((folder / MANIFEST).read_text("utf-8"))
        version, weights = stated["format_version"], stated["weights"]["sha256"]
        base, vocabulary = stated["base"]["sha256"], stated["base"]["tokenizer_sha256"]
        calibration = Calibration(**stated.get("calibration", {}))
        digest = _sha256(folder / WEIGHTS)
    except OSError as error:
        raise ModelError(f"reader '{name}': {error.filename} cannot be read ({error.strerror}); {again}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"reader '{name}': {folder / MANIFEST} is damaged ({error}); {again}") from None
    if version != FORMAT_VERSION:
        raise ModelError(f"reader '{name}' has format version {version}, this famqa reads {FORMAT_VERSION}; {again}")
    if digest != weights:
        raise ModelError(f"reader '{name}': {folder / WEIGHTS} is altered: its sha256 is not the manifest's; {again}")
    installed = locate(DEFAULT_EMBEDDER).folder
    if _sha256(installed / "model.safetensors") != base:
        raise ModelError(f"reader '{name}' was made for another base model (sha256 {base[:12]}…); {again}")
    if _sha256(installed / "tokenizer.json") != vocabulary:
        raise ModelError(f"reader '{name}' was made for another vocabulary (sha256 {vocabulary[:12]}…); {again}")
    return ReaderFiles(name, folder, digest, calibration, is_shipped_form=True)


@dataclass(frozen=True, slots=True)
class LoadedReader:
    """A torch model in float32, ready to read, and its fast tokenizer, which neither truncates nor pads."""

    model: Any
    tokenizer: Any
    mark_start: int  # id of the mark at the start, which also stands for "no answer"
    mark_end: int  # id of the mark between question and passage and at the end


def load_reader(files: ReaderFiles) -> LoadedReader:
    """The model and its tokenizer. Raises `ModelError`."""
    hush_libraries()
    try:
        model, tokenizer = _load_shipped(files) if files.is_shipped_form else _load_any(files)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        marks = tokenizer.encode("").ids
    except ModelError:
        raise
    except Exception as error:  # what a damaged model raises has no common base
        reason = str(error).split("\n")[0][:200]
        raise ModelError(f"reader '{files.name}' cannot be loaded: {reason}") from None
    if len(marks) < 2:
        raise ModelError(f"reader '{files.name}': its tokenizer sets no marks at the ends; take a BERT-like reader")
    model.train(False)
    return LoadedReader(model, tokenizer, marks[0], marks[-1])


def _load_shipped(files: ReaderFiles) -> tuple[Any, Any]:
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import AutoConfig, BertForQuestionAnswering

    base = locate(DEFAULT_EMBEDDER).folder
    model = BertForQuestionAnswering(AutoConfig.from_pretrained(base, local_files_only=True))
    weights = {name: value.float() for name, value in load_file(files.folder / WEIGHTS).items()}
    table = load_file(base / "model.safetensors")
    weights |= {f"bert.{name}": value for name, value in table.items() if name.startswith("embeddings.")}
    wanted = model.state_dict()
    absent = sorted(wanted.keys() - weights.keys())
    if absent or any(weights[key].shape != value.shape for key, value in wanted.items()):
        raise ModelError(f"reader '{files.name}': {files.folder / WEIGHTS} does not fit the base model; get it again")
    model.load_state_dict({key: weights[key] for key in wanted})
    return model, Tokenizer.from_file(str(base / "tokenizer.json"))


def _load_any(files: ReaderFiles) -> tuple[Any, Any]:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForQuestionAnswering

    model = AutoModelForQuestionAnswering.from_pretrained(
        files.folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
    )
    if not (files.folder / "tokenizer.json").is_file():
        raise ModelError(f"reader '{files.name}': {files.folder} has no tokenizer.json; a fast tokenizer is needed")
    return model, Tokenizer.from_file(str(files.folder / "tokenizer.json"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
