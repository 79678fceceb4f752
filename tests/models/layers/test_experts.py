"""Blocks of experts against the formula, one token at a time."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from crosslate.models.checkpoints.key_map import Renaming
from crosslate.models.int8.input_centers import FEWEST_ROWS, center_of, input_centers
from crosslate.models.int8.quantization import Int8Linear
from crosslate.models.layers.experts import Experts, Router, build_feed_forward
from crosslate.models.layers.layers import FeedForward
from crosslate.models.loading import load_model
from crosslate.models.specs.experts_spec import ExpertsSpec
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, StackSpec
from tests.models.families.cases import EXPERTS
from tests.models.families.parity import Case, build_checkpoint

WIDTH = 24
TWO = ExpertsSpec(layers=(1,), num_experts=5, num_chosen=2, normalizes=True, output_scale=0.8)
ONE = ExpertsSpec(layers=(1,), num_experts=5, num_chosen=1, router_bias=True)
STACK = StackSpec(
    num_layers=2,
    num_heads=1,
    head_dim=WIDTH,
    ffn_dim=40,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="none"),
    attention_scale=1.0,
)


def experts(spec: ExpertsSpec) -> Experts:
    block = build_feed_forward(dataclasses.replace(STACK, experts=spec), WIDTH, 1)
    assert isinstance(block, Experts)
    generator = torch.Generator().manual_seed(0)
    for parameter in block.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return block


def one_by_one(block: Experts, spec: ExpertsSpec, x: Tensor) -> Tensor:
    """(N, M) -> (N, M)."""
    rows = []
    for token in x:
        bias = 0.0 if block.router.bias is None else block.router.bias
        probabilities = (block.router.weight @ token + bias).softmax(dim=0)
        likeliest = sorted(range(spec.num_experts), key=lambda i: -float(probabilities[i]))[: spec.num_chosen]
        total = sum(float(probabilities[i]) for i in likeliest) if spec.normalizes else 1.0
        outputs = [list(block.experts)[i](token[None])[0] * probabilities[i] / total for i in likeliest]
        rows.append(torch.stack(outputs).sum(dim=0) * spec.output_scale)
    return torch.stack(rows)


@pytest.mark.parametrize("spec", [ONE, TWO])
@pytest.mark.parametrize("num_tokens", [1, 2, 60])
def test_each_token_gets_what_its_experts_make_of_it(spec: ExpertsSpec, num_tokens: int) -> None:
    block = experts(spec)
    x = torch.randn(num_tokens, WIDTH, generator=torch.Generator().manual_seed(1))
    expected = one_by_one(block, spec, x)
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(block(x[:, None]), expected[:, None], rtol=1e-4, atol=1e-4)


def test_no_expert_is_ever_full() -> None:
    """A token that comes last, of many that choose alike, gets what it would get alone."""
    block = experts(TWO)
    x = torch.randn(WIDTH, generator=torch.Generator().manual_seed(2)).expand(500, WIDTH)
    torch.testing.assert_close(block(x), block(x[:1]).expand(500, WIDTH))


@pytest.mark.parametrize("width", [24, 100, 513])
def test_a_router_does_not_see_the_batch(width: int) -> None:
    """To the last bit: its weights are factors of what int8 networks round."""
    router = Router(TWO, width)
    generator = torch.Generator().manual_seed(3)
    router.weight.copy_(torch.randn(router.weight.shape, generator=generator))
    x = torch.randn(300, width, generator=generator)
    chosen, weights = router(x)
    for some in (slice(0, 1), slice(7, 9), slice(40, 173)):
        again, weights_again = router(x[some])
        assert torch.equal(again, chosen[some])
        assert torch.equal(weights_again, weights[some])
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(300))


def test_other_layers_have_one_block() -> None:
    stack = dataclasses.replace(STACK, experts=TWO)
    assert type(build_feed_forward(stack, WIDTH, 0)) is FeedForward
    assert type(build_feed_forward(STACK, WIDTH, 1)) is FeedForward


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"num_experts": 1}, "num_experts is 1, expected a whole number from 2"),
        ({"num_chosen": 0}, "num_chosen"),
        ({"output_scale": 0.0}, "output_scale"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        dataclasses.replace(TWO, **changes)  # type: ignore[arg-type]


def test_layers_that_are_not_there_have_no_experts() -> None:
    with pytest.raises(ValueError, match=r"of 1 layers, \(1,\) are to have experts"):
        dataclasses.replace(STACK, num_layers=1, experts=TWO)


def test_names_of_experts_have_two_numbers() -> None:
    renamed = Renaming({"layers.*.experts.*.inner": "block.*.expert_*.{wi,wu}"}, first_layer=1)
    found = renamed("layers.3.experts.12.inner.weight")
    assert found == ("block.4.expert_12.wi.weight", "block.4.expert_12.wu.weight")


@pytest.mark.parametrize("case", EXPERTS, ids=str)
def test_int8_rounds_experts_and_no_router(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    folder: Path = tmp_path_factory.mktemp("experts")
    whole = build_checkpoint(case, folder).loaded.model
    rounded = load_model(str(folder), dtype="int8").model
    exact = {name: m for name, m in whole.named_modules() if isinstance(m, Experts)}
    blocks = {name: m for name, m in rounded.named_modules() if isinstance(m, Experts)}
    assert blocks.keys() == exact.keys()
    for name, block in blocks.items():
        assert torch.equal(block.router.weight, exact[name].router.weight)
        assert all(isinstance(m, Int8Linear) for one in block.experts for m in (one.inner, one.outer))


@pytest.mark.parametrize("case", EXPERTS, ids=str)
def test_what_experts_read_has_the_center_of_all_that_the_block_reads(tmp_path: Path, case: Case) -> None:
    """An expert alone takes too few tokens to tell."""
    model = build_checkpoint(case, tmp_path).loaded.model
    for name, parameter in model.named_parameters():
        if name.endswith("feed_forward_residual.norm.weight"):
            parameter.mul_(0.05)
        if name.endswith("feed_forward_residual.norm.bias"):
            parameter[3] = 40.0
    centers = {linear: c for _, found in input_centers(model) for linear, c in found.items()}
    for block in (m for m in model.modules() if isinstance(m, Experts)):
        found = [centers.get(expert.inner) for expert in block.experts]
        assert all(center is found[0] for center in found)
        if case is EXPERTS[0]:  # the other's norms have no bias
            assert found[0] is not None
            assert found[0][3] == pytest.approx(40.0, abs=1.0)
    rows = torch.randn(FEWEST_ROWS - 1, 16) + torch.eye(16)[0] * 100
    assert center_of(rows) is None
