"""The weights of a Hugging Face folder: safetensors or, where there are none, pickles of nothing else."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from crosslate.models.checkpoints.other_formats import found_instead
from crosslate.models.checkpoints.stored_tensors import ReadableTensor, StoredTensor, StoredTensors, damaged
from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json

SAFETENSORS = "model.safetensors"
PICKLE = "pytorch_model.bin"
INDEX_SUFFIX = ".index.json"
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def read_weights(folder: Path, safetensors: str = SAFETENSORS, pickled: str = PICKLE) -> StoredTensors:
    """All tensors of a folder: of `model.safetensors`, else of `pytorch_model.bin`, or of their shards.

    Other names than these may be given.

    Pickles are read with torch's weights-only loading, which builds tensors and plain containers and runs
    nothing else.

    Raises:
        CheckpointError: there are no weights, they are damaged, or they hold more than weights.
    """
    for name, read in ((safetensors, _safetensors_entries), (pickled, _pickle_entries)):
        files = _files(folder, name)
        if files:
            entries: dict[str, Tensor | ReadableTensor] = {}
            for file in files:
                entries |= read(file)
            return StoredTensors(entries)
    if instead := found_instead(folder):
        raise CheckpointError(f"{folder} has no {safetensors} (nor {pickled}), but {instead}")
    raise CheckpointError(f"{folder} has no {safetensors} (nor {pickled}): download the weights")


def _files(folder: Path, name: str) -> list[Path]:
    """The one file of that name, or the shards that its index lists."""
    index = folder / f"{name}{INDEX_SUFFIX}"
    if not index.exists():
        return [folder / name] if (folder / name).exists() else []
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(map(_is_file_name, weight_map.values())):
        raise CheckpointError(f"{index} does not say which files hold the weights: download it again")
    return [folder / shard for shard in sorted(set(weight_map.values()))]


def _is_file_name(value: object) -> bool:
    # An index names files beside it, never others on this machine.
    return isinstance(value, str) and Path(value).name == value


def _safetensors_entries(path: Path) -> dict[str, StoredTensor]:
    try:
        with safe_open(path, framework="pt"):  # checks that the header and the file's length agree
            pass
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
    except (SafetensorError, OSError) as e:
        raise CheckpointError(damaged(path, e)) from e
    header.pop("__metadata__", None)
    unknown = {info["dtype"] for info in header.values()} - _DTYPES.keys()
    if unknown:
        raise CheckpointError(f"{path} holds numbers of type {', '.join(sorted(unknown))}: not supported")
    return {
        name: StoredTensor(
            path, 8 + length + info["data_offsets"][0], tuple(info["shape"]), _DTYPES[info["dtype"]]
        )
        for name, info in header.items()
    }


def _pickle_entries(path: Path) -> dict[str, Tensor]:
    try:
        content = load_pickle(path)
    except pickle.UnpicklingError as e:
        raise CheckpointError(
            f"{path} is a pickle that holds more than weights, or is damaged. It could do anything when"
            " it is read, so it is refused; if you trust it, convert it with transformers:"
            " model.save_pretrained(folder)"
        ) from e
    except Exception as e:  # torch.load raises whatever a damaged file leads it to
        raise CheckpointError(damaged(path, e)) from e
    if not isinstance(content, dict) or not all(map(_is_named_tensor, content.items())):
        raise CheckpointError(f"{path} does not hold a model's tensors by name: is it the weights' file?")
    return content


def load_pickle(path: Path) -> object:
    """What a file of `torch.save` holds, its tensors mapped: they are read when they are looked at.

    Files as they were before torch 1.6 cannot be mapped. Raises whatever a damaged file leads torch to.
    """
    return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))


def _is_named_tensor(item: tuple[object, object]) -> bool:
    name, value = item
    return isinstance(name, str) and isinstance(value, Tensor)
