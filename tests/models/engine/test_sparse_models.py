"""Models with the patterns of Child et al., built from a spec, against the same that score every pair."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import SelfAttention
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.layers.packing import Packing
from crosslate.models.network.encoder import Encoder
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.pattern_spec import FixedSpec, StridedSpec
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import PositionSpec
from tests.models.attention.test_sparse_patterns import HEADS, WIDTH, Pattern, dense, stack
from tests.models.families.trained_models import READ, attention, come_and_go

VOCAB, EOS, MAX_NEW_TOKENS = 40, 0, 10


class Dense(nn.Module):
    """By every score there is, a source after the other."""

    def __init__(self, sparse: SelfAttention, pattern: Pattern) -> None:
        super().__init__()
        self.sparse, self.pattern = sparse, pattern

    def forward(self, x: Tensor, packing: Packing, _: Tensor | None) -> Tensor:
        sources = torch.split(x, packing.lengths.tolist())
        return torch.cat([dense(source, self.pattern, self.sparse) for source in sources])


def build(pattern: Pattern) -> EncoderDecoder:
    spec = ModelSpec(
        family="test",
        width=WIDTH,
        source_vocab_size=VOCAB,
        target_vocab_size=VOCAB,
        encoder=replace(stack(pattern), positions=PositionSpec(kind="sinusoid")),
        decoder=replace(stack(None), positions=PositionSpec(kind="sinusoid")),
        decoder_start_token_id=1,
        eos_token_ids=(EOS,),
        pad_token_id=1,
        max_source_tokens=50,
        max_target_tokens=50,
    )
    model = EncoderDecoder(spec)
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        if "norm.weight" in name:
            parameter.copy_(1 + 0.1 * drawn)
        else:  # sums stay of the size of their summands; the source has to count
            gain = 4.0 if "cross.out.weight" in name else 1.5
            parameter.copy_(gain / math.sqrt(parameter.shape[-1]) * drawn)
    return model


def engine_of(model: EncoderDecoder) -> Engine:
    params = GenerationParams(max_new_tokens=MAX_NEW_TOKENS)
    return Engine(ModelRunner(model), SchedulerConfig(), params, make_chooser)


@pytest.mark.parametrize("pattern", [StridedSpec(stride=4), FixedSpec(block_size=5, num_last=1)], ids=str)
def test_rows_that_come_and_go_have_what_dense_attention_under_the_mask_gives(pattern: Pattern) -> None:
    rng = random.Random(3)
    requests = [
        GenerationRequest(
            source_ids=[rng.randrange(2, VOCAB) for _ in range(length)],
            params=GenerationParams(num_beams=beams, max_new_tokens=MAX_NEW_TOKENS, no_repeat_ngram_size=1),
            attention=replace(READ, heads=(HEADS - 1,)),
        )
        for length in (1, 3, 9, 17, 30)
        for beams in (1, 3)
    ]
    found = come_and_go(engine_of(build(pattern)), requests)
    reference = build(pattern)
    assert isinstance(reference.encoder, Encoder)
    for layer in reference.encoder.layers:
        assert isinstance(layer.attention, SelfAttention)
        layer.add_module("attention", Dense(layer.attention, pattern))
    for request, output in zip(requests, found, strict=True):
        (expected,) = engine_of(reference).generate([replace(request, request_id=-1)])
        assert output.token_ids == expected.token_ids
        assert output.score == pytest.approx(expected.score, abs=1e-4)
        np.testing.assert_allclose(attention(output), attention(expected), rtol=0, atol=1e-5)
    assert len({tuple(output.token_ids) for output in found}) > 4
