"""Lexical shortlists: which target words a source may need, so that the output projection computes few.

File format of Marian's `lex.*.bin`, little-endian: six u64 (magic, checksum, frequent, best, number of
offsets, number of entries), the offsets (u64), the entries (u32). Any text may need the first `frequent`
ids; source id i also needs `entries[offsets[i]:offsets[i + 1]]` and, where source and target share a
vocabulary, i itself, so that names can be copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosslate.models.arrays import IntArray
from crosslate.models.errors import CheckpointError

MAGIC = 0xF11A48D5013417F5
HEADER = struct.Struct("<6Q")


@dataclass(frozen=True, slots=True)
class LexicalShortlist:
    """The candidates of each source token."""

    num_frequent: int
    offsets: IntArray
    entries: IntArray
    is_shared: bool = False
    """Source and target ids mean the same pieces."""

    def candidates(self, source_ids: Iterable[int], also: Iterable[int] = ()) -> IntArray:
        """Sorted target ids that may appear in a translation of `source_ids`, and those of `also`."""
        offsets = self.offsets
        distinct = set(source_ids)
        lists = [self.entries[offsets[i] : offsets[i + 1]] for i in distinct]
        if self.is_shared:
            lists.append(np.fromiter(distinct, np.int64))
        found = np.concatenate([np.arange(self.num_frequent), *lists, np.fromiter(also, np.int64)])
        # Sorting so few is three times as fast as `np.unique`, which hashes them.
        found.sort()
        is_first = np.ones(len(found), np.bool_)
        np.not_equal(found[1:], found[:-1], out=is_first[1:])
        return found[is_first]


def read_shortlist(
    path: Path, *, source_vocab_size: int, target_vocab_size: int, is_shared: bool
) -> LexicalShortlist:
    """Read `lex.*.bin`; `CheckpointError` where it is not one or belongs to another vocabulary.

    `is_shared`: source and target use one vocabulary.
    """
    try:
        data = path.read_bytes()
    except OSError as e:
        raise CheckpointError(f"{path} cannot be read: {e.strerror}") from e
    if len(data) < HEADER.size:
        raise CheckpointError(f"{path} is not a lexical shortlist: it has {len(data)} bytes")
    magic, _, num_frequent, _, num_offsets, num_entries = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise CheckpointError(f"{path} is not a binary lexical shortlist (its magic number is {magic:#x})")
    if HEADER.size + 8 * num_offsets + 4 * num_entries > len(data):
        raise CheckpointError(f"{path} is cut short: download it again")
    offsets = np.frombuffer(data, "<u8", num_offsets, HEADER.size).astype(np.int64)
    entries = np.frombuffer(data, "<u4", num_entries, HEADER.size + 8 * num_offsets).astype(np.int64)
    if num_offsets != source_vocab_size + 1 or entries.max(initial=0) >= target_vocab_size:
        raise CheckpointError(
            f"{path} was made for another vocabulary: {num_offsets - 1} source ids, target ids up to"
            f" {entries.max(initial=0)}; the model has {source_vocab_size} and {target_vocab_size}"
        )
    # The first ids hold the end token: without them a translation would have no end.
    if not 0 < num_frequent <= target_vocab_size or not _are_bounds(offsets, num_entries):
        raise CheckpointError(f"{path} is damaged (its lists lie outside the file): download it again")
    return LexicalShortlist(num_frequent, offsets, entries, is_shared)


def _are_bounds(offsets: IntArray, num_entries: int) -> bool:
    return bool(offsets[0] == 0 and offsets[-1] <= num_entries and (np.diff(offsets) >= 0).all())
