"""Layers that no model here has, to weigh what they cost: Reformer's hashing and one of two levels.

Reformer's (Kitaev et al. 2020) is the one of `transformers`: it puts tokens into buckets by random rotations,
sorts them, and lets each look at its chunk of 64 and the one before, as often as it hashes. The hierarchical
one (as in HAT, Chalkidis et al. 2022) looks within segments, and from each one's first token to those of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from crosslate.models.layers.packing import Packing

FilledModule = TypeVar("FilledModule", bound=nn.Module)
CHUNK = 64
NUM_HASHES = 2


class ReformerLayer(nn.Module):
    """Hashed attention and the product behind it, of one source.

    Args:
        width: M, of all heads together.
        hash_seed: What the rotations are drawn from at each call; None: they differ from call to call.
    """

    def __init__(self, width: int, num_heads: int, hash_seed: int | None = None) -> None:
        super().__init__()
        from transformers import ReformerConfig
        from transformers.models.reformer.modeling_reformer import LSHSelfAttention, ReformerSelfOutput

        config = ReformerConfig(
            hidden_size=width,
            num_attention_heads=num_heads,
            attention_head_size=width // num_heads,
            lsh_attn_chunk_length=CHUNK,
            num_hashes=NUM_HASHES,
            hash_seed=hash_seed,
        )
        kinds: tuple[Callable[[ReformerConfig], Any], ...] = (LSHSelfAttention, ReformerSelfOutput)
        self.hashed, self.out = (kind(config).eval().requires_grad_(requires_grad=False) for kind in kinds)

    def forward(self, x: Tensor, packing: Packing) -> Tensor:
        """(S, M) -> (S, M), padded to whole chunks as its models do."""
        return self.padded(x, -(-len(x) // CHUNK) * CHUNK)

    def padded(self, x: Tensor, length: int) -> Tensor:
        """(S, M) -> (S, M), as one of a batch whose longest has `length` tokens, whole chunks."""
        # As many buckets as the paper advises, one for half a chunk's tokens; a batch does not change them.
        self.hashed.num_buckets = max(2, 2 * len(x) // CHUNK // 2 * 2)
        rows = nn.functional.pad(x, (0, 0, 0, length - len(x)))[None]
        is_token = (torch.arange(length, device=x.device) < len(x))[None]
        found: Tensor = self.out(self.hashed(rows, attention_mask=is_token).hidden_states)
        return found[0, : len(x)]


class HierarchicalLayer(nn.Module):
    """`within` looks around in segments of `segment` tokens, `across` from first token to first token."""

    def __init__(
        self,
        within: Callable[[Tensor, Packing], Tensor],
        across: Callable[[Tensor, Packing], Tensor],
        segment: int,
    ) -> None:
        super().__init__()
        self.within, self.across, self.segment = within, across, segment

    def forward(self, x: Tensor, packing: Packing) -> Tensor:
        """(S, M) -> (S, M), of one source."""
        found = self.within(x, packing)
        firsts = found[:: self.segment]
        found[:: self.segment] = self.across(firsts, Packing.of([len(firsts)], x.device))
        return found


def filled(module: FilledModule, width: int) -> FilledModule:
    """`module` with random weights that keep the size of states of this width."""
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * width**-0.5)
    return module


@torch.inference_mode()
def variation(length: int, width: int, num_heads: int) -> dict[str, tuple[float, float]]:
    """How far two answers of a hashed layer for one source are from each other, as a share of their norm.

    For states that are all unlike, and for words that come eight times each: between two draws of the
    rotations; and with one draw, alone and padded beside a longer source.
    """
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    unlike = torch.randn(length, width, generator=generator)
    words = unlike[torch.arange(length) % (length // 8)] + 0.1 * torch.randn(
        length, width, generator=generator
    )
    free = filled(ReformerLayer(width, num_heads), width)
    seeded = filled(ReformerLayer(width, num_heads, hash_seed=0), width)
    return {
        name: (
            _distance(free.padded(x, length), free.padded(x, length)),
            _distance(seeded.padded(x, length), seeded.padded(x, length + CHUNK)),
        )
        for name, x in (("states all unlike", unlike), ("words that come again", words))
    }


def _distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).norm() / a.norm())
