"""Trains the byte-level BPE vocabulary that famqa ships for tiktoken, and writes its ranks.

    python training/train_bpe.py OUT.tiktoken TEXT [TEXT ...] [--size 16384] [--field context]

A TEXT is plain text or JSONL (also .gz), of which `--field` is read. One line of OUT is the base64 of a token's bytes
and its rank, as in tiktoken's own vocabulary files. The pattern that splits text before merging is
`famqa.passages.SPLIT_PATTERN`, so that what is trained is what is used.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

from famqa.passages import SPLIT_PATTERN


def texts(paths: list[Path], field: str) -> Iterator[str]:
    """Each distinct text of the files once."""
    seen: set[int] = set()
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = json.loads(line)[field] if ".jsonl" in path.suffixes else line
                if hash(text) not in seen:
                    seen.add(hash(text))
                    yield text


def byte_of_symbol() -> dict[str, int]:
    """The byte that each character of the byte-level alphabet stands for."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=16384)
    parser.add_argument("--field", default="context")
    args = parser.parse_args()

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [Split(Regex(SPLIT_PATTERN), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = BpeTrainer(vocab_size=args.size, initial_alphabet=ByteLevel.alphabet(), special_tokens=[])
    tokenizer.train_from_iterator(texts(args.texts, args.field), trainer)

    symbols = byte_of_symbol()
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    ranked = [bytes(symbols[char] for char in piece) for piece, _ in pieces]
    assert len(set(ranked)) == len(ranked) and len([p for p in ranked if len(p) == 1]) == 256
    lines = (f"{base64.b64encode(piece).decode()} {rank}" for rank, piece in enumerate(ranked))
    args.out.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{args.out}: {len(ranked)} tokens")


if __name__ == "__main__":
    main()
