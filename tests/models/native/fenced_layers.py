"""Layers between fences, against numpy: an encoder, a decoder's step, what a decoder keeps of sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crosslate.models.native.kept_vectors import num_places
from crosslate.models.native.kernels import FUSED_ACTIVATIONS
from crosslate.models.native.layer_tables import LayerFields, MemoryFields, NormFields, ShapeFields
from crosslate.models.native.packed_weights import MatrixFields
from tests.models.native.fenced_attention import HEADS, attended, floats_of, kept_of, packed_attention
from tests.models.native.fenced_matrices import FencedMatrix, random_matrix
from tests.models.native.fenced_rows import floats
from tests.models.native.fences import Fence, Functions, call

WIDTH, HEAD, HIDDEN = 24, 8, 40
"""Multiples of 8, and not of 16."""
INNER = HEADS * HEAD
PLACES = num_places(HEAD, is_short=True)
SCALE = 0.3


def assert_near(found: np.ndarray, expected: np.ndarray) -> None:
    """But for a digit that tips a rounding to one byte here and there."""
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=0.1)


@dataclass(frozen=True)
class Norm:
    """RMS where there is no bias."""

    weight: np.ndarray
    bias: np.ndarray | None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self.bias is not None:
            x = x - x.mean(axis=1, keepdims=True)
        y = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-6) * self.weight
        return np.asarray(y if self.bias is None else y + self.bias)

    def fields(self) -> NormFields:
        return NormFields(self.weight.ctypes.data, None if self.bias is None else self.bias.ctypes.data, 1e-6)


@dataclass(frozen=True)
class Kind:
    """Of a stack."""

    is_pre_norm: bool
    is_gated: bool
    is_recurrent: bool = False

    def fields(self) -> ShapeFields:
        activation = FUSED_ACTIVATIONS["relu"]
        flags = (self.is_pre_norm, self.is_recurrent, self.is_gated, activation)
        return ShapeFields(WIDTH, HEADS, HEAD, HIDDEN, SCALE, *flags)


KINDS = (Kind(is_pre_norm=True, is_gated=True), Kind(is_pre_norm=False, is_gated=False))


class Layer:
    """One layer's parameters, each in memory of its own."""

    def __init__(self, functions: Functions, fence: Fence, kind: Kind) -> None:
        def matrix(outputs: int, inputs: int) -> FencedMatrix:
            return random_matrix(functions, fence, outputs, inputs, is_fine=True)

        def norm() -> Norm:
            return Norm(fence.of(floats(WIDTH)), None if kind.is_pre_norm else fence.of(floats(WIDTH)))

        self.kind = kind
        self.mixer_in = matrix(2 * WIDTH if kind.is_recurrent else 3 * INNER, WIDTH)
        self.mixer_out = None if kind.is_recurrent else matrix(WIDTH, INNER)
        self.query, self.cross_out = matrix(INNER, WIDTH), matrix(WIDTH, INNER)
        self.inner, self.outer = matrix(HIDDEN * (1 + kind.is_gated), WIDTH), matrix(WIDTH, HIDDEN)
        self.mixer_norm, self.cross_norm, self.feed_norm = norm(), norm(), norm()

    def fields(self) -> LayerFields:
        return LayerFields(
            self.mixer_in.fields,
            MatrixFields() if self.mixer_out is None else self.mixer_out.fields,
            self.mixer_norm.fields(),
            self.query.fields,
            self.cross_out.fields,
            self.cross_norm.fields(),
            self.inner.fields,
            self.outer.fields,
            self.feed_norm.fields(),
        )

    def enter(self, x: np.ndarray, norm: Norm) -> np.ndarray:
        return norm(x) if self.kind.is_pre_norm else x

    def leave(self, x: np.ndarray, result: np.ndarray, norm: Norm) -> np.ndarray:
        return x + result if self.kind.is_pre_norm else norm(x + result)

    def feed_forward(self, x: np.ndarray) -> np.ndarray:
        wide = self.inner.product(self.enter(x, self.feed_norm))
        hidden = np.maximum(wide[:, :HIDDEN], 0) * (wide[:, HIDDEN:] if self.kind.is_gated else 1)
        return self.leave(x, self.outer.product(hidden), self.feed_norm)


def check_encode_layers(functions: Functions, fence: Fence) -> None:
    """By as many threads as there are parts, and more; sources together, alone and in parts."""
    for kind in KINDS:
        layers = [Layer(functions, fence, kind) for _ in range(2)]
        table = fence.struct((LayerFields * 2)(*(layer.fields() for layer in layers)))
        for sizes in ((1,), (9, 1, 17, 3), (60, 50, 8), (100,)):
            longest, before = max(sizes), floats(sum(sizes), WIDTH)
            biases = [fence.of(floats(HEADS, longest, longest)), None]
            memories = (MemoryFields * 2)()
            assert biases[0] is not None
            memories[0].bias, memories[0].bias_outer = biases[0].ctypes.data, longest * longest
            memories[0].bias_inner = longest
            own = (table, fence.struct(memories), 2, fence.struct(kind.fields()))
            for threads in (1, 3):
                x, offsets = fence.room(*before.shape), fence.of(np.cumsum([0, *sizes]))
                x[...] = before
                assert call(functions.encode_layers, *own, x, offsets, len(sizes), threads) == 0
                assert_near(x, _encoded(layers, before, sizes, biases))


def _encoded(
    layers: list[Layer], x: np.ndarray, sizes: tuple[int, ...], biases: list[np.ndarray | None]
) -> np.ndarray:
    for layer, bias in zip(layers, biases, strict=True):
        assert layer.mixer_out is not None
        qkv = layer.mixer_in.product(layer.enter(x, layer.mixer_norm)).reshape(-1, 3, HEADS, HEAD)
        mixed = packed_attention(qkv, sizes, bias, SCALE).reshape(-1, INNER)
        x = layer.leave(x, layer.mixer_out.product(mixed), layer.mixer_norm)
        x = layer.feed_forward(x)
    return x


def check_decode_step(functions: Functions, fence: Fence) -> None:
    recurrent = Kind(is_pre_norm=False, is_gated=False, is_recurrent=True)
    for kind in (*KINDS, recurrent):
        layer = Layer(functions, fence, kind)
        for rows, lanes, threads in ((1, 1, 1), (3, 3, 1), (17, 1, 2), (5, 4, 3)):
            _Step(fence, layer, rows, lanes).check(functions, threads)


class _Step:
    """One decoder layer's step for R rows of W lanes; caches are as long as the longest lane."""

    def __init__(self, fence: Fence, layer: Layer, rows: int, lanes: int) -> None:
        self.fence, self.layer, self.rows, self.lanes = fence, layer, rows, lanes
        count = rows * lanes
        self.lengths = np.repeat([1, 17, 8, 3, 9][:rows] or [1], lanes)
        self.lengths = np.resize(self.lengths, count)
        self.longest = int(self.lengths.max())
        self.source_lengths = np.resize([5, 1, 11], rows)
        self.source = int(self.source_lengths.max())
        self.cross = floats(2, rows, HEADS, self.source, HEAD)
        self.cross_keys, self.cross_values = map(fence.of, _kept(self.cross))
        self.before = floats(2, count, HEADS, self.longest, HEAD)
        kept = _kept(self.before)
        self.keys, self.values = (fence.room(*part.shape, dtype=np.int16) for part in kept)
        self.keys[...], self.values[...] = kept
        self.cells = fence.room(count, WIDTH)
        self.cells[...] = self.cells_before = floats(count, WIDTH)
        self.origins = fence.room(count, self.longest, dtype=np.int32)
        self.origins[...] = np.arange(count)[:, None] % lanes
        self.bias = fence.of(floats(count, HEADS, self.longest))
        self.told = fence.room(count, HEADS, self.source)

    def check(self, functions: Functions, threads: int) -> None:
        before = floats(self.rows * self.lanes, WIDTH)
        x = self.fence.room(*before.shape)
        x[...] = before
        stack = (self.layer.fields(), self._memory())
        table, memory = (self.fence.struct(part) for part in stack)
        shape = self.fence.struct(self.layer.kind.fields())
        lengths = (self.fence.of(self.lengths), self.fence.of(self.source_lengths))
        given = (table, memory, 1, shape, x, self.rows, self.lanes, *lengths, threads)
        assert call(functions.decode_step, *given) == 0
        assert_near(x, self._expected(before))

    def _memory(self) -> MemoryFields:
        own = MemoryFields(
            cross_keys=self.cross_keys.ctypes.data,
            cross_values=self.cross_values.ctypes.data,
            cross_row=HEADS * self.source * PLACES,
            cross_head=self.source * PLACES,
            told=self.told.ctypes.data,
            told_lane=HEADS * self.source,
            told_head=self.source,
        )
        if self.layer.kind.is_recurrent:
            own.keys = self.cells.ctypes.data
            return own
        own.keys, own.values = self.keys.ctypes.data, self.values.ctypes.data
        own.row_stride, own.head_stride = HEADS * self.longest * PLACES, self.longest * PLACES
        own.bias, own.bias_outer = self.bias.ctypes.data, HEADS * self.longest
        own.bias_inner = self.longest
        if self.lanes > 1:
            own.origins, own.origins_row = self.origins.ctypes.data, self.longest
        return own

    def _expected(self, x: np.ndarray) -> np.ndarray:
        layer = self.layer
        x = layer.leave(x, self._mixed(layer.enter(x, layer.mixer_norm)), layer.mixer_norm)
        queries = layer.query.product(layer.enter(x, layer.cross_norm)).reshape(-1, HEADS, HEAD)
        mixed = np.stack([self._of_source(lane, q) for lane, q in enumerate(queries)])
        x = layer.leave(x, layer.cross_out.product(mixed.reshape(-1, INNER)), layer.cross_norm)
        return layer.feed_forward(x)

    def _mixed(self, x: np.ndarray) -> np.ndarray:
        wide = self.layer.mixer_in.product(x)
        if self.layer.mixer_out is None:
            forget = 1 / (1 + np.exp(-wide[:, :WIDTH]))
            cells = forget * self.cells_before + (1 - forget) * wide[:, WIDTH:]
            return np.asarray(np.maximum(cells, 0))
        qkv = wide.reshape(-1, 3, HEADS, HEAD)
        mixed = np.stack([self._of_target(lane, *parts) for lane, parts in enumerate(qkv)])
        return self.layer.mixer_out.product(mixed.reshape(-1, INNER))

    def _of_target(self, lane: int, q: np.ndarray, key: np.ndarray, value: np.ndarray) -> np.ndarray:
        length = self.lengths[lane]
        keys, values = self.before[:, lane, :, :length].copy()
        keys[:, -1], values[:, -1] = key, value
        return attended(q, keys, values, self.bias[lane, :, :length], SCALE)[0]

    def _of_source(self, lane: int, q: np.ndarray) -> np.ndarray:
        """And what was told of it."""
        row = lane // self.lanes
        length = self.source_lengths[row]
        keys, values = self.cross[:, row, :, :length]
        mixed, weights = attended(q, keys, values, 0.0, SCALE)
        assert_near(self.told[lane, :, :length], weights)
        assert np.isnan(self.told[lane, :, length:]).all()
        return mixed


def _kept(keys_and_values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2, ..., D) -> 2 x (..., places)."""
    keys, values = keys_and_values
    return kept_of(keys, is_value=False), kept_of(values, is_value=True)


def check_project_sources(functions: Functions, fence: Fence) -> None:
    matrices = [random_matrix(functions, fence, 2 * INNER, WIDTH, is_fine=fine) for fine in (True, False)]
    table = fence.struct((MatrixFields * 2)(*(matrix.fields for matrix in matrices)))
    for sizes in ((1,), (9, 1, 17, 3), (70, 60)):
        x, offsets, longest = fence.of(floats(sum(sizes), WIDTH)), np.cumsum([0, *sizes]), max(sizes)
        kept = fence.room(2, 2, len(sizes), HEADS, longest, PLACES, dtype=np.int16)
        given = (table, 2, x, fence.of(offsets), len(sizes), longest, HEADS, HEAD, 2)
        assert call(functions.project_sources, *given, kept) == 0
        for matrix, shorts in zip(matrices, kept, strict=True):
            own = np.stack([floats_of(part, HEAD, is_value=i == 1) for i, part in enumerate(shorts)])
            # (N, 2, H, D) -> (2, H, N, D)
            wide = matrix.product(x).reshape(-1, 2, HEADS, HEAD).transpose(1, 2, 0, 3)
            for source, (start, size) in enumerate(zip(offsets, sizes, strict=False)):
                np.testing.assert_allclose(
                    own[:, source, :, :size], wide[:, :, start : start + size], rtol=1e-3, atol=1e-3
                )
                assert not shorts[:, source, :, size:].any()


CHECKS = (check_encode_layers, check_decode_step, check_project_sources)
