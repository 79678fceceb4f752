"""Native Marian model files: `*.npz` of numpy, and `*.bin`, version 1, float32 or intgemm int8.

The layout of `*.bin`, little-endian: u64 version, u64 count; per item four u64 (bytes of name, type, rank,
bytes of data); then all names (NUL-terminated), all shapes (i32), a u64 count of padding bytes, the padding,
all data. An int8 item is followed by one float32, its quantization multiplier (value = int / multiplier), and
padding, so an item's extent is its shape, not its byte count. int8 matrices are stored transposed.
"""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml
from torch import Tensor

from crosslate.models.checkpoints.stored_tensors import ReadableTensor, StoredTensors, rows_at_once
from crosslate.models.errors import CheckpointError

FLOAT32 = 0x404
INT8 = 0x4101
CONFIG_ITEM = "special:model.yml"
UNUSED = frozenset({"decoder_c_tt", "uidx", "history_errs", "zipped_params"})
"""What Nematus expects in a file, and nothing reads."""


@dataclass(frozen=True, slots=True)
class MarianFile:
    """A parsed file: the options it was trained with, and its tensors, float32 when they are read.

    Matrices are `(out, in)`, as `torch.nn.functional.linear` wants them; vectors are flat; embedding
    tables (names ending in `Wemb`, `Wemb_dec` or `_Wt`) are `(vocabulary, width)`.
    """

    options: dict[str, Any]
    tensors: StoredTensors
    steps: dict[str, float]
    """of tensors that are stored as integers from -127 to 127: what one of these stands for"""


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    type: int
    shape: tuple[int, ...]
    data: memoryview


@dataclass(frozen=True, slots=True)
class _Rows(ReadableTensor):
    """A view of an item's data, as `MarianFile` has it."""

    values: npt.NDArray[Any]
    shape: tuple[int, ...]
    multiplier: float | None
    """of integers"""
    dtype: torch.dtype = torch.float32

    def read_rows(self, start: int, out: Tensor) -> None:
        step = rows_at_once(self.shape)
        for first in range(0, len(out), step):
            part = out[first : first + step]
            rows = self.values[start + first : start + first + len(part)].astype(np.float32, order="C")
            values = torch.from_numpy(rows)
            part.copy_(values if self.multiplier is None else values / self.multiplier)


def read_marian_file(path: Path) -> MarianFile:
    """Look through a model file; `CheckpointError` where it is not one.

    A `*.bin` is mapped, and read when a tensor is; a `*.npz` is read into memory.
    """
    is_numpy = path.suffix == ".npz"
    try:
        items = _read_numpy(path) if is_numpy else _parse(_mapped(path))
    except OSError as e:
        raise CheckpointError(f"{path} cannot be read: {e.strerror or e}") from e
    except (struct.error, ValueError, OverflowError, zipfile.BadZipFile, zlib.error) as e:
        kind = "Marian model in numpy's format" if is_numpy else "Marian binary model (version 1)"
        raise CheckpointError(f"{path} is not a {kind}, or it is cut short: {e}") from e
    parameters = [item for item in items if _is_parameter(item.name)]
    tensors = StoredTensors({_name(item): _rows(item, path) for item in parameters})
    steps = {_name(item): 1 / _multiplier(item, path) for item in parameters if _is_symmetric(item)}
    return MarianFile(_options(items, path), tensors, steps)


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _options(items: list[_Item], path: Path) -> dict[str, Any]:
    text = next((bytes(item.data).rstrip(b"\0") for item in items if item.name == CONFIG_ITEM), None)
    if text is None:
        raise CheckpointError(f"{path} has no {CONFIG_ITEM}: its network cannot be known")
    try:
        options = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as e:
        raise CheckpointError(f"{path}: {CONFIG_ITEM} is not YAML; is the download whole?") from e
    if not isinstance(options, dict):
        raise CheckpointError(f"{path}: {CONFIG_ITEM} holds no options; is the download whole?")
    return options


def _read_numpy(path: Path) -> list[_Item]:
    items = []
    # Only arrays of numbers: a pickle in such a file could do anything.
    with path.open("rb") as file, zipfile.ZipFile(file), np.load(file, allow_pickle=False) as arrays:
        for name in arrays.files:
            if name in UNUSED:
                continue
            array = arrays[name]
            kind = FLOAT32 if array.dtype == np.float32 else INT8 if name == CONFIG_ITEM else 0
            data = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
            items.append(_Item(name, kind, array.shape, data))
    return items


def _name(item: _Item) -> str:
    # Since 1.9 the output matrix is stored as the embedding is; it is `(out, in)` here in either case.
    return item.name.removesuffix("t") if item.name.endswith("_Wt") else item.name


def _is_parameter(name: str) -> bool:
    # `*_QuantMultA` scale intgemm's activations per tensor; activations are scaled per row here.
    return not name.startswith("special:") and not name.endswith("_QuantMultA")


def _parse(data: memoryview) -> list[_Item]:
    version, count = struct.unpack_from("<QQ", data, 0)
    if version != 1:
        raise ValueError(f"version {version}")
    if count * 32 > len(data):
        raise ValueError(f"{count} items do not fit")
    offset = 16
    heads = [struct.unpack_from("<4Q", data, offset + 32 * i) for i in range(count)]
    offset += 32 * count
    names = []
    for name_bytes, *_ in heads:
        names.append(bytes(data[offset : offset + name_bytes - 1]).decode())
        offset += name_bytes
    shapes = []
    for _, _, rank, _ in heads:
        shapes.append(struct.unpack_from(f"<{rank}i", data, offset))
        offset += 4 * rank
    (padding,) = struct.unpack_from("<Q", data, offset)
    offset += 8 + padding
    items = []
    for (_, kind, _, size), name, shape in zip(heads, names, shapes, strict=True):
        if size < _extent(kind, shape) or offset + size > len(data):
            raise ValueError(f"{name} ends behind the end of the file or of its own data")
        items.append(_Item(name, kind, shape, data[offset : offset + size]))
        offset += size
    if len(set(names)) < len(names):
        raise ValueError("it has several items of one name")
    return items


def _extent(kind: int, shape: tuple[int, ...]) -> int:
    # bytes that are read of an item's data
    if any(size < 1 for size in shape):
        raise ValueError(f"a shape is {shape}")
    return {FLOAT32: 4 * math.prod(shape), INT8: math.prod(shape) + 4}.get(kind, 0)


def _is_embedding(name: str) -> bool:
    return name.endswith(("Wemb", "Wemb_dec", "_Wt"))


def _is_symmetric(item: _Item) -> bool:
    return item.type == INT8 and bool((_integers(item) > -128).all())


def _integers(item: _Item) -> npt.NDArray[np.int8]:
    return np.frombuffer(item.data, np.int8, math.prod(item.shape))


def _multiplier(item: _Item, path: Path) -> float:
    (multiplier,) = struct.unpack_from("<f", item.data, math.prod(item.shape))
    if not 0 < multiplier < math.inf:
        raise CheckpointError(f"{path}: {item.name} is damaged (its multiplier is {multiplier})")
    return float(multiplier)


def _rows(item: _Item, path: Path) -> _Rows:
    shape, multiplier = item.shape, None
    is_matrix = len(shape) == 2 and not _is_embedding(item.name)
    if item.type == FLOAT32:
        values: npt.NDArray[Any] = np.frombuffer(item.data, "<f4", math.prod(shape))
        is_transposed = is_matrix
    elif item.type == INT8:
        values, multiplier = _integers(item), _multiplier(item, path)
        is_transposed = False
        shape = shape[::-1] if is_matrix else shape
    else:
        raise CheckpointError(
            f"{path}: {item.name} has type {item.type:#x}; float32 ({FLOAT32:#x}) and 8-bit integers"
            f" ({INT8:#x}, models named *.intgemm*.bin) can be read"
        )
    if len(item.shape) == 2 and item.shape[0] == 1:
        return _Rows(values, values.shape, multiplier)
    values = values.reshape(shape)
    values = values.T if is_transposed else values
    return _Rows(values, values.shape, multiplier)
