from __future__ import annotations

import pytest
import torch
from torch import nn

from crosslate.models.layers.layers import ACTIVATIONS, FeedForward, Linear, Norm, Residual
from crosslate.models.specs.stack_spec import Activation, NormSpec, PositionSpec, StackSpec

WIDTH, FFN = 6, 10


def stack(*, activation: Activation, gated_ffn: bool = False) -> StackSpec:
    return StackSpec(
        num_layers=1,
        num_heads=1,
        head_dim=WIDTH,
        ffn_dim=FFN,
        activation=activation,
        gated_ffn=gated_ffn,
        norm=NormSpec(),
        positions=PositionSpec(kind="none"),
        attention_scale=1.0,
    )


def randomize(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape))


def test_layer_norm_centres_and_scales() -> None:
    norm = Norm(NormSpec(eps=1e-3), WIDTH)
    randomize(norm)
    assert norm.bias is not None
    x = torch.randn(3, WIDTH)
    deviation = (x.var(dim=-1, keepdim=True, unbiased=False) + 1e-3).sqrt()
    expected = (x - x.mean(dim=-1, keepdim=True)) / deviation * norm.weight + norm.bias
    torch.testing.assert_close(norm(x), expected)


def test_rms_norm_only_scales() -> None:
    norm = Norm(NormSpec(kind="rms", eps=1e-3), WIDTH)
    randomize(norm)
    assert norm.bias is None
    x = torch.randn(3, WIDTH)
    torch.testing.assert_close(norm(x), x / ((x**2).mean(-1, keepdim=True) + 1e-3).sqrt() * norm.weight)


def test_a_residual_norms_before_or_after_the_sum() -> None:
    x, out = torch.randn(2, 3, WIDTH)
    post, pre = Residual(NormSpec(position="post"), WIDTH), Residual(NormSpec(position="pre"), WIDTH)
    randomize(post)
    pre.load_state_dict(post.state_dict())
    assert torch.equal(post.enter(x), x)
    torch.testing.assert_close(post.leave(x, out), post.norm(x + out))
    torch.testing.assert_close(pre.enter(x), pre.norm(x))
    assert torch.equal(pre.leave(x, out), x + out)


@pytest.mark.parametrize("activation", ["relu", "gelu", "gelu_new", "silu"])
def test_feed_forward_is_two_linear_layers(activation: Activation) -> None:
    feed_forward = FeedForward(stack(activation=activation), WIDTH)
    randomize(feed_forward)
    inner, outer = feed_forward.inner, feed_forward.outer
    x = torch.randn(2, 3, WIDTH)
    assert inner.bias is not None
    assert outer.bias is not None
    hidden = ACTIVATIONS[activation](x @ inner.weight.T + inner.bias)
    torch.testing.assert_close(feed_forward(x), hidden @ outer.weight.T + outer.bias)


def test_gated_feed_forward_activates_the_first_half() -> None:
    feed_forward = FeedForward(stack(activation="gelu_new", gated_ffn=True), WIDTH)
    randomize(feed_forward)
    x = torch.randn(3, WIDTH)
    gate, up = feed_forward.inner(x).split(FFN, dim=-1)
    torch.testing.assert_close(feed_forward(x), feed_forward.outer(ACTIVATIONS["gelu_new"](gate) * up))


def test_the_two_gelus_differ_as_named() -> None:
    x = torch.linspace(-3, 3, 13)
    exact = x * 0.5 * (1 + torch.erf(x / 2**0.5))
    tanh = 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
    torch.testing.assert_close(ACTIVATIONS["gelu"](x), exact)
    torch.testing.assert_close(ACTIVATIONS["gelu_new"](x), tanh)
    assert not torch.allclose(exact, tanh, atol=1e-5)


def test_linear_without_bias() -> None:
    linear = Linear(3, 2, bias=False)
    randomize(linear)
    x = torch.randn(4, 3)
    torch.testing.assert_close(linear(x), x @ linear.weight.T)
