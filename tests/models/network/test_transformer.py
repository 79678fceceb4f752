"""What a network consists of, and that its two ways to decode agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import START
from crosslate.models.layers.masks import causal_bias, key_padding_bias
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, SSRUSpec, StackSpec

CPU = torch.device("cpu")
VOCAB = 20
STACK = StackSpec(
    num_layers=2,
    num_heads=2,
    head_dim=4,
    ffn_dim=12,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="sinusoid"),
    attention_scale=0.5,
)
SPEC = ModelSpec(
    family="test",
    width=8,
    source_vocab_size=VOCAB,
    target_vocab_size=VOCAB,
    encoder=STACK,
    decoder=STACK,
    decoder_start_token_id=3,
    eos_token_ids=(0,),
    pad_token_id=3,
    max_source_tokens=50,
    max_target_tokens=50,
)
PRE_NORM = replace(STACK, norm=NormSpec(kind="rms", position="pre"), final_norm=True, gated_ffn=True)
DECODERS = {
    "post-norm": STACK,
    "pre-norm": PRE_NORM,
    "ssru": replace(STACK, mixer=SSRUSpec()),
    "embedding-norm": replace(STACK, embedding_norm=True),
    "learned": replace(STACK, positions=PositionSpec(kind="learned", max_positions=30, offset=2)),
}


def build(spec: ModelSpec) -> EncoderDecoder:
    model = EncoderDecoder(spec)
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return model


def teacher_forced(model: EncoderDecoder, sources: list[list[int]], inputs: Tensor) -> Tensor:
    """(B, T) -> (B, T, M), layer by layer over all positions at once."""
    packing = Packing.of([len(s) for s in sources], CPU)
    memories = model.project_sources(model.encode(pack_ids(sources, CPU), packing), packing)
    bias = key_padding_bias(packing.lengths, packing.longest, torch.float32)
    decoder, length = model.decoder, inputs.shape[1]
    x: Tensor = decoder.embedding(inputs.clamp(min=0)).masked_fill((inputs == START)[..., None], 0.0)
    if decoder.positions is not None:
        x = x + decoder.positions.rows(length)[:length]
    if decoder.embedding_norm is not None:
        x = decoder.embedding_norm(x)
    for layer, memory in zip(decoder.layers, memories, strict=True):
        assert isinstance(layer, DecoderLayer)
        x, queries = layer.before_cross(x, causal_bias(length, torch.float32, CPU))
        x = layer.after_cross(x, layer.cross(queries, memory, bias))
    return x if decoder.final_norm is None else decoder.final_norm(x)


@pytest.mark.parametrize("name", list(DECODERS))
@pytest.mark.parametrize("starts_from_zero", [False, True])
def test_steps_equal_all_positions_at_once(name: str, *, starts_from_zero: bool) -> None:
    """Sources of unlike lengths; the second row begins three steps after the first."""
    start = None if starts_from_zero else 3
    model = build(replace(SPEC, decoder=DECODERS[name], decoder_start_token_id=start))
    sources = [[5, 6, 7, 8, 0], [9, 0]]
    first = START if starts_from_zero else 3
    inputs = torch.tensor([[first, 4, 5, 6, 7, 8, 9], [first, 11, 12, 13, 0, 0, 0]])
    packing = Packing.of([5, 2], CPU)
    state = model.decoder.new_state(1, torch.float32, CPU)
    memories = model.project_sources(model.encode(pack_ids(sources, CPU), packing), packing)
    state.begin(0, memories)
    state.reserve(2, 10, 5)
    cross_bias = key_padding_bias(packing.lengths, 5, torch.float32)
    found: list[list[Tensor]] = [[], []]
    for t in range(7):
        if t == 3:  # what the second row has done so far counts for nothing
            state.begin(1, [memory.rows(1, 2) for memory in memories])
        positions = torch.tensor([t, t if t < 3 else t - 3])
        self_bias = key_padding_bias(positions + 1, t + 1, torch.float32)
        layout = StepLayout(2, positions, t + 1, 5, self_bias, cross_bias)
        states = model.decoder.step(inputs[[0, 1], positions][:, None], state.layers, layout)
        found[0].append(states[0, 0])
        found[1] += [states[1, 0]] if t >= 3 else []
    expected = teacher_forced(model, sources, inputs)
    torch.testing.assert_close(torch.stack(found[0]), expected[0])
    torch.testing.assert_close(torch.stack(found[1]), expected[1, :4])


def test_cross_weights_sum_to_one_and_see_no_padding() -> None:
    model = build(SPEC)
    packing = Packing.of([4, 2], CPU)
    sources = model.project_sources(model.encode(pack_ids([[1, 2, 3, 0], [4, 0]], CPU), packing), packing)
    inputs = torch.tensor([[3, 5, 6], [3, 7, 3]])

    def read(memories: list[State], wanted: dict[int, list[int]]) -> dict[int, Tensor]:
        return dict(model.decoder.read(inputs, memories, packing.lengths, wanted))

    weights = read(sources, {0: [0, 1], 1: [0, 1]})
    assert {i: tuple(w.shape) for i, w in weights.items()} == {0: (2, 2, 3, 4), 1: (2, 2, 3, 4)}
    for layer in weights.values():
        torch.testing.assert_close(layer.sum(-1), torch.ones(2, 2, 3))
        assert (layer[1, :, :, 2:] == 0).all()
    only = read(sources[:1], {0: [0, 1]})
    assert list(only) == [0]
    torch.testing.assert_close(only[0], weights[0])
    head = read(sources, {1: [1]})
    assert list(head) == [1]
    torch.testing.assert_close(head[1], weights[1][:, 1:])


def test_embeddings_are_scaled_but_the_output_is_not() -> None:
    model = build(replace(SPEC, embedding_scale=3.0, output_scale=0.25))
    ids = torch.tensor([4, 7])
    torch.testing.assert_close(model.encoder.embedding(ids), 3 * model.output.weight[ids])
    states = torch.randn(2, 8)
    torch.testing.assert_close(model.logits(states), 0.25 * states @ model.output.weight.T)


@pytest.mark.parametrize(
    ("share_embeddings", "tie_output", "num_tables"),
    [(True, True, 1), (True, False, 2), (False, True, 2), (False, False, 3)],
)
def test_tables_are_shared_as_the_spec_says(
    *, share_embeddings: bool, tie_output: bool, num_tables: int
) -> None:
    model: nn.Module = EncoderDecoder(replace(SPEC, share_embeddings=share_embeddings, tie_output=tie_output))
    tables = [p for p in model.parameters() if p.shape == (VOCAB, 8)]
    assert len(tables) == num_tables


def test_sources_do_not_see_each_other() -> None:
    model = build(SPEC)
    sources = [[5, 6, 7, 8, 9, 0], [4, 0], [3, 2, 1, 0]]
    packing = Packing.of([len(s) for s in sources], CPU)
    together = packing.pad(model.encode(pack_ids(sources, CPU), packing))
    for row, source in enumerate(sources):
        alone = model.encode(pack_ids([source], CPU), Packing.of([len(source)], CPU))
        torch.testing.assert_close(together[row, : len(source)], alone)
