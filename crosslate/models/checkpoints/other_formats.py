"""Folders that hold a model in a form that is not read here, and what to take instead."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from crosslate.models.checkpoints.adapter_files import ADAPTER_CONFIG

_CTRANSLATE2_FILE = "model.bin"
_CTRANSLATE2_HEAD = struct.Struct("<IH")
"""Its version, and how long the name of a kind of network is, which follows with a zero byte at its end."""
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_FORMATS = {".gguf": "GGUF", ".onnx": "ONNX", ".h5": "TensorFlow's form", ".msgpack": "Flax's form"}
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def is_ctranslate2(folder: Path) -> bool:
    """Whether its `model.bin` is CTranslate2's, and not Marian's, whose third word is a zero."""
    try:
        with (folder / _CTRANSLATE2_FILE).open("rb") as file:
            head = file.read(_CTRANSLATE2_HEAD.size)
            length = _CTRANSLATE2_HEAD.unpack(head)[1] if len(head) == _CTRANSLATE2_HEAD.size else 0
            name = file.read(length)
    except OSError:
        return False
    return 0 < length == len(name) and name[:-1].isalnum() and name.endswith(b"\x00")


def found_instead(folder: Path) -> str | None:
    """What a folder has in the place of a model, and what to do about it; None of all else."""
    if is_ctranslate2(folder):
        return "a model of CTranslate2 (model.bin): take the folder that it was converted from"
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
