"""Where the new tokens of one decoder step stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from crosslate.models.layers.masks import key_padding_bias


@dataclass(frozen=True, slots=True)
class StepLayout:
    """Of R rows with W lanes each. Made once per step, read by every layer."""

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
    told: Mapping[int, Tensor] = field(default_factory=dict)
    """Layer -> (R * W, H, S) float32, where the compiled kernels tell how it attends to the sources"""

    @classmethod
    def even(
        cls, position: int, source_lengths: Tensor, longest_source: int, dtype: torch.dtype
    ) -> StepLayout:
        """Every row reads its token of the same position; sources, (R,) tokens long, are masked."""
        num_rows = source_lengths.shape[0]
        return cls(
            num_rows=num_rows,
            positions=torch.full((num_rows,), position, device=source_lengths.device),
            longest_target=position + 1,
            longest_source=longest_source,
            self_bias=None,
            cross_bias=key_padding_bias(source_lengths, longest_source, dtype),
        )
