"""Int8 weights as the kernels read them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import torch
from torch import Tensor

PANEL, STEP = 16, 8
"""Outputs and inputs that the kernels take together; what they read per output is padded to whole panels."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedWeights:
    """A matrix (N, K) in panels of outputs."""

    panels: Tensor
    """int8"""
    orders: Tensor
    """int16 (panels, steps): which inputs each step takes; see `pack_int8` in `int8_linear.c`"""
    joined: Tensor
    """int64 (panels)"""
    sums: Tensor
    """float32, of each output's weights, padded"""
    scales: Tensor
    """float32, one per output, padded"""
    bias: Tensor | None
    """float32, padded"""
    num_outputs: int
    num_inputs: int
    addresses: tuple[ctypes.c_void_p, ...]
    """of all these, in this order: looked up once, since a step passes hundreds. They also keep this object
    from being copied or pickled, which would leave the copy with pointers to what is not its own."""

    @classmethod
    def of(cls, library: ctypes.CDLL, weights: Tensor, scales: Tensor, bias: Tensor | None) -> PackedWeights:
        """From int8 weights (N, K), their scales (N,) and a bias (N,)."""
        outputs, inputs = weights.shape
        padded = -(-outputs // PANEL) * PANEL
        panels = torch.empty(library.packed_int8_bytes(outputs, inputs), dtype=torch.int8)
        orders = torch.empty(padded // PANEL, -(-inputs // STEP), dtype=torch.int16)
        joined = torch.empty(padded // PANEL, dtype=torch.int64)
        sums = torch.empty(padded)
        weights = weights.contiguous()
        packed = (panels, orders, joined, sums)
        library.pack_int8(weights.data_ptr(), outputs, inputs, *(part.data_ptr() for part in packed))
        scales = _padded(scales, padded)
        bias = None if bias is None else _padded(bias, padded)
        parts = (*packed, scales, bias)
        addresses = tuple(ctypes.c_void_p(None if part is None else part.data_ptr()) for part in parts)
        return cls(*packed, scales, bias, outputs, inputs, addresses)


def _padded(values: Tensor, size: int) -> Tensor:
    padded = torch.zeros(size)
    padded[: len(values)] = values
    return padded
