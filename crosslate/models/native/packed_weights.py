"""Int8 weights as the kernels read them."""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

PANEL = 16
"""Outputs that the kernels take together; what they read per output is padded to whole panels."""
MAX_INPUTS = 65536
"""The sum of as many products of 8 bits each fits 32."""
MAX_BYTE = 255
ROWS_AT_ONCE = 1024


class MatrixFields(ctypes.Structure):
    """`matrix` in `int8_matrix.h`."""

    _fields_ = (
        *((name, c_void_p) for name in ("panels", "orders", "places", "sums", "scales", "bias", "centers")),
        *((name, c_int64) for name in ("outputs", "inputs", "levels")),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class PackedWeights:
    """A matrix (N, K) in panels of outputs."""

    panels: Tensor
    """int8"""
    orders: Tensor
    """int16: which inputs each step takes; empty where they lie in order. See `int8_tiles_avx2.h`."""
    places: Tensor
    """int64 (panels, 3), or empty: where a panel's steps are"""
    sums: Tensor
    """float32, of each output's weights, padded"""
    scales: Tensor
    """float32, one per output, padded"""
    bias: Tensor | None
    """float32, padded"""
    centers: Tensor | None
    """float32, one per input: what is taken off what comes in, before it is rounded"""
    offsets: Tensor | None
    """float32, padded: the bias, and what the centers come to"""
    num_outputs: int
    num_inputs: int
    levels: int
    """the largest of the integers that activations are rounded to"""
    fields: MatrixFields = field(init=False)
    """with pointers into these: looked up once, since a step passes hundreds. They also keep this object from
    being copied or pickled, which would leave the copy with pointers to what is not its own."""

    def __post_init__(self) -> None:
        parts = (self.panels, self.orders, self.places, self.sums, self.scales, self.offsets, self.centers)
        addresses = (None if part is None else part.data_ptr() for part in parts)
        fields = MatrixFields(*addresses, self.num_outputs, self.num_inputs, self.levels)
        object.__setattr__(self, "fields", fields)

    @cached_property
    def address(self) -> c_void_p:
        """Of the fields."""
        return c_void_p(ctypes.addressof(self.fields))

    @property
    def nbytes(self) -> int:
        """All that a product reads."""
        parts = (self.panels, self.orders, self.places, self.sums, self.scales, self.offsets, self.centers)
        return sum(part.nbytes for part in parts if part is not None)

    @classmethod
    def of(
        cls,
        library: ctypes.CDLL,
        weights: Tensor,
        scales: Tensor,
        bias: Tensor | None,
        *,
        centers: Tensor | None = None,
        is_fine: bool,
    ) -> PackedWeights:
        """From int8 weights (N, K) from -127 to 127, their scales (N,) and a bias (N,).

        `centers` (K,): what inputs mostly are. Two bytes are fine enough without.
        `is_fine`: activations should have two bytes where that does not double the time of a slow product.

        Raises:
            ValueError: K is too large.
        """
        outputs, inputs = weights.shape
        if inputs > MAX_INPUTS:
            raise ValueError(f"a layer of {inputs} inputs; int8 sums are exact up to {MAX_INPUTS}")
        weights = weights.contiguous()
        levels, num_steps, step, has_places = c_int64(), c_int64(), c_int64(), c_int64()
        library.panel_format(ctypes.byref(step), ctypes.byref(has_places))
        library.plan_int8(
            weights.data_ptr(), outputs, inputs, is_fine, ctypes.byref(levels), ctypes.byref(num_steps)
        )
        num_panels = -(-outputs // PANEL)
        panels = torch.empty(num_steps.value, step.value, PANEL, dtype=torch.int8)
        orders = torch.empty(num_steps.value if has_places.value else 0, dtype=torch.int16)
        places = torch.empty(num_panels if has_places.value else 0, 3, dtype=torch.int64)
        sums = torch.empty(num_panels * PANEL)
        packed = (part.data_ptr() for part in (panels, orders, places, sums))
        library.pack_int8(weights.data_ptr(), outputs, inputs, levels.value, *packed)
        bias = None if bias is None else _padded(bias, len(sums))
        if levels.value > MAX_BYTE:
            centers = None
        offsets = bias
        if centers is not None:
            offsets = _padded(_products(weights, centers).mul_(scales), len(sums))
            offsets = offsets if bias is None else offsets.add_(bias)
        return cls(
            panels=panels,
            orders=orders,
            places=places,
            sums=sums,
            scales=_padded(scales, len(sums)),
            bias=bias,
            centers=None if centers is None else centers.contiguous(),
            offsets=offsets,
            num_outputs=outputs,
            num_inputs=inputs,
            levels=levels.value,
        )


def _products(weights: Tensor, x: Tensor) -> Tensor:
    """(N, K) int8 times (K,) -> (N,); some rows at a time, since they become floats."""
    return torch.cat([rows.float() @ x for rows in torch.split(weights, ROWS_AT_ONCE)])


def _padded(values: Tensor, size: int) -> Tensor:
    padded = torch.zeros(size)
    padded[: len(values)] = values
    return padded
