"""Attention between fences, against numpy: over caches that are as long as what is in them."""

from __future__ import annotations

import numpy as np

from tests.models.native.fenced_rows import GENERATOR, floats
from tests.models.native.fences import Fence, Functions, call

LENGTHS = (1, 3, 8, 9, 17)
"""Keys of the rows; the caches end with the longest."""
SCALE = 0.3
HEADS = 3


def softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def attended(
    q: np.ndarray, keys: np.ndarray, values: np.ndarray, bias: np.ndarray | float, scale: float = SCALE
) -> tuple[np.ndarray, np.ndarray]:
    """(H, D), 2 x (H, S, D) -> (H, D) and the weights, (H, S)."""
    weights = softmax(np.einsum("hd,hsd->hs", q, keys) * scale + bias)
    return np.einsum("hs,hsd->hd", weights, values), weights


def check_attend_cached(functions: Functions, fence: Fence) -> None:
    lengths, longest = fence.of(np.array(LENGTHS)), max(LENGTHS)
    for width in (8, 24, 40):
        for lanes, has_bias in ((1, True), (4, False), (7, True)):
            q = fence.of(floats(len(LENGTHS), lanes, HEADS, width))
            keys, values = (fence.of(floats(len(LENGTHS), HEADS, longest, width)) for _ in range(2))
            bias = fence.of(floats(len(LENGTHS), HEADS, longest)) if has_bias else None
            out = fence.room(*q.shape)
            strides = (HEADS * longest * width, longest * width)
            added = (None, 0, 0) if bias is None else (bias, HEADS * longest, longest)
            sizes = (len(LENGTHS), lanes, HEADS, width, *strides)
            assert call(functions.attend_cached, q, keys, values, lengths, *sizes, SCALE, *added, 2, out) == 0
            for row, length in enumerate(LENGTHS):
                plus = 0.0 if bias is None else bias[row, :, :length]
                for lane in range(lanes):
                    own = (q[row, lane], keys[row, :, :length], values[row, :, :length], plus)
                    np.testing.assert_allclose(out[row, lane], attended(*own)[0], rtol=1e-4, atol=1e-5)


def check_attend_appended(functions: Functions, fence: Fence) -> None:
    for width in (8, 24, 40):
        for lanes, has_bias in ((1, False), (1, True), (3, False)):
            _check_appended(functions, fence, width, lanes, has_bias=has_bias)


def _check_appended(functions: Functions, fence: Fence, width: int, lanes: int, *, has_bias: bool) -> None:
    lengths, longest = np.repeat(LENGTHS, lanes), max(LENGTHS)
    rows = len(lengths)
    qkv = fence.of(floats(rows, 3, HEADS, width))
    keys, values = (fence.room(rows, HEADS, longest, width) for _ in range(2))
    keys[...], values[...] = floats(2, *keys.shape)
    origins = fence.room(rows, longest, dtype=np.int32) if lanes > 1 else None
    if origins is not None:
        origins[...] = GENERATOR.integers(0, lanes, origins.shape)
    bias, out = fence.of(floats(rows, HEADS, longest)) if has_bias else None, fence.room(rows, HEADS, width)
    call(
        functions.attend_appended,
        *(qkv, keys, values, fence.of(lengths), origins, longest),
        *(rows, lanes, HEADS, width, HEADS * longest * width, longest * width, SCALE),
        *((None, 0, 0) if bias is None else (bias, HEADS * longest, longest)),
        *(2, out),
    )
    for row, length in enumerate(lengths):
        np.testing.assert_array_equal(keys[row, :, length - 1], qkv[row, 1])
        np.testing.assert_array_equal(values[row, :, length - 1], qkv[row, 2])
        first = row - row % lanes
        writers = np.full(length, row) if origins is None else first + origins[row, :length]
        assert writers[-1] == row
        key, value = (part[writers, :, np.arange(length)].swapaxes(0, 1) for part in (keys, values))
        expected = attended(qkv[row, 0], key, value, 0.0 if bias is None else bias[row, :, :length])[0]
        np.testing.assert_allclose(out[row], expected, rtol=1e-4, atol=1e-5)


def check_attend_packed(functions: Functions, fence: Fence) -> None:
    """A source without a token among them."""
    for sizes in ((1,), (17, 3), (1, 0, 16, 9, 2), (131,), ()):
        offsets = fence.of(np.cumsum([0, *sizes]))
        longest = max(sizes, default=0)
        for width in (8, 24, 40):
            qkv = fence.of(floats(sum(sizes), 3, HEADS, width))
            for bias in (None, fence.of(floats(HEADS, longest, longest))):
                out = fence.room(sum(sizes), HEADS, width)
                added = (None, 0, 0) if bias is None else (bias, longest * longest, longest)
                given = (qkv, offsets, len(sizes), HEADS, width, SCALE, *added, 2)
                assert call(functions.attend_packed, *given, out) == 0
                expected = packed_attention(qkv, sizes, bias, SCALE)
                np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


def packed_attention(
    qkv: np.ndarray, sizes: tuple[int, ...], bias: np.ndarray | None, scale: float
) -> np.ndarray:
    """(N, 3, H, D), sources of so many tokens one after the other, a bias (H, S, S) -> (N, H, D)."""
    out, start = np.empty_like(qkv[:, 0]), 0
    for size in sizes:
        q, keys, values = qkv[start : start + size].swapaxes(0, 1).swapaxes(1, 2)  # (3, H, S, D) each
        for token in range(size):
            plus = 0.0 if bias is None else bias[:, token, :size]
            out[start + token] = attended(q[:, token], keys, values, plus, scale)[0]
        start += size
    return out


CHECKS = (check_attend_cached, check_attend_appended, check_attend_packed)
