"""What decoding remembers, one object per decoder layer, in dense rows.

Row r belongs to one source; its W lanes are the beams (or the samples) that grow from it. `SelfKVCache`
grows with the target, `CrossKVCache` is written once per source, `RecurrentState` keeps its size.
Storage doubles when it is full, so that joining costs one sequence's share on average.

Attention computes with what lies behind a row's length before it masks that, and NaN survives every mask.
So nothing of a row's former sequence stays there: should one overflow, those after it are safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class StepLayout:
    """Where the new tokens of one decoder step stand. Made once per step, read by every layer."""

    num_rows: int
    positions: Tensor
    """(R,) of the token that each row reads now"""
    longest_target: int
    """keys to look at, the new token's included"""
    longest_source: int
    self_bias: Tensor | None
    """to (R * W, H, 1, T); None where every row is equally long or nothing looks back"""
    cross_bias: Tensor | None
    """to (R, H, W, S)"""
    lane_lengths: Tensor | None = None
    """(R * W,) keys that each lane looks at. Given with `source_lengths` where the compiled kernels attend;
    then the biases mask nothing."""
    source_lengths: Tensor | None = None
    """(R,)"""


class LayerCache(Protocol):
    """What the rows of every layer's memory can do."""

    def reserve(self, num_rows: int, length: int) -> None:
        """Make room; what is stored stays."""
        ...

    def clear_row(self, row: int) -> None:
        """Begin a new sequence there."""
        ...

    def move_row(self, source: int, destination: int, length: int) -> None:
        """Copy the first `length` positions of one row over another."""
        ...

    def reorder_lanes(self, rows: Tensor, parents: Tensor, length: int) -> None:
        """Lane w of `rows[i]` continues what lane `parents[i, w]` of that row held."""
        ...


def grown(tensor: Tensor, dim: int, size: int, fill: float = 0.0) -> Tensor:
    """`tensor` with at least `size` entries along `dim`, doubled if need be; new ones are `fill`."""
    have = tensor.shape[dim]
    if size <= have:
        return tensor
    shape = list(tensor.shape)
    shape[dim] = max(size, 2 * have)
    new = tensor.new_full(shape, fill)
    new.narrow(dim, 0, have).copy_(tensor)
    return new


class SelfKVCache:
    """Keys and values of the target so far: 2 x (R, W, H, T, D).

    Beams leave what they wrote where it is, if attention can follow them: `origins` (R, W, T) says which
    lane wrote each position, so that to reorder lanes is to reorder these small numbers. Where attention
    cannot, lanes are copied, and `origins` is None.
    """

    def __init__(
        self,
        num_lanes: int,
        num_heads: int,
        head_dim: int,
        dtype: torch.dtype,
        device: torch.device,
        *,
        follows_lanes: bool = False,
    ) -> None:
        shape = (1, num_lanes, num_heads, 32, head_dim)
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.origins = (
            torch.zeros(1, num_lanes, 32, dtype=torch.int32) if follows_lanes and num_lanes > 1 else None
        )

    def reserve(self, num_rows: int, length: int) -> None:
        """See `LayerCache`."""
        self.keys = grown(grown(self.keys, 0, num_rows), 3, length)
        self.values = grown(grown(self.values, 0, num_rows), 3, length)
        if self.origins is not None:
            self.origins = grown(grown(self.origins, 0, num_rows), 2, length)

    def clear_row(self, row: int) -> None:
        """See `LayerCache`."""
        for tensor in (self.keys, self.values):
            tensor[row] = 0

    def append(self, k: Tensor, v: Tensor, layout: StepLayout) -> None:
        """Store the new tokens' (R, W, H, D) at each row's position."""
        rows = torch.arange(layout.num_rows, device=k.device)
        self.keys[rows, :, :, layout.positions] = k
        self.values[rows, :, :, layout.positions] = v

    def view(self, layout: StepLayout) -> tuple[Tensor, Tensor]:
        """What the step looks at, where lanes are copied: 2 x (R * W, H, T, D)."""
        rows, length = layout.num_rows, layout.longest_target
        return (
            self.keys[:rows].flatten(0, 1)[:, :, :length],
            self.values[:rows].flatten(0, 1)[:, :, :length],
        )

    def move_row(self, source: int, destination: int, length: int) -> None:
        """See `LayerCache`."""
        for tensor in (self.keys, self.values):
            tensor[destination, :, :, :length] = tensor[source, :, :, :length]
            tensor[destination, :, :, length:] = 0
        if self.origins is not None:
            self.origins[destination] = self.origins[source]

    def reorder_lanes(self, rows: Tensor, parents: Tensor, length: int) -> None:
        """See `LayerCache`."""
        if self.origins is not None:
            # Lane w goes on where its parent was, and writes what follows into its own place.
            self.origins[rows, :, :length] = self.origins[rows[:, None], parents, :length]
            return
        for tensor in (self.keys, self.values):
            tensor[rows, :, :, :length] = tensor[rows[:, None], parents, :, :length]


class RecurrentState:
    """The cell of a recurrent layer: (R, W, M), zero at the start."""

    def __init__(self, num_lanes: int, width: int, dtype: torch.dtype, device: torch.device) -> None:
        self.cells = torch.zeros((1, num_lanes, width), dtype=dtype, device=device)

    def reserve(self, num_rows: int, length: int) -> None:
        """See `LayerCache`; the length does not matter."""
        self.cells = grown(self.cells, 0, num_rows)

    def clear_row(self, row: int) -> None:
        """See `LayerCache`."""
        self.cells[row] = 0

    def move_row(self, source: int, destination: int, length: int) -> None:
        """See `LayerCache`."""
        self.cells[destination] = self.cells[source]

    def reorder_lanes(self, rows: Tensor, parents: Tensor, length: int) -> None:
        """See `LayerCache`."""
        self.cells[rows] = self.cells[rows[:, None], parents]


class CrossKVCache:
    """Keys and values of each row's source: 2 x (R, H, S, D). All lanes of a row share them."""

    def __init__(self, num_heads: int, head_dim: int, dtype: torch.dtype, device: torch.device) -> None:
        shape = (1, num_heads, 32, head_dim)
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)

    def write(self, first_row: int, keys: Tensor, values: Tensor) -> None:
        """Store B sources, (B, H, S, D) each, from `first_row` on."""
        last_row, length = first_row + keys.shape[0], keys.shape[2]
        self.keys = grown(grown(self.keys, 0, last_row), 2, length)
        self.values = grown(grown(self.values, 0, last_row), 2, length)
        for tensor, new in ((self.keys, keys), (self.values, values)):
            tensor[first_row:last_row, :, :length] = new
            tensor[first_row:last_row, :, length:] = 0

    def view(self, num_rows: int, length: int) -> tuple[Tensor, Tensor]:
        """2 x (R, H, S, D)."""
        return self.keys[:num_rows, :, :length], self.values[:num_rows, :, :length]

    def move_row(self, source: int, destination: int, length: int) -> None:
        """Copy the first `length` positions of one row over another."""
        for tensor in (self.keys, self.values):
            tensor[destination, :, :length] = tensor[source, :, :length]
            tensor[destination, :, length:] = 0


@dataclass(frozen=True, slots=True)
class DecoderLayerCache:
    """One layer's memory."""

    mixer: LayerCache
    cross: CrossKVCache
