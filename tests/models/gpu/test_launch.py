"""Each kernel beside the same thing in plain torch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import pytest
import torch
from torch import Tensor

from crosslate.models.gpu.launch import Tile, attend, linear, ssru
from crosslate.models.layers.layers import ACTIVATIONS, Linear, Norm
from crosslate.models.specs.stack_spec import Activation, NormSpec

NormKind = Literal["layer", "rms"]
ROWS = (1, 3, 20, 70)
"""one row; fewer and more than a tile; two tiles"""
ACTIVATION_NAMES: tuple[Activation, ...] = ("relu", "gelu", "gelu_new", "silu")
assert_close = partial(torch.testing.assert_close, atol=2e-5, rtol=2e-5)
"""Sums in float32, in another order."""


@pytest.fixture(autouse=True)
def _random(device: torch.device) -> Iterator[None]:
    torch.manual_seed(0)
    with torch.inference_mode(), torch.device(device):
        yield


def make_linear(num_inputs: int, num_outputs: int, *, bias: bool = True) -> Linear:
    layer = Linear(num_inputs, num_outputs, bias=bias)
    for parameter in layer.parameters():
        parameter.normal_(std=num_inputs**-0.5)
    return layer


def make_norm(kind: NormKind, width: int) -> Norm:
    norm = Norm(NormSpec(kind=kind), width)
    for parameter in norm.parameters():
        parameter.normal_()
    return norm


@pytest.mark.parametrize("num_rows", ROWS)
@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_a_product_of_normalised_rows(num_rows: int, kind: NormKind) -> None:
    x, norm, layer = torch.randn(num_rows, 48) * 2 + 1, make_norm(kind, 48), make_linear(48, 40)
    assert_close(linear(x, layer, norm=norm), layer(norm(x)))


@pytest.mark.parametrize("num_rows", ROWS)
@pytest.mark.parametrize("kind", [None, "layer", "rms"])
def test_a_product_added_to_a_residual(num_rows: int, kind: NormKind | None) -> None:
    x, layer, residual = torch.randn(num_rows, 48), make_linear(48, 40), torch.randn(num_rows, 40) + 1
    norm = None if kind is None else make_norm(kind, 40)
    expected = layer(x) + (residual if norm is None else norm(residual))
    actual = linear(x, layer, residual=residual, residual_norm=norm)
    assert_close(actual, expected)


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@pytest.mark.parametrize("is_gated", [False, True])
def test_a_product_with_an_activation(activation: Activation, is_gated: bool) -> None:
    x, layer = torch.randn(3, 48), make_linear(48, 80, bias=not is_gated)
    if is_gated:
        gate, up = layer(x).chunk(2, dim=-1)
        expected = ACTIVATIONS[activation](gate) * up
    else:
        expected = ACTIVATIONS[activation](layer(x))
    actual = linear(x, layer, activation=activation, is_gated=is_gated)
    assert_close(actual, expected)


def test_tiles_that_nothing_divides_by() -> None:
    tile = Tile(num_rows=16, block_n=32, block_k=64, num_warps=2, num_stages=2)
    x, layer = torch.randn(37, 100), make_linear(100, 51)
    assert_close(linear(x, layer, tile=tile), layer(x))


HEADS, WIDTH, KEYS = 3, 24, 100
LENGTHS = [1, 7, 64, 65, 100]
"""within a block of keys, at its end, beyond"""


def reference(q: Tensor, keys: Tensor, values: Tensor, lengths: Tensor, bias: Tensor | None) -> Tensor:
    mask = torch.where(torch.arange(keys.shape[2])[None] < lengths[:, None], 0.0, -1e30)[:, None, None]
    mask = mask if bias is None else mask + bias[:, :, None]
    split = q.view(len(q), HEADS, 1, WIDTH)
    mixed = torch.nn.functional.scaled_dot_product_attention(split, keys, values, attn_mask=mask, scale=0.3)
    return mixed.flatten(1)


def test_attention_over_each_rows_own_keys() -> None:
    lengths, q = torch.tensor(LENGTHS), torch.randn(len(LENGTHS), HEADS * WIDTH)
    keys, values = torch.randn(2, len(LENGTHS), HEADS, KEYS, WIDTH)
    expected = reference(q, keys, values, lengths, None)
    for row, length in enumerate(LENGTHS):
        keys[row, :, length:] = values[row, :, length:] = torch.nan  # never read
    assert_close(attend(q, keys, values, lengths, scale=0.3), expected)


@pytest.mark.parametrize("num_biases", [None, 1, len(LENGTHS)])
def test_attention_that_appends_the_newest_key(num_biases: int | None) -> None:
    lengths, rows = torch.tensor(LENGTHS), len(LENGTHS)
    bias = None if num_biases is None else torch.randn(num_biases, HEADS, KEYS)
    q, k, v = torch.randn(rows, 3 * HEADS * WIDTH).chunk(3, dim=-1)
    keys, values = torch.randn(2, rows, HEADS, KEYS, WIDTH)
    expected_keys, expected_values = keys.clone(), values.clone()
    expected_keys[range(rows), :, lengths - 1] = k.view(rows, HEADS, WIDTH)
    expected_values[range(rows), :, lengths - 1] = v.view(rows, HEADS, WIDTH)
    mixed = attend(q, keys, values, lengths, scale=0.3, new=(k, v), bias=bias)
    assert torch.equal(keys, expected_keys)
    assert torch.equal(values, expected_values)
    assert_close(mixed, reference(q, expected_keys, expected_values, lengths, bias))


@pytest.mark.parametrize("is_normed", [False, True])
def test_a_recurrent_cell(is_normed: bool) -> None:
    gates, cells, x, norm = torch.randn(3, 40), torch.randn(3, 20), torch.randn(3, 20), make_norm("layer", 20)
    forget, candidate = gates.chunk(2, dim=-1)
    expected_cells = torch.lerp(candidate, cells, torch.sigmoid(forget))
    expected = (norm(x) if is_normed else x) + torch.relu(expected_cells)
    actual = ssru(gates, cells, x, norm, is_normed=is_normed)
    assert_close(cells, expected_cells)
    assert_close(actual, expected)
