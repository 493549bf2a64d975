"""Fine-tune an encoder into a span reader that can say that there is no answer.

    python training/train_reader.py --data training/runs/train.jsonl.gz --init training/runs/base \\
        --out training/runs/reader --minutes 90 --bf16

Out come OUT/log.jsonl, OUT/checkpoint/ (go on from it with --resume) and OUT/model/ (a folder that transformers
loads). The embeddings stay as they are. The learning rate follows the share of the time budget that is used, so a run
on a busy machine still ends at zero.
"""

import argparse
import json
import random
import shutil
import sys
import time
from pathlib import Path
from types import MethodType

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel
from transformers.models.mpnet.modeling_mpnet import MPNetForQuestionAnswering, MPNetSelfAttention
from transformers.utils import logging as transformers_logging

from evaluate_reader import answerable_figures, best_threshold, load_tokenizer, mixed, mixed_f1, model_inputs, predict
from famqa.evaluation.squad import halves, read_rows
from famqa.reader_weights import load_reader, locate_reader
from wheel import model_folder


class PooledDropout(nn.Module):
    """Dropout whose masks are slices, at random places, of one large mask drawn beforehand.

    torch draws dropout masks on one thread, which takes half of a training step on a CPU.
    """

    def __init__(self, probability: float, pool: torch.Tensor) -> None:
        super().__init__()
        self.keep, self.pool = 1 - probability, pool

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        count = values.numel()
        if not self.training or count >= self.pool.numel():
            return values
        place = int(torch.randint(0, self.pool.numel() - count, (1,)))
        return values * self.pool[place : place + count].view(values.shape)


def load_model(init: Path, dropout: float, layers: int | None, frozen: int, device: torch.device) -> PreTrainedModel:
    """The base encoder with a fresh head, or an earlier reader; embeddings and the lowest `frozen` layers are frozen.

    With `layers`, those above are left out.
    """
    model = load_reader(locate_reader(str(init)), in_float32=True).model
    encoder = model.base_model.encoder
    if layers is not None:
        encoder.layer = encoder.layer[:layers]
        model.config.num_hidden_layers = layers
    kept = [model.base_model.embeddings, *encoder.layer[:frozen]]
    if isinstance(model, MPNetForQuestionAnswering):
        kept.append(encoder.relative_attention_bias)
    for part in kept:
        part.requires_grad_(False)
    pool = None
    if device.type == "cpu" and dropout > 0:
        pool = (torch.rand(1 << 24) >= dropout).to(torch.bfloat16) / (1 - dropout)
    for module in list(model.modules()):
        own = getattr(module, "dropout", None)
        if type(module).__name__.endswith("SelfAttention"):
            own.p = 0.0  # without it torch takes its fast attention
            if isinstance(module, MPNetSelfAttention):
                module.forward = MethodType(fast_attention, module)
        elif isinstance(own, nn.Dropout):
            module.dropout = PooledDropout(dropout, pool) if pool is not None else nn.Dropout(dropout)
    return model.to(device)


def fast_attention(self: MPNetSelfAttention, hidden_states, attention_mask=None, position_bias=None, **_) -> tuple:
    """MPNet's attention by torch's own function; as transformers writes it out, training takes a third longer."""
    shape = (*hidden_states.shape[:-1], -1, self.attention_head_size)
    query, key, value = (part(hidden_states).view(shape).transpose(1, 2) for part in (self.q, self.k, self.v))
    bias = position_bias if attention_mask is None else position_bias + attention_mask
    context = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
    return (self.o(context.transpose(1, 2).flatten(2)),)


class Examples:
    """All examples as piece ids with the answer's first and last piece (0, 0 where there is none)."""

    def __init__(self, paths: list[Path], tokenizer: Tokenizer, max_pieces: int) -> None:
        self.ids: list[np.ndarray] = []
        self.passage_at: list[int] = []
        self.spans: list[tuple[int, int]] = []
        self.dropped = 0
        rows = [row for path in paths for row in read_rows(path)]
        for first in range(0, len(rows), 2000):
            part = rows[first : first + 2000]
            encodings = tokenizer.encode_batch([(row["question"], row["passage"]) for row in part])
            for row, encoding in zip(part, encodings, strict=True):
                self._add(row, encoding, max_pieces)

    def _add(self, row: dict, encoding, max_pieces: int) -> None:
        piece_ids, offsets, type_ids = encoding.ids, encoding.offsets, encoding.type_ids  # each call makes a list
        begin = type_ids.index(1) if 1 in type_ids else len(piece_ids)
        start = end = 0
        if row["start"] >= 0:
            inside = [
                i
                for i in range(begin, len(piece_ids) - 1)
                if offsets[i][0] < row["end"] and offsets[i][1] > row["start"]
            ]
            if not inside or inside[-1] >= max_pieces - 1:
                self.dropped += 1
                return
            start, end = inside[0], inside[-1]
        ids = piece_ids if len(piece_ids) <= max_pieces else [*piece_ids[: max_pieces - 1], piece_ids[-1]]
        self.ids.append(np.array(ids, dtype=np.uint16))
        self.passage_at.append(begin)
        self.spans.append((start, end))

    def batches(self, batch_size: int, seed: int) -> list[list[int]]:
        """One pass in a seeded random order, in batches of examples of about one length."""
        rng = random.Random(seed)
        order = list(range(len(self.ids)))
        rng.shuffle(order)
        batches = []
        for first in range(0, len(order), batch_size * 64):
            chunk = sorted(order[first : first + batch_size * 64], key=lambda i: len(self.ids[i]))
            part = [chunk[i : i + batch_size] for i in range(0, len(chunk), batch_size)]
            rng.shuffle(part)
            batches += part
        return batches

    def tensors(self, batch: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """(ids, types, answer pieces [batch, 2], pieces where an answer may start or end), padded to 32s."""
        length = -(-max(len(self.ids[i]) for i in batch) // 32) * 32  # few lengths, or memory grows without end
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        types = torch.zeros_like(ids)
        allowed = torch.zeros(len(batch), length, dtype=torch.bool)
        for row, i in enumerate(batch):
            count = len(self.ids[i])
            ids[row, :count] = torch.from_numpy(self.ids[i].astype(np.int64))
            types[row, self.passage_at[i] : count] = 1
            allowed[row, self.passage_at[i] : count - 1] = True
        allowed[:, 0] = True
        return ids, types, torch.tensor([self.spans[i] for i in batch]), allowed


def span_loss(start: torch.Tensor, end: torch.Tensor, spans: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Mean of the cross-entropies of the first and the last piece; piece 0, [CLS], stands for no answer."""
    start, end = start.float().masked_fill(~allowed, -1e4), end.float().masked_fill(~allowed, -1e4)
    cross_entropy = nn.functional.cross_entropy
    return (cross_entropy(start, spans[:, 0]) + cross_entropy(end, spans[:, 1])) / 2


def learning_rate(peak: float, used: float, warmup: float) -> float:
    """Linear from 0 to `peak` over the first `warmup` of the budget, then linear to 0 where all of it is used."""
    return peak * min(used / warmup if warmup else 1.0, max(0.0, (1 - used) / (1 - warmup)))


def trained_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: p.detach().cpu().contiguous() for name, p in model.named_parameters() if p.requires_grad}


def save_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: dict) -> None:
    """Written aside and swapped in, so that a crash leaves the earlier one whole."""
    aside, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    aside.mkdir(parents=True)
    save_file(trained_weights(model), aside / "model.safetensors")
    torch.save({"optimizer": optimizer.state_dict(), "progress": progress}, aside / "state.pt")
    if folder.exists():
        folder.replace(old)
    aside.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict:
    if not folder.exists():
        folder = folder.with_name(folder.name + ".old")  # the run ended between the two renames
    if not folder.exists():
        sys.exit(f"--resume: there is no checkpoint in {folder.parent}; start without --resume")
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    state = torch.load(folder / "state.pt", weights_only=True, map_location="cpu")
    optimizer.load_state_dict(state["optimizer"])
    return state["progress"]


def evaluation(model, tokenizer: Tokenizer, rows: list[dict], bf16: bool) -> dict:
    predictions = predict(model, tokenizer, rows, bf16=bf16)
    model.train()
    found = {f"dev_{name}": value for name, value in answerable_figures(predictions).items()}
    drawn = mixed(predictions)
    if drawn:
        found["dev_mixed_f1"] = round(mixed_f1(drawn, best_threshold(drawn)), 2)
    return found


def export_model(folder: Path, model: PreTrainedModel) -> None:
    """A folder that transformers loads by itself."""
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if (model_folder() / name).exists():
            shutil.copyfile(model_folder() / name, folder / name)


def train(options: argparse.Namespace) -> None:
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    torch.manual_seed(options.seed)
    if device.type == "cpu":
        torch.set_num_threads(options.threads)
    tokenizer = load_tokenizer()
    model = load_model(options.init, options.dropout, options.layers, options.frozen, device)
    decayed = [p for p in model.parameters() if p.requires_grad and p.dim() > 1]
    others = [p for p in model.parameters() if p.requires_grad and p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=0.0,
        fused=True,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    progress = {"elapsed_s": 0.0, "passes": 0, "batch": 0, "examples": 0}
    if options.resume:
        progress = load_checkpoint(options.out / "checkpoint", model, optimizer)
        torch.manual_seed(options.seed + progress["examples"])
    examples = Examples(options.data, tokenizer, options.max_pieces)
    budget_examples = options.passes * len(examples.ids)
    dev_rows = []
    if options.eval:
        rows = halves(read_rows(options.eval))[0]
        dev_rows = random.Random(0).sample(rows, min(options.eval_questions, len(rows)))
    log_file = (options.out / "log.jsonl").open("a", encoding="utf-8")

    def log(record: dict) -> None:
        log_file.write(json.dumps(record) + "\n")
        log_file.flush()
        print(json.dumps(record), flush=True)

    log(
        {
            "event": "start",
            "examples_in_a_pass": len(examples.ids),
            "dropped": examples.dropped,
            "settings": json.loads(json.dumps(vars(options), default=str)),
            **progress,
        }
    )
    began = time.perf_counter() - progress["elapsed_s"]
    last = {"log": progress["elapsed_s"], "checkpoint": progress["elapsed_s"], "eval": progress["elapsed_s"]}
    losses, counted, done = [], 0, False
    model.train()
    while not done:
        batches = examples.batches(options.batch_size, options.seed + progress["passes"])
        for batch in batches[progress["batch"] :]:
            elapsed = time.perf_counter() - began
            used = max(elapsed / (60 * options.minutes), progress["examples"] / budget_examples)
            if used >= 1:
                done = True
                break
            rate = learning_rate(options.learning_rate, used, options.warmup)
            for group in optimizer.param_groups:
                group["lr"] = rate
            ids, types, spans, allowed = (t.to(device) for t in examples.tensors(batch))
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=options.bf16):
                output = model(**model_inputs(model, ids, (ids != 0).long(), types))
            loss = span_loss(output.start_logits, output.end_logits, spans, allowed)
            loss.backward()
            nn.utils.clip_grad_norm_(decayed + others, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
            counted += len(batch)
            progress = {**progress, "batch": progress["batch"] + 1, "examples": progress["examples"] + len(batch)}
            elapsed = time.perf_counter() - began
            progress["elapsed_s"] = elapsed
            if elapsed - last["log"] >= 60:
                log(
                    {
                        "event": "train",
                        "minutes": round(elapsed / 60, 2),
                        "examples": progress["examples"],
                        "loss": round(sum(losses) / len(losses), 4),
                        "learning_rate": rate,
                        "examples_per_s": round(counted / (elapsed - last["log"]), 1),
                    }
                )
                losses, counted, last["log"] = [], 0, elapsed
            if elapsed - last["checkpoint"] >= 60 * options.checkpoint_minutes:
                save_checkpoint(options.out / "checkpoint", model, optimizer, progress)
                last["checkpoint"] = time.perf_counter() - began
            if dev_rows and elapsed - last["eval"] >= 60 * options.eval_minutes:
                found = evaluation(model, tokenizer, dev_rows, options.bf16)
                log({"event": "eval", "minutes": round(elapsed / 60, 2), "examples": progress["examples"], **found})
                last["eval"] = last["log"] = time.perf_counter() - began
                losses, counted = [], 0
        else:
            progress = {**progress, "passes": progress["passes"] + 1, "batch": 0}
    save_checkpoint(options.out / "checkpoint", model, optimizer, progress)
    export_model(options.out / "model", model)
    if dev_rows:
        log({"event": "eval", "examples": progress["examples"], **evaluation(model, tokenizer, dev_rows, options.bf16)})
    log({"event": "end", **progress})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, type=Path, nargs="+", help="examples made by reader_data.py")
    parser.add_argument("--out", required=True, type=Path, help="folder for log, checkpoint and model")
    parser.add_argument(
        "--init", required=True, type=Path, help="the folder of a base_*.py, or an earlier reader to go on from"
    )
    parser.add_argument("--layers", type=int, help="of the encoder that stay, from below (default: all)")
    parser.add_argument("--frozen", type=int, default=0, help="layers, from below, that stay as they are")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/checkpoint")
    parser.add_argument("--minutes", type=float, default=1e9, help="time budget; the learning rate is 0 at its end")
    parser.add_argument("--passes", type=float, default=3.0, help="passes over the data at most")
    parser.add_argument("--learning-rate", type=float, default=2e-4, help="at its peak")
    parser.add_argument("--warmup", type=float, default=0.05, help="share of the budget")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--dropout", type=float, default=0.1, help="after the layers; none inside attention")
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--max-pieces", type=int, default=256)
    parser.add_argument("--bf16", action="store_true", help="bf16 autocast; pays on recent CPUs and on GPUs")
    parser.add_argument("--threads", type=int, default=2, help="on a CPU")
    parser.add_argument("--device", help="cpu or cuda (default: cuda where there is one)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--eval", type=Path, help="SQuAD-like file; a sample of its calibrate half is looked at")
    parser.add_argument("--eval-questions", type=int, default=600)
    parser.add_argument("--eval-minutes", type=float, default=10)
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    train(parser.parse_args())


if __name__ == "__main__":
    main()
