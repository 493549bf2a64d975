"""The weights of a reader: the shipped one, or any transformers model for spans.

The shipped form is a folder with `manifest.json` and `reader.safetensors`: vectors in float32, and each matrix as whole
numbers of eight bits with one scale a row. The vocabulary is that of the bundled embedding model, whose digest the
manifest names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from famqa.embedding import download, hush_libraries, locate
from famqa.errors import ModelError
from famqa.settings import CLOSE_READER, DEFAULT_EMBEDDER, DEFAULT_READER

MANIFEST, WEIGHTS = "manifest.json", "reader.safetensors"
FORMAT_VERSION = 2
SCALES = ".scales"  # behind the name of a matrix: what its rows are multiplied by
ARCHITECTURES = ("BertForQuestionAnswering", "MPNetForQuestionAnswering")  # of transformers
_SHIPPED = {DEFAULT_READER: "reader", CLOSE_READER: "close_reader"}  # their folders
_USED_FILES = ("*.safetensors", "*.json", "vocab.txt", "*.model")


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a span. None of it depends on how large the corpus is."""

    above_none: float  # how far its start + end logit lie above those of "no answer"
    search_behind: float  # how far its passage's search score lies below the best passage's; 0 or less
    lift: float = 0.0  # what the other spans of its passage add to `above_none`, see `reading.lift`
    first_above_none: float = 0.0  # the two of an earlier reader, where this one reads after it
    first_lift: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From what is known of a span to the log odds that it answers; a logistic regression (Platt scaling).

    `training/calibrate_reader.py` fits the weights on questions with and without an answer.
    """

    above_none: float = 0.22
    search_behind: float = 2.0
    intercept: float = -1.1
    threshold: float = 0.17  # least probability at which to answer
    first_above_none: float = 0.0

    def log_odds(self, features: Features) -> float:
        """Log odds that a span with these features answers the question."""
        return (
            self.intercept
            + self.above_none * (features.above_none + features.lift)
            + self.search_behind * features.search_behind
            + self.first_above_none * (features.first_above_none + features.first_lift)
        )


@dataclass(frozen=True, slots=True)
class ReaderFiles:
    """Where a reader lies and what identifies it."""

    name: str
    folder: Path
    digest: str
    calibration: Calibration
    architecture: str = ""  # of transformers, for the shipped form; another's is in its folder
    config: dict[str, Any] | None = None  # of the encoder, likewise


def locate_reader(name: str) -> ReaderFiles:
    """The files of a reader, checked against its manifest where it has one. Raises `ModelError`."""
    folder = _shipped_folder(_SHIPPED[name]) if name in _SHIPPED else Path(name).expanduser()
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
    return ReaderFiles(name, folder, digest, Calibration())


def _shipped_folder(name: str) -> Path:
    return Path(str(resources.files("famqa.data").joinpath(name)))


def _checked(name: str, folder: Path) -> ReaderFiles:
    again = "get it again, or leave the setting 'reader' out"
    try:
        stated = json.loads((folder / MANIFEST).read_text("utf-8"))
        version, weights = stated["format_version"], stated["weights"]["sha256"]
        vocabulary, config = stated["vocabulary"]["sha256"], dict(stated["config"])
        architecture = stated["architecture"]
        calibration = Calibration(**stated.get("calibration", {}))
        digest = _sha256(folder / WEIGHTS)
    except OSError as error:
        raise ModelError(f"reader '{name}': {error.filename} cannot be read ({error.strerror}); {again}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"reader '{name}': {folder / MANIFEST} is damaged ({error}); {again}") from None
    if version != FORMAT_VERSION:
        raise ModelError(f"reader '{name}' has format version {version}, this famqa reads {FORMAT_VERSION}; {again}")
    if architecture not in ARCHITECTURES:
        raise ModelError(
            f"reader '{name}' is a {architecture}, this famqa reads {' and '.join(ARCHITECTURES)}; {again}"
        )
    if digest != weights:
        raise ModelError(f"reader '{name}': {folder / WEIGHTS} is altered: its sha256 is not the manifest's; {again}")
    if _sha256(_vocabulary()) != vocabulary:
        raise ModelError(f"reader '{name}' was made for another vocabulary (sha256 {vocabulary[:12]}…); {again}")
    return ReaderFiles(name, folder, digest, calibration, architecture, config)


@dataclass(frozen=True, slots=True)
class LoadedReader:
    """A torch model, ready to read, and its fast tokenizer, which neither truncates nor pads."""

    model: Any
    tokenizer: Any
    mark_start: int  # id of the mark at the start, which also stands for "no answer"
    mark_end: int  # id of the mark between question and passage and at the end
    is_bf16: bool  # whether matrices are multiplied in bfloat16 instead of float32


def load_reader(files: ReaderFiles, in_float32: bool = False) -> LoadedReader:
    """The model and its tokenizer; `in_float32` on every processor, for those who train. Raises `ModelError`."""
    hush_libraries()
    try:
        model, tokenizer = _load_any(files) if files.config is None else _load_shipped(files, files.config)
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
    # Of another model than the shipped one we do not know what it loses by it.
    is_bf16 = not in_float32 and files.config is not None and _multiplies_bf16()
    if is_bf16:
        _round_matrices(model)
    return LoadedReader(model, tokenizer, marks[0], marks[-1], is_bf16)


def _load_shipped(files: ReaderFiles, config: dict[str, Any]) -> tuple[Any, Any]:
    import torch
    import transformers
    from tokenizers import Tokenizer

    architecture = getattr(transformers, files.architecture)
    shape = architecture.config_class(**config)
    weights = read_weights(files.folder / WEIGHTS)
    with torch.device("meta"):
        wanted = architecture(shape).state_dict()
    if any(key not in weights or weights[key].shape != value.shape for key, value in wanted.items()):
        raise ModelError(f"reader '{files.name}': {files.folder / WEIGHTS} does not fit its manifest; get it again")
    # This way no weights are drawn at random first, which takes longer than reading these and as much memory.
    model = architecture.from_pretrained(None, config=shape, state_dict=weights)
    return model, Tokenizer.from_file(str(_vocabulary()))


def read_weights(path: Path) -> dict[str, Any]:
    """The weights of the shipped form by transformers' names, as float32 tensors."""
    from safetensors.torch import load_file

    stored = load_file(path)
    return {
        name: tensor.float() * stored[name + SCALES][:, None] if name + SCALES in stored else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(SCALES)
    }


def _multiplies_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself, which takes less than half the time of float32 there."""
    import torch

    known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not tell
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _round_matrices(model: Any) -> None:
    """Makes the matrices bfloat16 once and for all; autocast would do it anew for each batch."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.to(torch.bfloat16)


def _vocabulary() -> Path:
    return locate(DEFAULT_EMBEDDER).folder / "tokenizer.json"


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
