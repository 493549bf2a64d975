"""The bundled embedding model by torch alone, for the few texts of a small update.

Importing sentence-transformers takes seconds, in which a few texts are embedded many times over. The bundled weights
are known to the bit (`embedding.BUNDLED_SHA256`), so what computes them can be written down: BERT with six layers,
mean pooling, length 1. The vectors are those of sentence-transformers but for rounding (a test compares them).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from famqa.embedding import ModelFiles, load_tokenizer
from famqa.records import Vectors
from famqa.settings import DEFAULT_EMBEDDER

FEW = 64  # texts; with more of them sentence-transformers is the quicker one, in spite of its import

_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12


def can_embed(files: ModelFiles, count: int) -> bool:
    """Whether `embed_few` is for these: the bundled model, and few texts."""
    return files.name == DEFAULT_EMBEDDER and count <= FEW


def embed_few(files: ModelFiles, texts: Sequence[str]) -> Vectors:
    """Unit vectors of the bundled model, a row a text; no text may be longer than `files.max_tokens`."""
    import torch
    from safetensors.torch import load_file
    from torch.nn import functional

    weights = load_file(files.folder / "model.safetensors")
    tokenizer = load_tokenizer(files)

    def dense(name: str, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def normed(name: str, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], _EPSILON)

    def heads(x: torch.Tensor) -> torch.Tensor:
        return x.view(1, len(x), _HEADS, -1).transpose(1, 2)  # (1, heads, tokens, components of a head)

    def encode(text: str) -> torch.Tensor:
        ids = torch.tensor(tokenizer.encode(text).ids)
        x = weights["embeddings.word_embeddings.weight"][ids]
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
        x = normed("embeddings.LayerNorm", x + weights["embeddings.position_embeddings.weight"][: len(ids)])
        for number in range(_LAYERS):
            layer = f"encoder.layer.{number}"
            query, key, value = (heads(dense(f"{layer}.attention.self.{n}", x)) for n in ("query", "key", "value"))
            seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(x.shape)
            x = normed(f"{layer}.attention.output.LayerNorm", x + dense(f"{layer}.attention.output.dense", seen))
            inner = functional.gelu(dense(f"{layer}.intermediate.dense", x))
            x = normed(f"{layer}.output.LayerNorm", x + dense(f"{layer}.output.dense", inner))
        return functional.normalize(x.mean(dim=0), dim=0)

    with torch.inference_mode():
        found: Vectors = np.stack([encode(text).numpy() for text in texts]).astype(np.float32)
    return found
