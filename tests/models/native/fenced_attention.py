"""Attention between fences, against numpy: over caches that are as long as what is in them."""

from __future__ import annotations

import numpy as np
import torch

from crosslate.models.native.kept_vectors import num_places, opened, shortened
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


def kept_of(x: np.ndarray, *, is_value: bool) -> np.ndarray:
    """As shorts: (..., D) -> (..., places)."""
    return np.asarray(shortened(torch.from_numpy(x), is_value=is_value))


def floats_of(kept: np.ndarray, width: int, *, is_value: bool) -> np.ndarray:
    """As they are read: (..., places) -> (..., D)."""
    return np.asarray(opened(torch.from_numpy(kept), width, is_value=is_value))


def assert_near(found: np.ndarray, expected: np.ndarray, *, is_short: bool) -> None:
    rtol, atol = (1e-3, 2e-3) if is_short else (1e-4, 1e-5)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def check_attend_cached(functions: Functions, fence: Fence) -> None:
    for width in (8, 24, 40):
        for lanes, has_bias in ((1, True), (4, False), (7, True)):
            for is_short in (False, True):
                _check_cached(functions, fence, width, lanes, has_bias=has_bias, is_short=is_short)


def _check_cached(
    functions: Functions, fence: Fence, width: int, lanes: int, *, has_bias: bool, is_short: bool
) -> None:
    lengths, longest, places = fence.of(np.array(LENGTHS)), max(LENGTHS), num_places(width, is_short=is_short)
    q = fence.of(floats(len(LENGTHS), lanes, HEADS, width))
    keys, values = floats(2, len(LENGTHS), HEADS, longest, width)
    kept = (kept_of(keys, is_value=False), kept_of(values, is_value=True)) if is_short else (keys, values)
    bias = fence.of(floats(len(LENGTHS), HEADS, longest)) if has_bias else None
    out = fence.room(*q.shape)
    told = fence.room(len(LENGTHS), lanes, HEADS, longest) if lanes == 4 else None
    sizes = (len(LENGTHS), lanes, HEADS, width, HEADS * longest * places, longest * places)
    added = (None, 0, 0) if bias is None else (bias, HEADS * longest, longest)
    tells = (None, 0, 0) if told is None else (told, HEADS * longest, longest)
    given = (q, int(is_short), *map(fence.of, kept), lengths, *sizes, SCALE, *added, *tells, 2)
    assert call(functions.attend_cached, *given, out) == 0
    for row, length in enumerate(LENGTHS):
        plus = 0.0 if bias is None else bias[row, :, :length]
        for lane in range(lanes):
            own = (q[row, lane], keys[row, :, :length], values[row, :, :length], plus)
            mixed, weights = attended(*own)
            assert_near(out[row, lane], mixed, is_short=is_short)
            if told is not None:
                assert_near(told[row, lane, :, :length], weights, is_short=is_short)


def check_attend_appended(functions: Functions, fence: Fence) -> None:
    for width in (8, 24, 40):
        for lanes, has_bias in ((1, False), (1, True), (3, False)):
            for is_short in (False, True):
                _check_appended(functions, fence, width, lanes, has_bias=has_bias, is_short=is_short)


def _check_appended(
    functions: Functions, fence: Fence, width: int, lanes: int, *, has_bias: bool, is_short: bool
) -> None:
    lengths, longest = np.repeat(LENGTHS, lanes), max(LENGTHS)
    rows = len(lengths)
    qkv = fence.of(floats(rows, 3, HEADS, width))
    before = floats(2, rows, HEADS, longest, width)
    if is_short:
        before = np.stack([kept_of(part, is_value=i == 1) for i, part in enumerate(before)])
    keys, values = (fence.room(*part.shape, dtype=part.dtype) for part in before)
    keys[...], values[...] = before
    places = keys.shape[-1]
    origins = fence.room(rows, longest, dtype=np.int32) if lanes > 1 else None
    if origins is not None:
        origins[...] = GENERATOR.integers(0, lanes, origins.shape)
    bias, out = fence.of(floats(rows, HEADS, longest)) if has_bias else None, fence.room(rows, HEADS, width)
    call(
        functions.attend_appended,
        *(qkv, int(is_short), keys, values, fence.of(lengths), origins, longest),
        *(rows, lanes, HEADS, width, HEADS * longest * places, longest * places, SCALE),
        *((None, 0, 0) if bias is None else (bias, HEADS * longest, longest)),
        *(2, out),
    )
    new_keys, new_values = qkv[:, 1], qkv[:, 2]
    if is_short:
        new_keys, new_values = kept_of(new_keys, is_value=False), kept_of(new_values, is_value=True)
    own_keys = floats_of(keys, width, is_value=False)
    own_values = floats_of(values, width, is_value=True)
    for row, length in enumerate(lengths):
        np.testing.assert_array_equal(keys[row, :, length - 1], new_keys[row])
        np.testing.assert_array_equal(values[row, :, length - 1], new_values[row])
        first = row - row % lanes
        writers = np.full(length, row) if origins is None else first + origins[row, :length]
        assert writers[-1] == row
        key, value = (part[writers, :, np.arange(length)].swapaxes(0, 1) for part in (own_keys, own_values))
        expected = attended(qkv[row, 0], key, value, 0.0 if bias is None else bias[row, :, :length])[0]
        assert_near(out[row], expected, is_short=is_short)


def check_attend_packed(functions: Functions, fence: Fence) -> None:
    """A source without a token among them."""
    for sizes in ((1,), (17, 3), (1, 0, 16, 9, 2), (131,), ()):
        offsets = fence.of(np.cumsum([0, *sizes]))
        longest = max(sizes, default=0)
        for width in (8, 24, 40, 48):
            qkv = fence.of(floats(sum(sizes), 3, HEADS, width))
            for bias in (None, fence.of(floats(HEADS, longest, longest))):
                added = (None, 0, 0) if bias is None else (bias, longest * longest, longest)
                expected = packed_attention(qkv, sizes, bias, SCALE)
                for is_short in (False, True):
                    out = fence.room(sum(sizes), HEADS, width)
                    given = (qkv, is_short, offsets, len(sizes), HEADS, width, SCALE, *added, 2)
                    assert call(functions.attend_packed, *given, out) == 0
                    assert_near(out, expected, is_short=is_short)


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
