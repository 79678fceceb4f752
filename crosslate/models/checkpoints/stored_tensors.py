"""Tensors that are read from where they lie when they are needed, and only the rows that are.

Those of safetensors are read into memory of their own and not mapped: a mapped file counts as memory as soon
as it is read, is not aligned for fast arithmetic, and must never change.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import torch
from torch import Tensor

from crosslate.models.errors import CheckpointError

BLOCK_ENTRIES = 2**20
"""What is converted at once: little memory, and few calls that wait for threads."""


class ReadableTensor(ABC):
    """A tensor somewhere else."""

    shape: tuple[int, ...]
    dtype: torch.dtype

    @abstractmethod
    def read_rows(self, start: int, out: Tensor) -> None:
        """Fill `out` (n, ...), in one piece on the CPU, with n rows from `start` on, in its type."""

    def read(self) -> Tensor:
        """A new tensor with all of it."""
        out = torch.empty(self.shape, dtype=self.dtype)
        self.read_rows(0, out if self.shape else out[None])
        return out


@dataclass(frozen=True, slots=True)
class StoredTensor(ReadableTensor):
    """In a file, row behind row."""

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: torch.dtype

    def read_rows(self, start: int, out: Tensor) -> None:
        flat = out.view(-1)
        with self.path.open("rb") as file:
            file.seek(self.offset + start * math.prod(self.shape[1:]) * self.dtype.itemsize)
            if out.dtype == self.dtype:
                self._read_into(flat, file)
                return
            block = torch.empty(min(len(flat), BLOCK_ENTRIES), dtype=self.dtype)
            for part in torch.split(flat, BLOCK_ENTRIES):
                self._read_into(block[: len(part)], file)
                part.copy_(block[: len(part)])

    def _read_into(self, flat: Tensor, file: BufferedReader) -> None:
        data = flat.view(torch.uint8).numpy().data
        if file.readinto(data) != len(data):
            raise CheckpointError(damaged(self.path, "it has become shorter"))


def read_rows(entry: Tensor | ReadableTensor, start: int, out: Tensor) -> None:
    """See `ReadableTensor.read_rows`."""
    if isinstance(entry, ReadableTensor):
        entry.read_rows(start, out)
    else:
        out.copy_(entry[start : start + len(out)] if entry.dim() else entry)


class StoredTensors(MutableMapping[str, Tensor]):
    """Tensors by name. Those that lie elsewhere are read each time they are asked for, and only then."""

    def __init__(self, entries: Mapping[str, Tensor | ReadableTensor]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Tensor:
        entry = self._entries[name]
        return entry.read() if isinstance(entry, ReadableTensor) else entry

    def __setitem__(self, name: str, tensor: Tensor | ReadableTensor) -> None:
        self._entries[name] = tensor

    def entry(self, name: str) -> Tensor | ReadableTensor:
        """A tensor as it is here: one that lies elsewhere is not read."""
        return self._entries[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """A tensor's, which is not read."""
        return tuple(self._entries[name].shape)

    def read_rows(self, name: str, start: int, out: Tensor) -> None:
        """See `ReadableTensor.read_rows`."""
        read_rows(self._entries[name], start, out)

    def are_equal(self, name: str, other: str) -> bool:
        """Whether two tensors have the same shape and numbers; a piece of them at a time is read."""
        if self.shape(name) != self.shape(other):
            return False
        pairs = zip(self._blocks(name), self._blocks(other), strict=True)
        return all(torch.equal(*blocks) for blocks in pairs)

    def _blocks(self, name: str) -> Iterator[Tensor]:
        shape = self.shape(name) or (1,)
        step = rows_at_once(shape)
        for start in range(0, shape[0], step):
            # As exact as any number that is stored
            out = torch.empty(min(step, shape[0] - start), *shape[1:], dtype=torch.float64)
            self.read_rows(name, start, out)
            yield out

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


def rows_at_once(shape: tuple[int, ...]) -> int:
    """How many rows of such a tensor have about `BLOCK_ENTRIES`."""
    return max(1, BLOCK_ENTRIES // max(1, math.prod(shape[1:])))


def row_blocks(matrix: Tensor) -> tuple[Tensor, ...]:
    """A matrix that is here, some rows at a time."""
    return torch.split(matrix, rows_at_once(tuple(matrix.shape)))


def damaged(path: Path, reason: object) -> str:
    """What to say of a file of weights that is not whole."""
    return f"{path} is missing or damaged ({reason}): download it again"
