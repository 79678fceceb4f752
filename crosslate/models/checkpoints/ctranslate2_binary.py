"""CTranslate2's `model.bin`, as its converters have written it since version 2 of the program (2021).

Little-endian: u32 version of the format, the kind of model, u32 revision of its names, u32 count; per
variable its name, u8 rank, u32 per dimension, u8 type, u32 bytes of data, the data; then u32 count and pairs
of names, an alias and what it stands for. A name is a u16 length, which counts a NUL at its end, and bytes.

Integers `q` are weights divided: `q / scale`, with one scale for each row of `X/weight` in `X/weight_scale`
(int8), or a single one (int16).

Reference: `python/ctranslate2/specs/model_spec.py`, `src/models/model.cc` of CTranslate2 4.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import torch
from torch import Tensor

from crosslate.models.checkpoints.stored_tensors import (
    ReadableTensor,
    StoredTensor,
    StoredTensors,
    damaged,
    rows_at_once,
)
from crosslate.models.errors import CheckpointError

VERSIONS = range(4, 7)
DTYPES = (torch.float32, torch.int8, torch.int16, torch.int32, torch.float16, torch.bfloat16)
"""By the number that a file has for them."""
SCALE = "_scale"
_HEAD = struct.Struct("<IH")
"""The version, and the length of the name of the kind."""
_MOST_DIMENSIONS = 4


@dataclass(frozen=True, slots=True)
class CTranslate2File:
    """What a file says, with dots in names, and a norm's `gamma` and `beta` as `weight` and `bias`."""

    kind: str
    """Of model: `TransformerSpec` is an encoder with a decoder."""
    tensors: StoredTensors
    """Floating-point when they are read; under one name each."""
    numbers: Mapping[str, int | float]
    """What is no tensor: settings of the network; flags are 0 and 1."""
    aliases: Mapping[str, str]

    def name(self, name: str) -> str:
        """That of the tensor which stands under this one, too."""
        return self.aliases.get(name, name)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return self.name(name) in self.tensors

    def number(self, name: str, default: int | float) -> int | float:
        """A setting, which older files have once for encoder and decoder."""
        found = self.numbers.get(self.name(name))
        return self.numbers.get(name.rpartition(".")[2], default) if found is None else found


@dataclass(frozen=True, slots=True)
class _Integers(ReadableTensor):
    """Rows of integers, each multiplied by what one stands for in it."""

    stored: StoredTensor
    steps: Tensor  # (N,)
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32

    def read_rows(self, start: int, out: Tensor) -> None:
        at_once = rows_at_once(self.shape)
        for first in range(0, len(out), at_once):
            part = out[first : first + at_once]
            rows = torch.empty(part.shape)
            self.stored.read_rows(start + first, rows)
            steps = self.steps[start + first : start + first + len(part)]
            part.copy_(rows * steps.view(-1, *(1 for _ in self.shape[1:])))


def is_ctranslate2(path: Path) -> bool:
    """Whether this is such a file, by its first bytes; the third word of native Marian's is a zero."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            length = _HEAD.unpack(head)[1] if len(head) == _HEAD.size else 0
            kind = file.read(length)
    except OSError:
        return False
    return 0 < length == len(kind) and kind[:-1].isalnum() and kind.endswith(b"\0")


def read_ctranslate2(path: Path) -> CTranslate2File:
    """Look through a file, whose data are read when a tensor is.

    Raises:
        CheckpointError: it is damaged, or of a version that is not known.
    """
    try:
        with path.open("rb") as file:
            return _parsed(_Reader(file, path), path)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (struct.error, ValueError, OverflowError) as error:
        raise CheckpointError(damaged(path, error)) from error


class _Reader:
    def __init__(self, file: BufferedReader, path: Path) -> None:
        self._file, self._path = file, path
        self._end = os.fstat(file.fileno()).st_size

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack(f"<{form}", self._file.read(struct.calcsize(f"<{form}")))

    def number(self, form: str) -> int:
        return self.numbers(form)[0]

    def name(self) -> str:
        length = self.number("H")
        found = self._file.read(length)
        if len(found) < length or not found.endswith(b"\0"):
            raise ValueError("a name ends too early")
        return found[:-1].decode()

    def variable(self) -> tuple[str, StoredTensor]:
        name = self.name()
        rank = self.number("B")
        if rank > _MOST_DIMENSIONS:
            raise ValueError(f"{name} has {rank} dimensions")
        shape = self.numbers(f"{rank}I")
        kind, num_bytes = self.numbers("BI")
        if kind >= len(DTYPES):
            raise ValueError(f"{name} is of the unknown type {kind}")
        expected = math.prod(shape) * DTYPES[kind].itemsize
        if num_bytes != expected % 2**32:
            raise ValueError(f"{name} has {num_bytes} bytes, expected {expected}")
        found = StoredTensor(self._path, self._file.tell(), shape, DTYPES[kind])
        if self._file.seek(expected, os.SEEK_CUR) > self._end:
            raise ValueError(f"{name} ends behind the end of the file")
        return name, found


def _parsed(reader: _Reader, path: Path) -> CTranslate2File:
    version = reader.number("I")
    if version not in VERSIONS:
        raise CheckpointError(
            f"{path} is of version {version} of CTranslate2's format, supported: {VERSIONS[0]} to"
            f" {VERSIONS[-1]}; convert the model again"
        )
    kind, _revision = reader.name(), reader.number("I")
    variables = dict(reader.variable() for _ in range(reader.number("I")))
    aliases = {_name(reader.name()): _name(reader.name()) for _ in range(reader.number("I"))}
    numbers = {_name(name): _value(found) for name, found in variables.items() if not found.shape}
    # One scale for all of a tensor is not one for each row, and yet a number.
    tensors = {name: found for name, found in variables.items() if found.shape and not _is_scale(name)}
    return CTranslate2File(
        kind=kind,
        tensors=StoredTensors({_name(name): _readable(name, variables) for name in tensors}),
        numbers={name: number for name, number in numbers.items() if not _is_scale(name)},
        aliases=aliases,
    )


def _name(name: str) -> str:
    module, _, kind = name.replace("/", ".").rpartition(".")
    ours = {"gamma": "weight", "beta": "bias"}.get(kind, kind)
    return f"{module}.{ours}" if module else ours


def _is_scale(name: str) -> bool:
    return name.endswith(f"weight{SCALE}")


def _value(found: StoredTensor) -> int | float:
    value = found.read()
    return float(value) if found.dtype.is_floating_point else int(value)


def _readable(name: str, variables: Mapping[str, StoredTensor]) -> ReadableTensor:
    found = variables[name]
    if found.dtype.is_floating_point:
        return found
    return _Integers(found, _steps(name, variables), found.shape)


def _steps(name: str, variables: Mapping[str, StoredTensor]) -> Tensor:
    """What an integer stands for, (N,)."""
    num_rows, scale = variables[name].shape[0], variables.get(name + SCALE)
    if scale is None or scale.shape not in ((), (1,), (num_rows,)):
        raise ValueError(f"{name} holds integers without a scale for each row")
    steps = 1 / scale.read().float()
    if not bool((steps.isfinite() & (steps > 0)).all()):
        raise ValueError(f"the scales of {name} are no positive numbers")
    return steps.expand(num_rows).contiguous()
