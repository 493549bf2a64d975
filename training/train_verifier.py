"""Fine-tune a reader's encoder into a verifier: does the marked span answer the question?

    python training/train_verifier.py --data training/runs/verifier.jsonl.gz --out training/runs/verifier \\
        --init training/runs/reader2/model --minutes 60 --bf16 --batch-size 32

Data from verifier_data.py; the rest as in train_reader.py. The shape stays that of a reader, so that it is exported and
loaded like one: the log odds that the span answers are minus the two logits of piece 0, which stood for "no answer".
"""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from famqa.evaluation.squad import read_rows
from famqa.verifying import head_end, marked
from train_reader import Examples, options_of, train


class Judged(Examples):
    """Spans in their passages, with the share of them that is right."""

    def __init__(self, paths: list[Path], tokenizer: Tokenizer, max_pieces: int) -> None:
        self.ids: list[np.ndarray] = []
        self.types: list[np.ndarray] = []
        self.targets: list[float] = []
        self.dropped = 0
        marks = tuple(tokenizer.encode("").ids)
        rows = [row for path in paths for row in read_rows(path)]
        for first in range(0, len(rows), 2000):
            part = rows[first : first + 2000]
            asked = tokenizer.encode_batch([row["question"] for row in part], add_special_tokens=False)
            passages = tokenizer.encode_batch([row["passage"] for row in part], add_special_tokens=False)
            for row, question, passage in zip(part, asked, passages, strict=True):
                span = (row["start"], row["end"])
                found = marked(question.ids, passage.ids, passage.offsets, head_end(row["passage"]), span, marks)
                self.ids.append(np.array(found.ids, dtype=np.uint16))
                self.types.append(np.array(found.types, dtype=np.uint8))
                self.targets.append(row["target"])

    def tensors(self, batch: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(ids, types, targets), padded to 32s."""
        length = -(-max(len(self.ids[i]) for i in batch) // 32) * 32
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        types = torch.zeros_like(ids)
        for row, i in enumerate(batch):
            ids[row, : len(self.ids[i])] = torch.from_numpy(self.ids[i].astype(np.int64))
            types[row, : len(self.types[i])] = torch.from_numpy(self.types[i].astype(np.int64))
        return ids, types, torch.tensor([self.targets[i] for i in batch])

    @staticmethod
    def loss(start: torch.Tensor, end: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the log odds with the share that is right."""
        return nn.functional.binary_cross_entropy_with_logits(-(start[:, 0] + end[:, 0]), targets)


if __name__ == "__main__":
    train(options_of(__doc__.split("\n")[0]), Judged)
