"""T5's relative position bias: a learned number per head and distance, added to attention scores.

Distances fall into buckets, near ones one by one, far ones logarithmically (Raffel et al. 2020, section 2.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import repeat

import torch
from torch import Tensor, nn

from crosslate.models.specs.stack_spec import StackSpec


def bucket_table(num_buckets: int, max_distance: int, *, is_bidirectional: bool) -> Tensor:
    """The bucket of every offset (key minus query) from -max_distance to max_distance.

    What is farther has the last one's. If not bidirectional, later keys have that of distance 0: they are
    masked anyway.
    """
    # On the CPU also where parameters have no values yet.
    offsets = torch.arange(-max_distance, max_distance + 1, device="cpu")
    if is_bidirectional:
        num_buckets //= 2
        first_bucket = torch.where(offsets > 0, num_buckets, 0)
        distances = offsets.abs()
    else:
        first_bucket = torch.zeros_like(offsets)
        distances = (-offsets).clamp(min=0)
    num_exact = num_buckets // 2
    # In float32 and in this order, as in `transformers`: at a bucket's edge rounding decides.
    ratio = torch.log(distances.float() / num_exact) / math.log(max_distance / num_exact)
    far = num_exact + (ratio * (num_buckets - num_exact)).to(torch.int64)
    return first_bucket + torch.where(distances < num_exact, distances, far.clamp(max=num_buckets - 1))


class RelativeBias(nn.Module):
    """The biases of one stack: one table that all layers share, or (UMT5) one for each."""

    buckets: Tensor

    def __init__(self, spec: StackSpec, *, is_bidirectional: bool) -> None:
        super().__init__()
        positions = spec.positions
        self.num_layers = spec.num_layers
        self.num_buckets = positions.num_buckets
        self.max_distance = positions.max_distance
        self.num_tables = spec.num_layers if positions.per_layer else 1
        # The layers' tables, one below the other.
        self.weight = nn.Parameter(
            torch.empty(self.num_tables * positions.num_buckets, spec.num_heads), requires_grad=False
        )
        table = bucket_table(positions.num_buckets, positions.max_distance, is_bidirectional=is_bidirectional)
        self.register_buffer("buckets", table, persistent=False)

    def per_layer(self, offsets: Tensor, mask: Tensor | None) -> Iterator[Tensor]:
        """Each layer's bias with `mask`, to (R, H, Q, S), added.

        Args:
            offsets: (R, Q, S) each key's position minus each query's.
            mask: 0 or a large negative number.

        Yields:
            (R, H, Q, S)
        """
        buckets = self.buckets[offsets.clamp(-self.max_distance, self.max_distance) + self.max_distance]
        if self.num_tables == 1:
            return repeat(self._bias(buckets, mask), self.num_layers)
        return (self._bias(buckets + i * self.num_buckets, mask) for i in range(self.num_layers))

    def _bias(self, buckets: Tensor, mask: Tensor | None) -> Tensor:
        # (H, buckets)[(R, Q, S)] -> (H, R, Q, S) -> (R, H, Q, S)
        bias = self.weight.t()[:, buckets].transpose(0, 1)
        return bias if mask is None else bias + mask


def build_relative_bias(spec: StackSpec, *, is_bidirectional: bool) -> RelativeBias | None:
    """None where the stack's positions are absolute."""
    if spec.positions.kind != "relative_bias":
        return None
    return RelativeBias(spec, is_bidirectional=is_bidirectional)


def all_offsets(length: int, device: torch.device) -> Tensor:
    """Of every position to every other: (1, S, S)."""
    positions = torch.arange(length, device=device)
    return positions[None, None, :] - positions[None, :, None]
