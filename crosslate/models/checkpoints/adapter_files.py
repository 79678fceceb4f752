"""Folders with an adapter of PEFT's: what changes a model, and the name of the model that it changes."""

from __future__ import annotations

from pathlib import Path

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_SAFETENSORS = "adapter_model.safetensors"
ADAPTER_PICKLE = "adapter_model.bin"
MODEL_SAFETENSORS = ("model*.safetensors",)
MODEL_PICKLES = ("pytorch_model*.bin",)
"""What the weights of a whole model are called, in one file or several."""


def is_adapter(folder: Path) -> bool:
    """Whether it holds an adapter and no model: `config.json` alone, which some trainers add, is none."""
    if not (folder / ADAPTER_CONFIG).exists():
        return False
    return not any(found for pattern in MODEL_SAFETENSORS + MODEL_PICKLES for found in folder.glob(pattern))


def base_name(folder: Path) -> str:
    """The model that an adapter changes, as `find_model` takes it: a path, or a Hub id with its revision.

    Raises:
        CheckpointError: the adapter does not say.
    """
    path = folder / ADAPTER_CONFIG
    config = read_json(path)
    name, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(name, str) or not name:
        raise CheckpointError(f"{path} does not name its model: set base_model_name_or_path")
    return f"{name}@{revision}" if isinstance(revision, str) and not Path(name).is_dir() else name
