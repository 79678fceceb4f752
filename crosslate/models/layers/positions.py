"""What tells tokens their order: sinusoids, learned tables."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from crosslate.models.specs.stack_spec import PositionSpec


def sinusoid(num_positions: int, width: int, step: str) -> Tensor:
    """Sines of all wavelengths, then cosines: `(num_positions, width)` (Vaswani et al. 2017, section 3.5).

    `step` is "halves", "tensor2tensor" or "interleaved", see `PositionSpec`.
    """
    half = width // 2
    divisor = half - 1 if step == "tensor2tensor" else half
    # On the CPU also where parameters have no values yet.
    numbers = partial(torch.arange, dtype=torch.float64, device="cpu")
    frequencies = torch.exp(numbers(half) * -(math.log(10000.0) / divisor))
    angles = numbers(num_positions)[:, None] * frequencies[None, :]
    waves = angles.sin(), angles.cos()
    joined = torch.stack(waves, dim=2).flatten(1) if step == "interleaved" else torch.cat(waves, dim=1)
    return joined.float()


class SinusoidPositions(nn.Module):
    """A table of sinusoids that grows with the longest position asked for."""

    table: Tensor

    def __init__(self, spec: PositionSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.width = width
        initial = spec.offset + (spec.max_positions or 512)
        self.register_buffer("table", sinusoid(initial, width, spec.sinusoid_step), persistent=False)

    def rows(self, longest: int) -> Tensor:
        """Those of at least the positions below `longest`: `(P, M)`."""
        if longest + self.spec.offset > self.table.shape[0]:
            grown = sinusoid(2 * longest + self.spec.offset, self.width, self.spec.sinusoid_step)
            self.table = grown.to(self.table)
        return self.table[self.spec.offset :] if self.spec.offset else self.table


class LearnedPositions(nn.Module):
    """A trained table; `offset` rows come before position 0."""

    def __init__(self, spec: PositionSpec, width: int) -> None:
        super().__init__()
        if spec.max_positions is None:
            raise ValueError("learned positions need max_positions")
        self.offset = spec.offset
        self.weight = nn.Parameter(torch.empty(spec.max_positions + spec.offset, width), requires_grad=False)

    def rows(self, longest: int) -> Tensor:
        """Those of all positions: `(P, M)`."""
        return self.weight[self.offset :]


def build_positions(spec: PositionSpec, width: int) -> SinusoidPositions | LearnedPositions | None:
    """The absolute positions that are added to embeddings; None where attention knows the order itself."""
    if spec.kind == "sinusoid":
        return SinusoidPositions(spec, width)
    if spec.kind == "learned":
        return LearnedPositions(spec, width)
    return None
