"""Lexical shortlists: which target words a source may need, so that the output projection computes few.

File format of Marian's `lex.*.bin`, little-endian: six u64 (magic, checksum, frequent, best, number of
offsets, number of entries), the offsets (u64), the entries (u32). Any text may need the first `frequent`
ids; source id i also needs `entries[offsets[i]:offsets[i + 1]]`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import CheckpointError

MAGIC = 0xF11A48D5013417F5
HEADER = struct.Struct("<6Q")

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LexicalShortlist:
    """The candidates of each source token."""

    num_frequent: int
    offsets: IntArray
    entries: IntArray

    def candidates(self, source_ids: Iterable[int]) -> IntArray:
        """Sorted target ids that may appear in a translation of `source_ids`."""
        offsets = self.offsets
        lists = [self.entries[offsets[i] : offsets[i + 1]] for i in set(source_ids)]
        return np.unique(np.concatenate([np.arange(self.num_frequent), *lists]))


def read_shortlist(path: Path, *, source_vocab_size: int, target_vocab_size: int) -> LexicalShortlist:
    """Read `lex.*.bin`; `CheckpointError` where it is not one or belongs to another vocabulary."""
    data = path.read_bytes()
    if len(data) < HEADER.size:
        raise CheckpointError(f"{path} is not a lexical shortlist: it has {len(data)} bytes")
    magic, _, num_frequent, _, num_offsets, num_entries = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise CheckpointError(f"{path} is not a binary lexical shortlist (its magic number is {magic:#x})")
    if HEADER.size + 8 * num_offsets + 4 * num_entries > len(data):
        raise CheckpointError(f"{path} is cut short: download it again")
    offsets = np.frombuffer(data, "<u8", num_offsets, HEADER.size).astype(np.int64)
    entries = np.frombuffer(data, "<u4", num_entries, HEADER.size + 8 * num_offsets).astype(np.int64)
    if num_offsets != source_vocab_size + 1 or (num_entries and entries.max() >= target_vocab_size):
        raise CheckpointError(
            f"{path} was made for another vocabulary: {num_offsets - 1} source ids, target ids up to"
            f" {entries.max(initial=0)}; the model has {source_vocab_size} and {target_vocab_size}"
        )
    return LexicalShortlist(num_frequent, offsets, entries)
