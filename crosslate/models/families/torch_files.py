"""Checkpoints as `torch.save` writes them: read without running anything of what they hold."""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crosslate.models.checkpoints.model_files import no_model_in, only_file
from crosslate.models.checkpoints.weight_files import load_pickle
from crosslate.models.errors import CheckpointError
from crosslate.models.families.opennmt_py import STORED_GATES, STORED_PARTS
from crosslate.models.specs.recurrent_spec import CellSpec


def only_checkpoint(folder: Path) -> Path:
    """The folder's `*.pt`; raises `CheckpointError` where there are several."""
    found = only_file(folder, list(folder.glob("*.pt")), "the checkpoint")
    if found is None:
        raise no_model_in(folder)
    return found


def read_checkpoint(path: Path, on_objects: str) -> dict[str, Any]:
    """What a checkpoint holds: tensors, plain containers, and a `Namespace` of options; nothing is run.

    Raises:
        CheckpointError: it is damaged, or holds other objects; `on_objects` says whose do, and what to do.
    """
    try:
        with torch.serialization.safe_globals([argparse.Namespace, set]):
            content = load_pickle(path)
    except pickle.UnpicklingError as e:
        raise CheckpointError(
            f"{path} is damaged, or a pickle that holds more than weights, options and lists, {on_objects}"
        ) from e
    except Exception as e:  # torch.load raises whatever a damaged file leads it to
        raise CheckpointError(f"{path} is damaged ({e}): copy it again") from e
    return content if isinstance(content, dict) else {}


def set_gates_apart(tensors: MutableMapping[str, Tensor], cells: Iterable[str], cell: CellSpec) -> None:
    """Cells have their gates in another order here: cut each tensor of them, which copies nothing.

    `cells` are what the checkpoint calls them, see `named_cells`.
    """
    gates = STORED_GATES[cell.kind]
    for name in (theirs.format(part) for theirs in cells for part in STORED_PARTS):
        tensor = tensors.pop(name, None)
        if tensor is not None:
            parts = tensor.tensor_split(len(gates))
            tensors.update({f"{name}.{gate}": part for gate, part in zip(gates, parts, strict=True)})
