"""Tensors in a file that processes map: in memory there is one copy of them, whoever reads it.

The file is written once, beside its place, and moved there when it is on the disk; it is never changed. Its
head says whose tensors these are, and has checksums of itself and of all that follows.

    16 bytes   MAGIC
     8 bytes   length of the description
     4 bytes   its CRC-32; 4 bytes of zeros
               the description, JSON; zeros up to a multiple of ALIGNMENT
               the tensors, each from a multiple of ALIGNMENT on
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import torch
from torch import Tensor

MAGIC = b"crosslate tensor"
ALIGNMENT = 64
"""Of what the widest vectors are loaded from fastest."""
UNFINISHED = ".writing"
"""The end of the name of a file that is not all there."""
_HEAD = struct.Struct("<16sQI4x")
_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in (torch.int8, torch.int16, torch.int64)}
_DTYPES["float32"] = torch.float32


class DamagedError(Exception):
    """A file is not what was written; the message says in which way."""


@dataclass(frozen=True, slots=True)
class NamedTensors:
    """Tensors on the CPU, and whole numbers that belong to them, each by name."""

    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, Sequence[int]]


def write_tensors(path: Path, key: str, named: NamedTensors) -> None:
    """Write them under `key`; whoever maps the file that was there before goes on with that.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    chunks = _Chunks(named.tensors)
    description = {
        "key": key,
        "numbers": {name: list(numbers) for name, numbers in named.numbers.items()},
        "tensors": chunks.places,
        "num_bytes": chunks.num_bytes,
        "crc": _crc_of(chunks),
    }
    text = json.dumps(description).encode()
    head = _HEAD.pack(MAGIC, len(text), zlib.crc32(text)) + text
    with NamedTemporaryFile(dir=path.parent, prefix=path.stem, suffix=UNFINISHED, delete=False) as file:
        try:
            file.write(head + bytes(-len(head) % ALIGNMENT))
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def map_tensors(path: Path, key: str) -> NamedTensors:
    """What was written there under `key`; every byte of it is looked at.

    Raises:
        OSError: there is no such file, or it cannot be read.
        DamagedError: it is not whole, or something else.
    """
    size = path.stat().st_size
    if size < _HEAD.size:
        raise DamagedError("it is too short")
    try:
        # Not `mmap`: of memory that cannot be written to, PyTorch makes no tensors without a warning.
        whole = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
    except RuntimeError as error:
        raise OSError(str(error)) from None
    magic, length, crc = _HEAD.unpack(_bytes(whole[: _HEAD.size]))
    text = _bytes(whole[_HEAD.size : _HEAD.size + length])
    if magic != MAGIC or zlib.crc32(text) != crc:
        raise DamagedError("its head is not as it was written")
    description = json.loads(bytes(text))
    if description["key"] != key:
        raise DamagedError("it holds the weights of something else")
    start = _aligned(_HEAD.size + length)
    data = whole[start:]
    if len(data) != description["num_bytes"] or zlib.crc32(_bytes(data)) != description["crc"]:
        raise DamagedError("its tensors are not as they were written")
    tensors = {name: _tensor(data, *place) for name, place in description["tensors"].items()}
    return NamedTensors(tensors, description["numbers"])


class _Chunks:
    """The bytes of tensors as they stand in a file, and where each is: type, shape, offset."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self.places: dict[str, tuple[str, list[int], int]] = {}
        self.num_bytes = 0
        for name, tensor in tensors.items():
            self.places[name] = (str(tensor.dtype).removeprefix("torch."), list(tensor.shape), self.num_bytes)
            self.num_bytes += _aligned(tensor.nbytes)

    def __iter__(self) -> Iterator[memoryview | bytes]:
        for tensor in self._tensors.values():
            yield _bytes(tensor)
            yield bytes(-tensor.nbytes % ALIGNMENT)


def _crc_of(chunks: _Chunks) -> int:
    crc = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
    return crc


def _bytes(tensor: Tensor) -> memoryview:
    flat: np.ndarray[tuple[int], np.dtype[np.uint8]] = (
        tensor.detach().contiguous().view(-1).view(torch.uint8).numpy()
    )
    return flat.data


def _tensor(data: Tensor, dtype: str, shape: list[int], offset: int) -> Tensor:
    kind = _DTYPES[dtype]
    num_bytes = kind.itemsize * int(np.prod(shape))
    return data[offset : offset + num_bytes].view(kind).view(shape)


def _aligned(num_bytes: int) -> int:
    return -(-num_bytes // ALIGNMENT) * ALIGNMENT


def _sync_folder(folder: Path) -> None:
    """Have the name survive a power cut, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
