"""Mixtures of experts: feed-forward blocks of which each token takes a few.

No expert has a capacity: whatever else is in a batch, a token gets those that its router chose. Training
drops tokens beyond one, so that every device has as much to do; what is dropped depends on the batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import FeedForward, LayerList
from crosslate.models.specs.experts_spec import ExpertsSpec
from crosslate.models.specs.stack_spec import StackSpec


class Router(nn.Module):
    """Which experts take a token. It stays in floats in an int8 network: a choice is all or nothing."""

    def __init__(self, spec: ExpertsSpec, width: int) -> None:
        super().__init__()
        self.num_chosen = spec.num_chosen
        self.normalizes = spec.normalizes
        self.weight = nn.Parameter(torch.empty(spec.num_experts, width), requires_grad=False)
        self.bias = (
            nn.Parameter(torch.empty(spec.num_experts), requires_grad=False) if spec.router_bias else None
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, M) -> ids of K experts, the likeliest first, and their weights, 2 x (N, K)."""
        # In double precision: the number of rows may change the last digit of a product, and here no
        # digit of it is seen.
        bias = None if self.bias is None else self.bias.double()
        logits = nn.functional.linear(x.double(), self.weight.double(), bias)
        chosen = logits.topk(self.num_chosen, dim=-1).indices
        weights = logits.softmax(dim=-1).gather(-1, chosen)
        if self.normalizes:
            weights = weights / weights.sum(dim=-1, keepdim=True)
        return chosen, weights.to(x.dtype)


class Experts(nn.Module):
    """What a router chose, weighted and summed: one product for each expert that has tokens."""

    def __init__(self, stack: StackSpec, spec: ExpertsSpec, width: int) -> None:
        super().__init__()
        self.router = Router(spec, width)
        self.experts = LayerList(FeedForward(stack, width) for _ in range(spec.num_experts))
        self.output_scale = spec.output_scale

    def forward(self, x: Tensor) -> Tensor:
        """(..., M) -> (..., M)."""
        rows = x.flatten(0, -2)
        chosen, weights = self.router(rows)
        taken = self._take(rows, chosen)
        # (N, K, M) -> (N, M), in the order of choice: that is the same in every batch
        return (taken * (weights * self.output_scale)[..., None]).sum(dim=1).view_as(x)

    def _take(self, rows: Tensor, chosen: Tensor) -> Tensor:
        """What the chosen experts make of each row: (N, M), (N, K) -> (N, K, M)."""
        num_chosen = chosen.shape[1]
        order = chosen.flatten().argsort(stable=True)  # (N * K,), by expert
        counts = chosen.flatten().bincount(minlength=len(self.experts)).tolist()
        by_expert = torch.split(rows[order // num_chosen], counts)
        taken = torch.cat(
            [expert(part) for expert, part in zip(self.experts, by_expert, strict=True) if len(part)]
        )
        back = torch.empty_like(taken)
        back[order] = taken
        return back.view(-1, num_chosen, rows.shape[1])


def build_feed_forward(spec: StackSpec, width: int, index: int) -> FeedForward | Experts:
    """That of a stack's layer `index`."""
    if spec.experts is not None and index in spec.experts.layers:
        return Experts(spec, spec.experts, width)
    return FeedForward(spec, width)
