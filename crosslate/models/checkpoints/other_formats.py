"""What holds a model in a form that is not read here, or only a part of it; and what to take instead."""

from __future__ import annotations

import re
from pathlib import Path

from crosslate.models.checkpoints.adapter_files import ADAPTER_CONFIG

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_FORMATS = {".gguf": "GGUF", ".onnx": "ONNX", ".h5": "TensorFlow's form", ".msgpack": "Flax's form"}
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_ASIDE = (*_WEIGHTS, "*.bin", "*.npz", "*.pt")
"""Weights that are read, with what is in their folder beside them."""
_CONFIGS = ("config.json", ADAPTER_CONFIG)
_PUBLISHED = "take the model's folder with safetensors, as it was published"
_INCOMPLETE = (
    "without the config.json that says of which network they are: put it beside them, and the tokenizer's"
    " files"
)


def found_instead(folder: Path) -> str | None:
    """What a folder has in the place of a model, and what to do about it; None of all else."""
    if newest := _newest_checkpoint(folder):
        return f"checkpoints of a training: take the newest, {newest}"
    for suffix, form in _FORMATS.items():
        if found := sorted(folder.rglob(f"*{suffix}")):
            file = found[0].relative_to(folder)
            return f"weights in {form} ({file}): {_PUBLISHED}"
    weights = sorted(path.name for pattern in _WEIGHTS for path in folder.glob(pattern))
    if weights and not (folder / "config.json").exists():
        return f"weights ({weights[0]}) {_INCOMPLETE}"
    return None


def of_file(file: Path) -> str | None:
    """What a file is that was given in the place of a model's folder, and what to give; None of all else."""
    if form := _FORMATS.get(file.suffix.lower()):
        return f"weights in {form}: {_PUBLISHED}"
    folder = file.parent.resolve()
    has_config = any((folder / name).exists() for name in _CONFIGS)
    if any(map(file.match, _WEIGHTS)) and not has_config:
        return f"weights {_INCOMPLETE}, and give their folder, {folder}"
    if any(map(file.match, _ASIDE)):
        return f"weights: give the folder that they are in, {folder}"
    return None


def _newest_checkpoint(folder: Path) -> Path | None:
    """Of those that a training keeps in folders of their own."""
    numbers = {
        int(found[1]): path
        for path in folder.glob("checkpoint-*")
        if (found := _CHECKPOINT.fullmatch(path.name)) and any((path / name).exists() for name in _CONFIGS)
    }
    return numbers[max(numbers)] if numbers else None
