"""Each kind of attention against `torch.nn.MultiheadAttention` with the same weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention, EncoderSelfAttention
from crosslate.models.layers.masks import causal_bias, key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, StackSpec

WIDTH, HEADS = 12, 3
LENGTHS = [4, 1, 6]
CPU = torch.device("cpu")
STACK = StackSpec(
    num_layers=1,
    num_heads=HEADS,
    head_dim=WIDTH // HEADS,
    ffn_dim=8,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="none"),
    attention_scale=(WIDTH // HEADS) ** -0.5,
)


def reference_attention() -> nn.MultiheadAttention:
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).eval()
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.5)
    return reference


def self_attention_weights(reference: nn.MultiheadAttention) -> dict[str, Tensor]:
    state = reference.state_dict()
    return {
        "qkv.weight": state["in_proj_weight"],
        "qkv.bias": state["in_proj_bias"],
        "out.weight": state["out_proj.weight"],
        "out.bias": state["out_proj.bias"],
    }


def test_encoder_self_attention_of_ragged_sources() -> None:
    reference = reference_attention()
    ours = EncoderSelfAttention(STACK, WIDTH)
    ours.load_state_dict(self_attention_weights(reference))
    sources = [torch.randn(1, length, WIDTH) for length in LENGTHS]
    packing = Packing.of(LENGTHS, CPU)
    bias = key_padding_bias(packing.lengths, packing.longest, torch.float32)
    mixed = packing.pad(ours(torch.cat(sources, dim=1)[0], packing, bias))
    for row, source in enumerate(sources):
        expected, _ = reference(source, source, source)
        torch.testing.assert_close(mixed[row, : source.shape[1]], expected[0])


def test_causal_self_attention() -> None:
    reference = reference_attention()
    ours = CausalSelfAttention(STACK, WIDTH)
    ours.load_state_dict(self_attention_weights(reference))
    x = torch.randn(2, 5, WIDTH)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected, _ = reference(x, x, x, attn_mask=hidden)
    torch.testing.assert_close(ours(x, causal_bias(5, torch.float32, CPU)), expected)


def test_cross_attention_and_its_weights() -> None:
    reference = reference_attention()
    state = reference.state_dict()
    ours = CrossAttention(STACK, WIDTH)
    ours.load_state_dict(
        {
            "q.weight": state["in_proj_weight"][:WIDTH],
            "q.bias": state["in_proj_bias"][:WIDTH],
            "kv.weight": state["in_proj_weight"][WIDTH:],
            "kv.bias": state["in_proj_bias"][WIDTH:],
            "out.weight": state["out_proj.weight"],
            "out.bias": state["out_proj.bias"],
        }
    )
    sources = [torch.randn(1, length, WIDTH) for length in LENGTHS]
    packing = Packing.of(LENGTHS, CPU)
    memory = ours.project_source(torch.cat(sources, dim=1)[0], packing)
    bias = key_padding_bias(packing.lengths, packing.longest, torch.float32)
    x = torch.randn(3, 2, WIDTH)  # two lanes per row
    mixed, weights = ours(x, memory, bias), ours.weights(x, memory, bias, range(HEADS))
    for row, source in enumerate(sources):
        expected, maps = reference(x[row : row + 1], source, source, average_attn_weights=False)
        torch.testing.assert_close(mixed[row], expected[0])
        torch.testing.assert_close(weights[row, :, :, : source.shape[1]], maps[0])
