"""Which tokens of a source see which, where not all see all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crosslate.models.specs.spec_numbers import check_least


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSpec:
    """Self-attention of encoders for long inputs: only near tokens see each other."""

    radius: int
    """How far a token sees to either side."""
    seen_by_all: Literal["none", "first_token", "block_sums"] = "none"
    """Besides: nothing; the first token, which also sees all (LED); sums of fixed blocks (LongT5)."""
    global_block: int = 0
    """Tokens in one sum."""

    def __post_init__(self) -> None:
        check_least(self, 1, "radius", *(["global_block"] if self.seen_by_all == "block_sums" else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class StaggeredBlockSpec:
    """Self-attention of encoders for long inputs: tokens of one block see each other (Phang et al. 2022)."""

    block_size: int
    num_global_tokens: int
    """Learned tokens, not of the text, that see all and are seen by all."""
    staggers: bool = True
    """Every second layer's blocks begin half a block earlier, so that blocks learn of each other."""

    def __post_init__(self) -> None:
        check_least(self, 1, "block_size")
        check_least(self, 0, "num_global_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSparseSpec:
    """Self-attention of encoders for long inputs: neighbouring blocks, and the first and last one."""

    block_size: int
    num_random_blocks: int
    """How many more times the first block counts."""

    def __post_init__(self) -> None:
        check_least(self, 1, "block_size")
        check_least(self, 0, "num_random_blocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class StridedSpec:
    """A token sees those less than `stride` away and every one at a multiple of it (Child et al. 2019)."""

    stride: int

    def __post_init__(self) -> None:
        check_least(self, 1, "stride")


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSpec:
    """A token sees its block, and the last `num_last` tokens of every block (Child et al. 2019)."""

    block_size: int
    num_last: int

    def __post_init__(self) -> None:
        if not 0 < self.num_last <= self.block_size:
            raise ValueError(f"num_last is {self.num_last}: from 1 to the block's size, {self.block_size}")
