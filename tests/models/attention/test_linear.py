from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import nn
from transformers import BartConfig
from transformers.models.bart.modeling_bart import BartAttention

from crosslate.models.attention.linear import (
    CHUNK,
    LinearCausalAttention,
    LinearCrossAttention,
    LinearEncoderAttention,
    feature_map,
)
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.row_costs import RowCosts
from crosslate.models.errors import CheckpointError
from crosslate.models.families.hugging_face import build_network
from crosslate.models.layers.layers import Embedding
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.transformer import build_decoder
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import LinearAttentionSpec
from tests.models.families.bart_cases import BART_SIZES
from tests.models.families.cases import LINEAR
from tests.models.families.linear_reference import attend
from tests.models.families.parity import build_checkpoint, reference_tokens
from tests.models.network.test_transformer import SPEC

CPU = torch.device("cpu")
STACK = replace(SPEC.decoder, num_heads=2, head_dim=4)
WIDTH = SPEC.width
M = TypeVar("M", bound=nn.Module)


def filled(module: M) -> M:
    generator = torch.Generator().manual_seed(3)
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * WIDTH**-0.5)
    return module


def states(num_tokens: int) -> torch.Tensor:
    return torch.randn(num_tokens, WIDTH, generator=torch.Generator().manual_seed(num_tokens))


def test_the_feature_map_is_elu_and_one_and_does_not_vanish_early() -> None:
    x = torch.tensor([-3.0, -0.5, 0.0, 0.5, 40.0])
    torch.testing.assert_close(feature_map(x), nn.functional.elu(x) + 1)
    assert float(feature_map(torch.tensor(-30.0))) == pytest.approx(math.exp(-30))
    assert feature_map(x.bfloat16()).dtype == torch.float32


def test_the_page_trains_with_what_is_compared_with() -> None:
    page = (Path(__file__).parents[3] / "docs" / "attention.md").read_text(encoding="utf-8")
    code, module = page[page.index("def attend(") :].split("\n\n")[0], BartAttention(8, 2, is_decoder=True)
    module.config = BartConfig(**LINEAR.settings)
    known: dict[str, Any] = {"torch": torch}
    exec(code, known)
    q, k, v = torch.randn(3, 2, 2, 5, 4)
    mask = torch.full((5, 5), torch.finfo(torch.float32).min).triu(1)
    for one, other in zip(known["attend"](module, q, k, v, mask), attend(module, q, k, v, mask), strict=True):
        torch.testing.assert_close(one, other)


def test_a_whole_target_is_what_its_steps_are_over_several_chunks() -> None:
    attention = filled(LinearCausalAttention(STACK, WIDTH)).double()
    length = 2 * CHUNK + 7
    x = states(length).double()[None]
    state = attention.new_state(1, x.dtype, CPU).sized(1, length, 0)
    layouts = [StepLayout.even(t, torch.ones(1, dtype=torch.int64), 1, x.dtype) for t in range(length)]
    steps = [attention.step(x[:, t, None], state, layout) for t, layout in enumerate(layouts)]
    whole = attention(x, torch.zeros(1))
    torch.testing.assert_close(whole, torch.cat(steps, dim=1))
    # what comes later changes nothing
    torch.testing.assert_close(attention(x[:, : CHUNK + 5], torch.zeros(1)), whole[:, : CHUNK + 5])


def test_padding_beside_longer_sources_changes_nothing() -> None:
    encoder, cross = filled(LinearEncoderAttention(STACK, WIDTH)), filled(LinearCrossAttention(STACK, WIDTH))
    lengths, queries = [3, 90, 1], states(6)[None]
    parts = [states(length) for length in lengths]
    packing = Packing.of(lengths, CPU)
    together = encoder(torch.cat(parts), packing, None).split(lengths)
    memories = cross.project_source(torch.cat(parts), packing)
    for row, (length, part) in enumerate(zip(lengths, parts, strict=True)):
        alone = Packing.of([length], CPU)
        torch.testing.assert_close(together[row], encoder(part, alone, None))
        own, memory = memories.rows(row, row + 1), cross.project_source(part, alone)
        torch.testing.assert_close(cross(queries, own, None), cross(queries, memory, None))
        weights = cross.weights(queries, own, None, [1])
        torch.testing.assert_close(weights[..., :length], cross.weights(queries, memory, None, [1]))
        assert not weights[..., length:].any()


def test_the_map_is_what_the_sums_were_read_with() -> None:
    cross, x, queries = filled(LinearCrossAttention(STACK, WIDTH)), states(11), states(4)[None]
    packing = Packing.of([11], CPU)
    memory = cross.project_source(x, packing)
    # (S, 2 * H * D) -> (H, S, D)
    values = cross.kv(x).view(11, 2, STACK.num_heads, -1)[:, 1].transpose(0, 1)
    mixed = cross.weights(queries, memory, None, range(STACK.num_heads))[0] @ values
    torch.testing.assert_close(cross(queries, memory, None)[0], cross.out(mixed.transpose(0, 1).flatten(1)))


def test_far_features_give_numbers() -> None:
    cross = filled(LinearCrossAttention(STACK, WIDTH))
    memory = cross.project_source(states(5) * 1e4, Packing.of([5], CPU))
    assert cross(states(2)[None] * 1e4, memory, None).isfinite().all()


def test_a_longer_target_costs_no_more_memory() -> None:
    stack = replace(STACK, mixer=LinearAttentionSpec(), cross="linear")
    spec: ModelSpec = replace(SPEC, decoder=stack)
    embedding = Embedding(spec.target_vocab_size, spec.width, 1.0, knows_start=False)
    costs = RowCosts(build_decoder(spec, embedding), torch.float32, CPU)
    assert costs.needed(1, 20, 4000) == costs.needed(1, 20, 10)


@pytest.mark.parametrize("num_beams", [1, 3])
def test_in_a_decoder_alone(tmp_path: Path, num_beams: int) -> None:
    """Beside attention that the kernels take."""
    case = replace(LINEAR, settings=LINEAR.settings | {"linear_attention": ["decoder"]})
    checkpoint = build_checkpoint(case, tmp_path)
    params = GenerationParams(num_beams=num_beams)
    outputs = checkpoint.engine.generate(
        [GenerationRequest(source_ids=source, params=params) for source in checkpoint.sources]
    )
    assert [output.token_ids for output in outputs] == reference_tokens(checkpoint, num_beams=num_beams)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"model_type": "bart", "linear_attention": ["all"]}, "expected a list of encoder, decoder, cross"),
        ({"model_type": "bart", "linear_attention": "decoder"}, "expected a list"),
        ({"model_type": "led", "linear_attention": ["decoder"]}, "supported with: bart"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], part: str) -> None:
    config = {**BART_SIZES, "vocab_size": 20, "decoder_start_token_id": 2, **given}
    with pytest.raises(CheckpointError, match=part):
        build_network(config, {}, origin="here", dtype=torch.float32)
