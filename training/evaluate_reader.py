"""Measure a reader on a SQuAD-like file, given the paragraph: EM, F1, and F1 with unanswerable questions mixed in.

    python training/evaluate_reader.py --reader training/runs/reader/model --data squad-dev.jsonl.gz --out figures.json

The file is split by article into two halves. `calibrate` is the one to look at and to choose thresholds on; `report`
is only for the last figures. This is the trainer's own measure; the product's benchmark is in benchmarks/.
"""

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from famqa.evaluation.metrics import exact_match, token_f1
from famqa.evaluation.squad import halves, read_rows
from famqa.reader_weights import load_reader, locate_reader
from wheel import model_folder

MAX_ANSWER_PIECES = 30


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best span of one question and how far its logits lie above those of no answer."""

    text: str
    above_null: float
    answers: list[str]  # empty where the question is unanswerable


def load_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def model_inputs(
    model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
) -> dict[str, torch.Tensor]:
    """What the model takes by name; not every encoder is told by types where the question ends."""
    inputs = {"input_ids": ids, "attention_mask": mask}
    return inputs | ({"token_type_ids": types} if getattr(model.config, "type_vocab_size", 0) > 1 else {})


def predict(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    rows: list[dict],
    *,
    titled: bool = False,
    max_pieces: int = 256,
    stride: int = 64,
    batch_size: int = 32,
    bf16: bool = True,
) -> list[Prediction]:
    """One prediction a row, in order. Long paragraphs are read in windows that overlap by `stride` pieces."""
    windows = []  # (row number, piece ids, how many are question, offsets of the context's pieces)
    for number, row in enumerate(rows):
        question = tokenizer.encode(row["question"], add_special_tokens=False).ids[:64]
        prefix = tokenizer.encode(row["title"] + ":\n", add_special_tokens=False).ids if titled and row["title"] else []
        context = tokenizer.encode(row["context"], add_special_tokens=False)
        room = max_pieces - 3 - len(question) - len(prefix)
        begin = 0
        while True:
            ids = [101, *question, 102, *prefix, *context.ids[begin : begin + room], 102]
            windows.append((number, ids, len(question) + 2, len(prefix), context.offsets[begin : begin + room]))
            if begin + room >= len(context.ids):
                break
            begin += room - stride
    best: list[tuple[float, str]] = [(-1e9, "")] * len(rows)
    windows.sort(key=lambda window: len(window[1]))
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        for first in range(0, len(windows), batch_size):
            batch = windows[first : first + batch_size]
            length = -(-max(len(window[1]) for window in batch) // 32) * 32
            ids = torch.zeros(len(batch), length, dtype=torch.long)
            mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
            for i, (_, pieces, question_pieces, _, _) in enumerate(batch):
                ids[i, : len(pieces)] = torch.tensor(pieces)
                mask[i, : len(pieces)] = 1
                types[i, question_pieces : len(pieces)] = 1
            output = model(**model_inputs(model, ids.to(device), mask.to(device), types.to(device)))
            starts, ends = output.start_logits.float().cpu(), output.end_logits.float().cpu()
            for i, (number, _, question_pieces, prefix_pieces, offsets) in enumerate(batch):
                if not offsets:
                    continue
                low = question_pieces + prefix_pieces
                start, end = starts[i, low : low + len(offsets)], ends[i, low : low + len(offsets)]
                sums = start[:, None] + end[None, :]
                allowed = torch.ones_like(sums).triu().tril(MAX_ANSWER_PIECES - 1).bool()
                at = int(sums.masked_fill(~allowed, -1e9).argmax())
                a, b = divmod(at, len(offsets))
                above = float(sums[a, b] - starts[i, 0] - ends[i, 0])
                if above > best[number][0]:
                    best[number] = (above, rows[number]["context"][offsets[a][0] : offsets[b][1]])
    return [
        Prediction(text, above, [answer["text"] for answer in row["answers"]])
        for (above, text), row in zip(best, rows, strict=True)
    ]


def answerable_figures(predictions: list[Prediction]) -> dict:
    """EM and F1 in percent over the answerable ones; the reader has to answer."""
    asked = [p for p in predictions if p.answers]
    return {
        "questions": len(asked),
        "em": round(100 * sum(exact_match(p.text, p.answers) for p in asked) / len(asked), 2),
        "f1": round(100 * sum(token_f1(p.text, p.answers) for p in asked) / len(asked), 2),
    }


def mixed(predictions: list[Prediction], seed: int = 0) -> list[Prediction]:
    """The unanswerable ones and as many of the answerable, drawn at random."""
    without = [p for p in predictions if not p.answers]
    with_answer = [p for p in predictions if p.answers]
    return without + random.Random(seed).sample(with_answer, min(len(without), len(with_answer)))


def mixed_f1(predictions: list[Prediction], threshold: float) -> float:
    """F1 in percent where a span below the threshold becomes no answer."""
    return (
        100
        * sum(token_f1(p.text if p.above_null > threshold else "", p.answers) for p in predictions)
        / len(predictions)
    )


def best_threshold(predictions: list[Prediction]) -> float:
    """The threshold on `above_null` with the highest F1 on these predictions."""
    ordered = sorted(predictions, key=lambda p: -p.above_null)
    score = best = sum(not p.answers for p in ordered)
    threshold = ordered[0].above_null + 1
    for i, p in enumerate(ordered):
        score += token_f1(p.text, p.answers) if p.answers else -1
        if score > best:
            following = ordered[i + 1].above_null if i + 1 < len(ordered) else p.above_null - 2
            best, threshold = score, (p.above_null + following) / 2
    return threshold


def figures(predictions_by_half: dict[str, list[Prediction]]) -> dict:
    """All figures of both halves; the threshold comes from `calibrate` alone."""
    drawn = {half: mixed(predictions) for half, predictions in predictions_by_half.items()}
    threshold = best_threshold(drawn["calibrate"])
    found: dict = {"threshold": round(threshold, 3)}
    for half, predictions in predictions_by_half.items():
        found[half] = {
            "answerable": answerable_figures(predictions),
            "mixed": {
                "questions": len(drawn[half]),
                "f1": round(mixed_f1(drawn[half], threshold), 2),
                "refused_unanswerable": round(100 * _refused(drawn[half], threshold, answerable=False), 2),
                "refused_answerable": round(100 * _refused(drawn[half], threshold, answerable=True), 2),
            },
        }
    return found


def _refused(predictions: list[Prediction], threshold: float, answerable: bool) -> float:
    chosen = [p for p in predictions if bool(p.answers) == answerable]
    return sum(p.above_null <= threshold for p in chosen) / len(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reader", required=True, type=Path, help="a transformers folder or an exported one")
    parser.add_argument("--data", required=True, type=Path, help="JSONL (.gz) or SQuAD JSON; never trained on")
    parser.add_argument("--out", type=Path, help="write the figures here as JSON too")
    parser.add_argument("--limit", type=int, default=0, help="at most so many questions of each half (0: all)")
    parser.add_argument("--titled", action="store_true", help="put the article's title in front of the paragraph")
    parser.add_argument("--float32", action="store_true", help="no bf16 autocast")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_reader(locate_reader(str(options.reader)), in_float32=True).model
    rows_by_half = dict(zip(("calibrate", "report"), halves(read_rows(options.data)), strict=True))
    if options.limit:
        for half, rows in rows_by_half.items():
            rows_by_half[half] = random.Random(0).sample(rows, min(options.limit, len(rows)))
    began = time.perf_counter()
    predictions = {
        half: predict(model, load_tokenizer(), rows, titled=options.titled, bf16=not options.float32)
        for half, rows in rows_by_half.items()
    }
    seconds = time.perf_counter() - began
    found = {"data": options.data.name, "titled": options.titled, "bf16": not options.float32, **figures(predictions)}
    found["questions_per_second"] = round(sum(map(len, predictions.values())) / seconds, 1)
    print(json.dumps(found, indent=2))
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
