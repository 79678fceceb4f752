"""Recurrent cells, one token at a time: what they read can be projected for many tokens at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import LayerList, Linear
from crosslate.models.specs.recurrent_spec import CellSpec, GateNormSpec

States = tuple[Tensor, ...]
"""What a cell puts out, (..., H), then what else it hands on."""


class NormedLinear(nn.Module):
    """A product, and a layer norm over each of some blocks of it."""

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        norm: GateNormSpec | None,
        *,
        bias: bool,
        shifts: bool,
        last_block: int = 0,
    ) -> None:
        """`bias` is added before the norm, and if it `shifts`, another after it.

        `last_block`: how many outputs Nematus norms apart from the others.
        """
        super().__init__()
        self.linear = Linear(in_dim, out_dim, bias=bias)
        self.eps: float | None = None if norm is None else norm.eps
        self.gain: nn.Parameter | None = None
        self.shift: nn.Parameter | None = None
        self.blocks = [out_dim]
        if norm is not None:
            self.gain = nn.Parameter(torch.empty(out_dim), requires_grad=False)
            if shifts:
                self.shift = nn.Parameter(torch.empty(out_dim), requires_grad=False)
            if norm.as_nematus and last_block:
                self.blocks = [out_dim - last_block, last_block]

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_dim) -> (..., out_dim)."""
        y: Tensor = self.linear(x)
        if self.gain is None or self.eps is None:
            return y
        parts = torch.split(y, self.blocks, dim=-1)
        normed = [nn.functional.layer_norm(part, part.shape[-1:], eps=self.eps) for part in parts]
        y = torch.cat(normed, dim=-1) * self.gain
        return y if self.shift is None else y + self.shift


def dense(in_dim: int, out_dim: int, norm: GateNormSpec | None) -> NormedLinear:
    """A product with a bias: within Nematus' norm, behind Marian's."""
    bias = norm is None or norm.as_nematus
    return NormedLinear(in_dim, out_dim, norm, bias=bias, shifts=norm is not None)


class Cell(nn.Module, ABC):
    """One step. What it reads comes projected; a cell of a deep transition reads nothing."""

    input: NormedLinear | None
    """None in a transition."""

    def read(self, x: Tensor) -> Tensor | None:
        """Project what it reads, for as many tokens as there are: (..., M) -> (..., G * H)."""
        return None if self.input is None else self.input(x)

    @abstractmethod
    def forward(self, projected: Tensor | None, states: States) -> States:
        """(..., G * H), (..., H) each -> the new states."""


class GRU(Cell):
    """r, z = sigmoid(x W + h U + b);  c = tanh(x W_c + r * h U_c + b_c);  h' = (1 - z) * c + z * h."""

    def __init__(
        self, spec: CellSpec, width: int, input_dim: int | None, *, resets_bias: bool, bias_in_state: bool
    ) -> None:
        """`resets_bias`: r reaches b_c too. `bias_in_state`: where a norm has b within, it is that of h U."""
        super().__init__()
        self.width = width
        self.resets_bias = resets_bias
        as_nematus = spec.norm is not None and spec.norm.as_nematus
        norms_bias = as_nematus and (input_dim is not None or bias_in_state)
        two = spec.has_two_biases
        linear = partial(NormedLinear, out_dim=3 * width, norm=spec.norm, shifts=as_nematus, last_block=width)
        self.input = None
        if input_dim is not None:
            self.input = linear(input_dim, bias=two or (norms_bias and not bias_in_state))
        self.state = linear(width, bias=two or (norms_bias and bias_in_state))
        self.bias = None if two or norms_bias else nn.Parameter(torch.empty(3 * width), requires_grad=False)

    def forward(self, projected: Tensor | None, states: States) -> States:
        (h,) = states
        gates = 2 * self.width
        own: Tensor = self.state(h)
        gate, candidate = own[..., :gates], own[..., gates:]
        if self.bias is not None:
            gate = gate + self.bias[:gates]
            if self.resets_bias:
                candidate = candidate + self.bias[gates:]
        read = None
        if projected is not None:
            gate, read = gate + projected[..., :gates], projected[..., gates:]
        reset, keep = torch.sigmoid(gate).chunk(2, dim=-1)
        candidate = reset * candidate
        if read is not None:
            candidate = candidate + read
        if self.bias is not None and not self.resets_bias:
            candidate = candidate + self.bias[gates:]
        return (torch.lerp(torch.tanh(candidate), h, keep),)


class LSTM(Cell):
    """f, i, o = sigmoid(x W + h U + b);  c' = f * c + i * tanh(x W_c + h U_c + b_c);  h' = o * tanh(c')."""

    def __init__(self, spec: CellSpec, width: int, input_dim: int | None) -> None:
        super().__init__()
        two = spec.has_two_biases
        linear = partial(NormedLinear, out_dim=4 * width, norm=spec.norm, bias=two, shifts=False)
        self.input = None if input_dim is None else linear(input_dim)
        self.state = linear(width)
        self.bias = None if two else nn.Parameter(torch.empty(4 * width), requires_grad=False)

    def forward(self, projected: Tensor | None, states: States) -> States:
        h, c = states
        gates: Tensor = self.state(h)
        if self.bias is not None:
            gates = gates + self.bias
        if projected is not None:
            gates = gates + projected
        forget, take, candidate, put = gates.chunk(4, dim=-1)
        c = torch.sigmoid(forget) * c + torch.sigmoid(take) * torch.tanh(candidate)
        return torch.sigmoid(put) * torch.tanh(c), c


class CellChain(nn.Module):
    """Cells that one token passes in turn: the first reads it, the others what the one before put out."""

    def __init__(self, first: Cell, transitions: Iterable[Cell]) -> None:
        super().__init__()
        self.first = first
        self.transitions = LayerList(transitions)

    def read(self, x: Tensor) -> Tensor | None:
        """See `Cell`."""
        return self.first.read(x)

    def forward(self, projected: Tensor | None, states: States) -> States:
        """As one cell."""
        states = self.first(projected, states)
        for cell in self.transitions:
            states = cell(None, states)
        return states


def build_cell(
    spec: CellSpec,
    width: int,
    input_dim: int | None,
    *,
    resets_bias: bool = False,
    bias_in_state: bool = False,
) -> Cell:
    """A cell of this kind; the last two are for `GRU` alone."""
    if spec.kind == "lstm":
        return LSTM(spec, width, input_dim)
    return GRU(spec, width, input_dim, resets_bias=resets_bias, bias_in_state=bias_in_state)


def build_chain(spec: CellSpec, width: int, input_dim: int, depth: int) -> CellChain:
    """A cell that reads, and transitions."""
    transitions = (build_cell(spec, width, None) for _ in range(depth - 1))
    return CellChain(build_cell(spec, width, input_dim), transitions)
