from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from crosslate.models.attention.dot_product import MAX_SHORT_KEYS, attend, attention_weights
from crosslate.models.layers.masks import causal_bias, key_padding_bias

CPU = torch.device("cpu")
SCALE = 0.37


def random_inputs(
    dtype: torch.dtype = torch.float32, *, num_queries: int = 4, num_keys: int = 5
) -> tuple[Tensor, Tensor, Tensor]:
    """(B, H, T, D), (B, H, S, D), (B, H, S, D)"""
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(3, 2, num_queries, 8, generator=generator)
    k, v = torch.randn(2, 3, 2, num_keys, 8, generator=generator)
    return q.to(dtype), k.to(dtype), v.to(dtype)


def explicit_softmax(q: list[float], keys: list[list[float]]) -> list[float]:
    """The weights of the keys that a query may see, in plain Python."""
    exponentials = [math.exp(SCALE * sum(a * b for a, b in zip(q, k, strict=True))) for k in keys]
    return [e / sum(exponentials) for e in exponentials]


dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
# with few keys, and with so many that the fused kernel is used
numbers_of_keys = pytest.mark.parametrize("num_keys", [5, MAX_SHORT_KEYS + 3])


@dtypes
@numbers_of_keys
def test_padding_gets_exactly_no_weight_and_the_rest_an_explicit_softmax(
    dtype: torch.dtype, num_keys: int
) -> None:
    q, k, v = random_inputs(dtype, num_keys=num_keys)
    lengths = [num_keys, 1, 3]
    bias = key_padding_bias(torch.tensor(lengths), num_keys, dtype)
    weights = attention_weights(q, k, bias, SCALE)
    mixed = attend(q, k, v, bias, SCALE)
    assert weights.dtype == torch.float32
    for row, length in enumerate(lengths):
        assert (weights[row, :, :, length:] == 0).all()
        for head in range(2):
            for t in range(4):
                expected = explicit_softmax(q[row, head, t].tolist(), k[row, head, :length].tolist())
                torch.testing.assert_close(weights[row, head, t, :length], torch.tensor(expected))
                value = torch.tensor(expected) @ v[row, head, :length].float()
                # 8 bits of mantissa in bfloat16
                tolerance = 1e-5 if dtype == torch.float32 else 3e-2
                torch.testing.assert_close(mixed[row, head, t].float(), value, rtol=0, atol=tolerance)


@numbers_of_keys
def test_what_stands_behind_the_mask_does_not_matter(num_keys: int) -> None:
    q, k, v = random_inputs(num_keys=num_keys)
    bias = key_padding_bias(torch.tensor([2, 2, 2]), num_keys, torch.float32)
    expected = attend(q, k[:, :, :2], v[:, :, :2], None, SCALE)
    torch.testing.assert_close(attend(q, k, v, bias, SCALE), expected)
    k[:, :, 2:], v[:, :, 2:] = 1e4, -1e4
    torch.testing.assert_close(attend(q, k, v, bias, SCALE), expected)


@numbers_of_keys
def test_causal_bias_hides_exactly_the_future(num_keys: int) -> None:
    q, k, v = random_inputs(num_queries=num_keys, num_keys=num_keys)
    bias = causal_bias(num_keys, torch.float32, CPU)
    mixed = attend(q, k, v, bias, SCALE)
    for t in range(num_keys):
        now, seen = slice(t, t + 1), slice(0, t + 1)
        alone = attend(q[:, :, now], k[:, :, seen], v[:, :, seen], None, SCALE)
        torch.testing.assert_close(mixed[:, :, now], alone)
    assert (attention_weights(q, k, bias, SCALE).triu(1) == 0).all()


@dtypes
@numbers_of_keys
def test_a_query_that_may_look_nowhere_gets_something_finite(dtype: torch.dtype, num_keys: int) -> None:
    """Nothing reads it, but NaN would spread."""
    q, k, v = random_inputs(dtype, num_keys=num_keys)
    bias = key_padding_bias(torch.tensor([0, num_keys, num_keys]), num_keys, dtype)
    q, k = q.abs() * 8, -k.abs() * 8  # far below 0: together with the bias they must not become -inf
    assert attend(q, k, v, bias, SCALE).isfinite().all()
    assert attention_weights(q, k, bias, SCALE).isfinite().all()
