"""All that runs between fences, and that every kernel is among it."""

from __future__ import annotations

from collections.abc import Callable

from tests.models.native import fenced_attention, fenced_layers, fenced_rows
from tests.models.native.fences import Fence, Functions

Check = Callable[[Functions, Fence], None]
CHECKS: tuple[Check, ...] = (*fenced_rows.CHECKS, *fenced_attention.CHECKS, *fenced_layers.CHECKS)
WITHOUT_BUFFERS = {"multiply_int8_registers", "multiply_float32_registers"}
"""Kernels that touch no memory of their caller."""
