"""The weights of a Hugging Face folder: safetensors or, where there are none, pickles that hold nothing else.

Tensors of safetensors are read when they are asked for, into memory of their own. They are not mapped: a
mapped file counts as memory as soon as it is read, is not aligned for fast arithmetic, and must never change.
"""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from crosslate.models.errors import CheckpointError
from crosslate.models.generation_config import read_json

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


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies in a file."""

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: torch.dtype

    def read(self) -> Tensor:
        """A new tensor with what the file holds."""
        flat = torch.empty(math.prod(self.shape), dtype=self.dtype)
        data = flat.view(torch.uint8).numpy().data
        with self.path.open("rb") as file:
            file.seek(self.offset)
            if file.readinto(data) != len(data):
                raise CheckpointError(_damaged(self.path, "it has become shorter"))
        return flat.view(self.shape)


class StoredTensors(MutableMapping[str, Tensor]):
    """Tensors by name. Those of a file are read each time they are asked for, and only then."""

    def __init__(self, entries: dict[str, Tensor | StoredTensor]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Tensor:
        entry = self._entries[name]
        return entry.read() if isinstance(entry, StoredTensor) else entry

    def __setitem__(self, name: str, tensor: Tensor) -> None:
        self._entries[name] = tensor

    def rename(self, old: str, new: str) -> None:
        """Give a tensor another name, without reading it."""
        self._entries[new] = self._entries.pop(old)

    def share(self, name: str, other: str) -> None:
        """Have a tensor under another name, too, without reading it."""
        self._entries[other] = self._entries[name]

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def read_weights(folder: Path) -> StoredTensors:
    """All tensors of a folder: of `model.safetensors`, else of `pytorch_model.bin`, or of their shards.

    Pickles are read with torch's weights-only loading, which builds tensors and plain containers and runs
    nothing else.

    Raises:
        CheckpointError: there are no weights, they are damaged, or they hold more than weights.
    """
    for name, read in ((SAFETENSORS, _safetensors_entries), (PICKLE, _pickle_entries)):
        files = _files(folder, name)
        if files:
            entries: dict[str, Tensor | StoredTensor] = {}
            for file in files:
                entries |= read(file)
            return StoredTensors(entries)
    raise CheckpointError(f"{folder} has no {SAFETENSORS} (nor {PICKLE}): download the weights")


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
        raise CheckpointError(_damaged(path, e)) from e
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
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as e:
        raise CheckpointError(
            f"{path} is a pickle that holds more than weights, or is damaged. It could do anything when"
            " it is read, so it is refused; if you trust it, convert it with transformers:"
            " model.save_pretrained(folder)"
        ) from e
    except Exception as e:  # torch.load raises whatever a damaged file leads it to
        raise CheckpointError(_damaged(path, e)) from e
    if not isinstance(content, dict) or not all(map(_is_named_tensor, content.items())):
        raise CheckpointError(f"{path} does not hold a model's tensors by name: is it the weights' file?")
    return content


def _is_named_tensor(item: tuple[object, object]) -> bool:
    name, value = item
    return isinstance(name, str) and isinstance(value, Tensor)


def _damaged(path: Path, reason: object) -> str:
    return f"{path} is missing or damaged ({reason}): download it again"
