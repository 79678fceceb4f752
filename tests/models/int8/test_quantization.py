"""Int8 modules against the arithmetic that they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.int8.quantization import (
    Int8Embedding,
    Int8Linear,
    Int8Rows,
    linear_of_int8,
)
from crosslate.models.layers.layers import ACTIVATIONS, START, Embedding
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.native import kernels as kernels_module
from crosslate.models.native.kernels import load_kernels
from crosslate.models.specs.stack_spec import Activation
from tests.models.conftest import SENTENCES


def test_rounding_is_off_by_half_a_step_at_most() -> None:
    matrix = torch.randn(7, 30)
    matrix[3] = 0.0
    rows = Int8Rows.of(matrix)
    assert rows.values.dtype == torch.int8
    error = (rows[torch.arange(7)] - matrix).abs()
    assert (error <= rows.scales[:, None] * 0.5001).all()
    assert rows[torch.tensor([[3, 3]])].eq(0).all()


def test_integers_come_back_as_they_were() -> None:
    integers = torch.randint(-127, 128, (7, 30), dtype=torch.int8)
    integers[2] //= 3  # by itself this row would have another scale
    steps = torch.tensor([0.5, 1 / 3, 1 / 3, 2e-3, 7.0, 1.0, 1e-5])
    rows = Int8Rows.of(integers.float() * steps[:, None], steps)
    assert torch.equal(rows.values, integers)
    assert torch.equal(rows.scales, steps)


def test_linear_is_near_the_float_product() -> None:
    torch.manual_seed(0)
    weight, bias, x = torch.randn(40, 64), torch.randn(40), torch.randn(2, 5, 64)
    layer = Int8Linear(Int8Rows.of(weight), bias)
    exact = torch.nn.functional.linear(x, weight, bias)
    assert ((layer(x) - exact).norm() / exact.norm()) < 0.02


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_activations(activation: Activation) -> None:
    layer = Int8Linear(Int8Rows.of(torch.randn(40, 64)), torch.randn(40))
    x = torch.randn(5, 64) * 4
    expected = ACTIVATIONS[activation](layer(x))
    torch.testing.assert_close(layer.activated(x, activation), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(load_kernels() is None, reason="the kernels are not compiled: no C compiler")
def test_machines_without_kernels_compute_nearly_the_same() -> None:
    """There what comes in is not rounded."""
    torch.manual_seed(0)
    rows, bias, x = Int8Rows.of(torch.randn(40, 64)), torch.randn(40), torch.randn(9, 64)
    x[4] = 0.0
    expected = linear_of_int8(x, rows, bias)
    assert (Int8Linear(rows, bias)(x) - expected).norm() < 0.01 * expected.norm()
    fine = Int8Linear(rows, bias, is_fine=True)
    error = (fine(x) - expected).norm() / expected.norm()
    assert error < (1e-4 if fine.packed.levels > 255 else 0.01)


@pytest.mark.parametrize("width", [16, 13])
def test_embedding(width: int) -> None:
    """With kernels and, of a width that they do not take, without."""
    matrix, table = torch.randn(9, width), torch.randn(4, width)
    ids, positions = torch.tensor([[0, 8], [3, START]]), torch.tensor([[2], [3]])
    float_embedding = Embedding(9, width, 4.0, knows_start=True)
    float_embedding.weight.copy_(matrix)
    expected = 4.0 * matrix[ids]
    expected[1, 1] = 0.0
    for embedding, tolerance in ((Int8Embedding(Int8Rows.of(matrix), 4.0), 0.1), (float_embedding, 1e-6)):
        torch.testing.assert_close(embedding(ids), expected, rtol=0, atol=tolerance)
        placed = embedding(ids, positions, table)
        torch.testing.assert_close(placed, expected + table[positions], rtol=0, atol=tolerance)


def test_a_model_without_kernels(marian_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Int8 works on every machine: there it is the float network with rounded weights."""
    whole = load_model(str(marian_folder), dtype="float32")
    for parameter in whole.model.parameters():
        if parameter.dim() == 2:
            parameter.copy_(Int8Rows.of(parameter)[torch.arange(len(parameter))])
    monkeypatch.setattr(kernels_module, "load_library", lambda: None)
    load_kernels.cache_clear()
    try:
        assert load_kernels() is None
        rounded = load_model(str(marian_folder), dtype="int8")
        assert generate(rounded) == generate(whole)
    finally:
        load_kernels.cache_clear()


def generate(loaded: LoadedModel) -> list[list[int]]:
    params = GenerationParams(max_new_tokens=8)
    sources = [loaded.tokenizer.encode_source(text) for text in SENTENCES]
    requests = [GenerationRequest(source_ids=ids, params=params) for ids in sources]
    return [output.token_ids for output in loaded.make_engine().generate(requests)]


def test_candidates_without_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shortlist is followed on every machine."""
    text = "The cat sat on the mat because it was tired."

    def translate() -> str:
        loaded = load_model("starter/en-pt", dtype="int8")
        request = GenerationRequest(source_ids=loaded.tokenizer.encode_source(text))
        (output,) = loaded.make_engine().generate([request])
        return loaded.tokenizer.decode(output.token_ids)

    expected = translate()
    load_kernels.cache_clear()
    monkeypatch.setattr(kernels_module, "load_library", lambda: None)
    try:
        assert translate() == expected
    finally:
        load_kernels.cache_clear()


def test_no_float_matrix_is_left(marian_folder: Path) -> None:
    loaded = load_model(str(marian_folder), dtype="int8")
    assert all(parameter.dim() == 1 for parameter in loaded.model.parameters())
