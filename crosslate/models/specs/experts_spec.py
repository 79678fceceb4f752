"""Feed-forward blocks of which each token takes a few (Shazeer et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.models.specs.spec_numbers import check_least, check_positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertsSpec:
    """Where a stack has experts, and how a token comes to its own. Each is like the stack's other blocks."""

    layers: tuple[int, ...]
    """Those that have experts, counted from 0; the others have one block for all tokens."""
    num_experts: int
    num_chosen: int
    """How many of them, the likeliest ones, take a token."""
    normalizes: bool = False
    """The probabilities of those chosen are made to sum to 1."""
    router_bias: bool = False
    output_scale: float = 1.0
    """Factor on what experts put out, besides their probabilities."""

    def __post_init__(self) -> None:
        check_least(self, 1, "num_chosen")
        check_least(self, self.num_chosen, "num_experts")
        check_positive(self, "output_scale")
