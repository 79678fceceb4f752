"""Embeddings, norms, linear layers and the feed-forward block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar, cast

import torch
from torch import Tensor, nn

from crosslate.models.native.kernels import load_kernels
from crosslate.models.specs.spec import OutputTransformSpec
from crosslate.models.specs.stack_spec import Activation, NormSpec, StackSpec

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "gelu_new": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "silu": nn.functional.silu,
}


L = TypeVar("L", bound=nn.Module)


class LayerList(nn.ModuleList, Generic[L]):
    """`nn.ModuleList` that knows the type of its members."""

    def __init__(self, layers: Iterable[L]) -> None:
        super().__init__(layers)

    def __iter__(self) -> Iterator[L]:
        return cast("Iterator[L]", super().__iter__())


class Linear(nn.Module):
    """`x W^T + b` for inference. `quantization.Int8Linear` takes its place in an int8 model."""

    def __init__(self, in_dim: int, out_dim: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_dim, in_dim), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_dim), requires_grad=False) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_dim) -> (..., out_dim)."""
        return nn.functional.linear(x, self.weight, self.bias)

    def activated(self, x: Tensor, activation: Activation) -> Tensor:
        """activation(x W^T + b): (..., in_dim) -> (..., out_dim)."""
        return ACTIVATIONS[activation](self(x))


START = -1
"""Stands for the decoder's start where a checkpoint has no start token: embedded as a zero vector."""


class Embedding(nn.Module):
    """A table of token vectors, scaled."""

    def __init__(self, vocab_size: int, width: int, scale: float, *, knows_start: bool) -> None:
        """`knows_start`: `START` may be among the ids."""
        super().__init__()
        self.scale = scale
        self.knows_start = knows_start
        self.weight = nn.Parameter(torch.empty(vocab_size, width), requires_grad=False)

    def forward(self, ids: Tensor, positions: Tensor | None = None, table: Tensor | None = None) -> Tensor:
        """(...) -> (..., M). With a table (P, M), its rows at `positions`, to (...), are added."""
        rows = ids.clamp(min=0) if self.knows_start else ids
        x = nn.functional.embedding(rows, self.weight) * self.scale
        if self.knows_start:
            x.masked_fill_((ids == START)[..., None], 0.0)
        if positions is not None and table is not None:
            x.add_(nn.functional.embedding(positions, table))  # in place: sinusoids are float32
        return x


class Norm(nn.Module):
    """Layer norm or RMS norm over the last axis."""

    def __init__(self, spec: NormSpec, width: int) -> None:
        super().__init__()
        self.eps = spec.eps
        self.shape = (width,)
        self.weight = nn.Parameter(torch.empty(width), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(width), requires_grad=False) if spec.kind == "layer" else None
        self.gain_offset = spec.gain_offset

    def forward(self, x: Tensor) -> Tensor:
        """(..., M) -> (..., M)."""
        if self.gain_offset:
            # A gain near one is stored as its small difference, which half precision would round away.
            gain = self.weight.float() + self.gain_offset
            return nn.functional.rms_norm(x.float(), self.shape, gain, self.eps).to(x.dtype)
        if self.bias is None:
            return nn.functional.rms_norm(x, self.shape, self.weight, self.eps)
        return nn.functional.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


class Residual(nn.Module):
    """The norms around a sublayer: before it, after the sum, or before it and after it."""

    def __init__(self, spec: NormSpec, width: int) -> None:
        super().__init__()
        self.norm = Norm(spec, width)
        self.is_pre = spec.position != "post"
        self.after = Norm(spec, width) if spec.position == "both" else None

    def enter(self, x: Tensor) -> Tensor:
        """What the sublayer reads."""
        return self.norm(x) if self.is_pre else x

    def leave(self, x: Tensor, out: Tensor) -> Tensor:
        """What the next sublayer gets: `x` is this sublayer's residual stream, `out` its result."""
        if self.is_pre:
            return x + (out if self.after is None else self.after(out))
        kernels = load_kernels()
        if kernels is not None and kernels.fit(x):
            norm = self.norm
            return kernels.add_norm(x, out, weight=norm.weight, bias=norm.bias, eps=norm.eps)
        return self.norm(x + out)


class FeedForward(nn.Module):
    """Two linear layers; gated: `act(x W_gate) * (x W_up)` (Shazeer 2020), gate and up in one product."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__()
        self.is_gated = spec.gated_ffn
        self.activation = spec.activation
        inner = spec.ffn_dim * (2 if spec.gated_ffn else 1)
        self.inner = Linear(width, inner, bias=spec.ffn_bias)
        self.outer = Linear(spec.ffn_dim, width, bias=spec.ffn_bias)

    def forward(self, x: Tensor) -> Tensor:
        """(..., M) -> (..., M)."""
        if not self.is_gated:
            return self.outer(self.inner.activated(x, self.activation))
        gate, up = self.inner(x).chunk(2, dim=-1)
        return self.outer(ACTIVATIONS[self.activation](gate) * up)


class OutputTransform(nn.Module):
    """See `OutputTransformSpec`."""

    def __init__(self, spec: OutputTransformSpec, width: int) -> None:
        super().__init__()
        self.activation = spec.activation
        self.dense = Linear(width, width, bias=True)
        self.norm = Norm(spec.norm, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., M) -> (..., M)."""
        normed: Tensor = self.norm(self.dense.activated(x, self.activation))
        return normed
