"""The caches of all decoder layers in a few large tensors, whose places do not change while steps run.

Rows are there from the beginning; lengths grow by buckets (powers of two), and rarely: then every tensor is
at another place, and what was recorded over the old one is void. As in `kv_cache`, nothing of a row's former
sequence stays behind for the next.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models.kv_cache import RecurrentState, SelfKVCache, grown
from models.transformer import Decoder

MIN_LENGTH = 64
"""The shortest bucket of source and target lengths: fewer keys would save a step next to nothing."""


def bucket(count: int, least: int = 1) -> int:
    """The smallest power of two that is at least `count` and `least`."""
    return max(least, 1 << (count - 1).bit_length())


class StaticStorage:
    """Memory for `num_rows` rows of one lane.

    Attributes:
        cache: every layer's part, as the decoder's `step` reads it.
    """

    def __init__(self, decoder: Decoder, num_rows: int, dtype: torch.dtype, device: torch.device) -> None:
        heads, head_dim = decoder.spec.num_heads, decoder.spec.head_dim
        num_layers = decoder.spec.num_layers
        self.cache = decoder.new_cache(1, dtype, device)

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        self.cross = zeros(2, num_layers, num_rows, heads, MIN_LENGTH, head_dim)
        """keys and values: (2, L, R, H, S, D)"""
        self.attended: Tensor | None = None
        """keys and values: (2, L, R, 1, H, T, D); None where no layer attends to the target so far"""
        self.cells: Tensor | None = None
        """(L, R, 1, M), of recurrent layers"""
        if decoder.spec.mixer == "ssru":
            self.cells = zeros(num_layers, num_rows, 1, decoder.width)
        else:
            self.attended = zeros(2, num_layers, num_rows, 1, heads, MIN_LENGTH, head_dim)
        self._bind()

    def _bind(self) -> None:
        """Point every layer's cache at its part."""
        for layer, memory in enumerate(self.cache):
            memory.cross.keys, memory.cross.values = self.cross[:, layer]
            mixer = memory.mixer
            if isinstance(mixer, SelfKVCache) and self.attended is not None:
                mixer.keys, mixer.values = self.attended[:, layer]
            if isinstance(mixer, RecurrentState) and self.cells is not None:
                mixer.cells = self.cells[layer]

    def reserve(self, target_length: int, source_length: int) -> bool:
        """Make room for these bucketed lengths; True if the tensors are at other places now."""
        cross = grown(self.cross, 4, source_length)
        attended = None if self.attended is None else grown(self.attended, 5, target_length)
        if cross is self.cross and attended is self.attended:
            return False
        self.cross, self.attended = cross, attended
        self._bind()
        return True

    def write(self, first_row: int, sources: list[tuple[Tensor, Tensor]]) -> None:
        """New sequences from `first_row` on, with their keys and values: per layer, 2 x (B, H, S, D)."""
        last_row, length = first_row + sources[0][0].shape[0], sources[0][0].shape[2]
        for tensor in (self.attended, self.cross):
            if tensor is not None:
                tensor[:, :, first_row:last_row] = 0
        if self.cells is not None:
            self.cells[:, first_row:last_row] = 0
        for layer, (keys, values) in enumerate(sources):
            self.cross[0, layer, first_row:last_row, :, :length] = keys
            self.cross[1, layer, first_row:last_row, :, :length] = values

    def move_row(self, source: int, destination: int) -> None:
        """Copy one row over another."""
        for tensor in (self.attended, self.cross):
            if tensor is not None:
                tensor[:, :, destination] = tensor[:, :, source]
        if self.cells is not None:
            self.cells[:, destination] = self.cells[:, source]
