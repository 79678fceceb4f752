"""Folders that hold a model in a form that is not read here, and what to take instead."""

from __future__ import annotations

import re
from pathlib import Path

from crosslate.models.checkpoints.adapter_files import ADAPTER_CONFIG

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_FORMATS = {".gguf": "GGUF", ".onnx": "ONNX", ".h5": "TensorFlow's form", ".msgpack": "Flax's form"}
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def found_instead(folder: Path) -> str | None:
    """What a folder has in the place of a model, and what to do about it; None of all else."""
    if newest := _newest_checkpoint(folder):
        return f"checkpoints of a training: take the newest, {newest}"
    for suffix, form in _FORMATS.items():
        if found := sorted(folder.rglob(f"*{suffix}")):
            file = found[0].relative_to(folder)
            return (
                f"weights in {form} ({file}): take the model's folder with safetensors, as it was published"
            )
    weights = sorted(path.name for pattern in _WEIGHTS for path in folder.glob(pattern))
    if weights and not (folder / "config.json").exists():
        return (
            f"weights ({weights[0]}) without the config.json that says of which network they are: put it"
            " beside them, and the tokenizer's files"
        )
    return None


def _newest_checkpoint(folder: Path) -> Path | None:
    """Of those that a training keeps in folders of their own."""
    numbers = {
        int(found[1]): path
        for path in folder.glob("checkpoint-*")
        if (found := _CHECKPOINT.fullmatch(path.name))
        and any((path / name).exists() for name in ("config.json", ADAPTER_CONFIG))
    }
    return numbers[max(numbers)] if numbers else None
