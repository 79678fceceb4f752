"""Int8 matrices whose every part lies in memory of exactly its size, and what they compute, in numpy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from crosslate.models.native.packed_weights import PANEL, MatrixFields
from tests.models.native.fences import Fence, Functions, call
from tests.models.native.test_kernels import quantized


@dataclass(frozen=True)
class FencedMatrix:
    """N outputs of K inputs, packed."""

    weights: np.ndarray
    """(N, K) int8"""
    scales: np.ndarray
    """(N,)"""
    bias: np.ndarray | None
    """(N,)"""
    centers: np.ndarray | None
    """(K,)"""
    levels: int
    fields: MatrixFields
    parts: tuple[np.ndarray | None, ...] = field(repr=False)
    """what the fields point to"""

    @property
    def num_outputs(self) -> int:
        return len(self.weights)

    def product(self, x: np.ndarray) -> np.ndarray:
        """x W^T + b with x rounded as the kernels do: (R, K) -> (R, N)."""
        centers = 0.0 if self.centers is None else self.centers
        bias = 0.0 if self.bias is None else self.bias
        integers, scales, least = quantized(torch.from_numpy(np.float32(x - centers)), self.levels)
        rounded = integers.astype(np.float64) * scales + least + centers
        return np.asarray((rounded @ self.weights.T.astype(np.float64)) * self.scales + bias)


def random_matrix(
    functions: Functions,
    fence: Fence,
    outputs: int,
    inputs: int,
    *,
    is_fine: bool = False,
    has_bias: bool = True,
    has_centers: bool = False,
) -> FencedMatrix:
    """Packed by the library, weights between fences too."""
    generator = np.random.default_rng(outputs * inputs)
    weights = fence.of(generator.integers(-127, 128, (outputs, inputs), dtype=np.int8))
    scales = generator.uniform(0.5, 1.0, outputs).astype(np.float32) / np.float32(70 * np.sqrt(inputs))
    bias = generator.standard_normal(outputs).astype(np.float32) if has_bias else None
    centers = generator.standard_normal(inputs).astype(np.float32) if has_centers else None
    levels, panels, orders, places, sums = _packed(functions, fence, weights, is_fine=is_fine)
    centers = None if centers is None or levels > 255 else fence.of(centers)
    added = None if bias is None else bias.astype(np.float64)
    if centers is not None:
        added = (0 if added is None else added) + (weights.astype(np.float64) @ centers) * scales
    kept = (panels, orders, places, sums, *(_padded(fence, part) for part in (scales, added)), centers)
    addresses = (None if part is None else part.ctypes.data for part in kept)
    fields = MatrixFields(*addresses, outputs, inputs, levels)
    return FencedMatrix(weights, scales, bias, centers, levels, fields, kept)


def _packed(
    functions: Functions, fence: Fence, weights: np.ndarray, *, is_fine: bool
) -> tuple[int, np.ndarray, np.ndarray | None, np.ndarray | None, np.ndarray]:
    outputs, inputs = weights.shape
    step, has_places, levels, num_steps = (fence.room(1, dtype=np.int64) for _ in range(4))
    call(functions.panel_format, step, has_places)
    call(functions.plan_int8, weights, outputs, inputs, is_fine, levels, num_steps)
    num_panels = -(-outputs // PANEL)
    panels = fence.room(int(num_steps[0]), int(step[0]), PANEL, dtype=np.int8)
    orders = fence.room(int(num_steps[0]), dtype=np.uint16) if has_places[0] else None
    places = fence.room(num_panels, 3, dtype=np.int64) if has_places[0] else None
    sums = fence.room(num_panels * PANEL)
    call(functions.pack_int8, weights, outputs, inputs, int(levels[0]), panels, orders, places, sums)
    read_orders, read_places = (None if part is None else fence.of(part) for part in (orders, places))
    return int(levels[0]), fence.of(panels), read_orders, read_places, fence.of(sums)


def _padded(fence: Fence, values: np.ndarray | None) -> np.ndarray | None:
    if values is None:
        return None
    padded = np.zeros(-(-len(values) // PANEL) * PANEL, np.float32)
    padded[: len(values)] = values
    return fence.of(padded)
