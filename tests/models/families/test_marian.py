"""Hugging Face Marian against `transformers`: same checkpoint, same tokens."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import MarianMTModel

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import AttentionSelection, GenerationParams, GenerationRequest
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import ModelEngine, load_engine, load_model
from tests.models.conftest import SENTENCES, build_marian

CPU = torch.device("cpu")
# float32 on both sides; sums are taken in another order
RTOL, ATOL = 1e-4, 1e-5


@pytest.fixture(scope="module")
def engine(marian_folder: Path) -> ModelEngine:
    return load_engine(str(marian_folder), dtype="float32")


@pytest.fixture(scope="module")
def sources(engine: ModelEngine) -> list[list[int]]:
    return [engine.tokenizer.encode_source(text) for text in SENTENCES]


def test_outputs_are_varied(engine: Engine, sources: list[list[int]]) -> None:
    """Else the comparisons below would show little."""
    outputs = [o.token_ids for o in engine.generate([GenerationRequest(source_ids=s) for s in sources])]
    assert len({tuple(o) for o in outputs}) >= 8
    assert sum(len(set(o)) for o in outputs) > 4 * len(outputs)
    assert len({len(o) for o in outputs}) >= 2


def reference_tokens(model: Any, source: list[int], **settings: Any) -> list[list[int]]:
    """What `transformers` generates for one source alone, without start token and padding."""
    pad = model.config.pad_token_id
    output = model.generate(input_ids=torch.tensor([source]), **settings)
    return [[t for t in row.tolist()[1:] if t != pad] for row in output]


def test_encoder_states_equal_the_reference(
    marian_folder: Path, marian_reference: MarianMTModel, sources: list[list[int]]
) -> None:
    model = load_model(str(marian_folder), dtype="float32").model
    packing = Packing.of([len(s) for s in sources], CPU)
    states = model.encode(pack_ids(sources, CPU), packing)
    for i, source in enumerate(sources):
        alone = marian_reference.model.encoder(input_ids=torch.tensor([source])).last_hidden_state[0]
        torch.testing.assert_close(packing.pad(states)[i, : len(source)], alone, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_beams": 4},
        {"num_beams": 3, "num_return_sequences": 3, "length_penalty": 0.6},
        {"num_beams": 4, "early_stopping": True, "no_repeat_ngram_size": 2},
        {"repetition_penalty": 1.3},
        {"max_new_tokens": 5},
        {"min_new_tokens": 10},
    ],
    ids=str,
)
def test_tokens_equal_the_reference(
    engine: Engine, marian_reference: MarianMTModel, sources: list[list[int]], settings: dict[str, Any]
) -> None:
    outputs = engine.generate(
        [GenerationRequest(source_ids=s, params=GenerationParams(**settings)) for s in sources]
    )
    for source, output in zip(sources, outputs, strict=True):
        ours = [h.token_ids for h in output.hypotheses]
        assert ours == reference_tokens(marian_reference, source, **settings)


def test_mixed_parameters_in_one_call(
    engine: Engine, marian_reference: MarianMTModel, sources: list[list[int]]
) -> None:
    mixed = [{"num_beams": 1 + i % 4} if i % 3 else {"repetition_penalty": 1.2} for i in range(len(sources))]
    outputs = engine.generate(
        [
            GenerationRequest(source_ids=s, params=GenerationParams(**p))
            for s, p in zip(sources, mixed, strict=True)
        ]
    )
    for source, settings, output in zip(sources, mixed, outputs, strict=True):
        assert output.token_ids == reference_tokens(marian_reference, source, **settings)[0]


def test_joins_and_leaves_change_nothing(
    engine: Engine, marian_reference: MarianMTModel, sources: list[list[int]]
) -> None:
    """Requests arrive at random steps, some are cancelled; the others' tokens stay the reference's."""
    rng = random.Random(0)
    expected = [reference_tokens(marian_reference, s, num_beams=b)[0] for s in sources for b in (1, 4)]
    requests = [
        GenerationRequest(source_ids=s, params=GenerationParams(num_beams=b)) for s in sources for b in (1, 4)
    ]
    decoys = [GenerationRequest(source_ids=s, params=GenerationParams(num_beams=1)) for s in sources]
    arrivals = [(r, False) for r in requests] + [(d, True) for d in decoys]
    rng.shuffle(arrivals)
    outputs: dict[int, list[int]] = {}
    to_cancel: list[int] = []
    while arrivals or engine.has_work:
        for _ in range(rng.randint(0, 3)):
            if arrivals:
                request, is_decoy = arrivals.pop()
                engine.add(request)
                to_cancel += [request.request_id] if is_decoy else []
        if to_cancel and rng.random() < 0.3:
            engine.abort(to_cancel.pop(0))
        for event in engine.step():
            if hasattr(event, "hypotheses"):
                outputs[event.request_id] = event.token_ids
    assert [outputs[r.request_id] for r in requests] == expected
    assert engine.stats().num_used_slots == 0


def test_attention_equals_the_references_eager_weights(
    engine: Engine, marian_reference: MarianMTModel, sources: list[list[int]]
) -> None:
    for source, target in zip(sources, reversed(sources), strict=True):
        maps = engine.align(source, target)
        expected = _reference_attention(marian_reference, source, target)
        torch.testing.assert_close(maps, expected, rtol=0, atol=1e-5)
        torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))


def _reference_attention(model: MarianMTModel, source: list[int], target: list[int]) -> torch.Tensor:
    start = model.config.decoder_start_token_id
    with torch.no_grad():
        output = model(
            input_ids=torch.tensor([source]),
            decoder_input_ids=torch.tensor([[start, *target[:-1]]]),
            output_attentions=True,
        )
    return torch.cat(output.cross_attentions)  # (L, H, T, S)


@pytest.mark.parametrize("num_beams", [1, 4])
def test_generated_attention_is_the_teacher_forced_one(
    engine: Engine, sources: list[list[int]], num_beams: int
) -> None:
    """Whatever the batch and the method, a result's map is that of aligning its tokens."""
    selection = AttentionSelection(layer=1, heads=(0, 2), row="input")
    requests = [
        GenerationRequest(source_ids=s, params=GenerationParams(num_beams=num_beams), attention=selection)
        for s in sources
    ]
    for request, output in zip(requests, engine.generate(requests), strict=True):
        attention = output.hypotheses[0].attention
        assert attention is not None
        alone = engine.align(request.source_ids, output.token_ids, selection)
        torch.testing.assert_close(torch.from_numpy(attention), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "overrides",
    [
        {"tie_word_embeddings": False},
        {"share_encoder_decoder_embeddings": False},
        {"scale_embedding": True, "activation_function": "relu"},
    ],
    ids=str,
)
def test_variants(tmp_path: Path, overrides: dict[str, Any]) -> None:
    reference = build_marian(tmp_path / "variant", seed=1, **overrides)
    engine = load_engine(str(tmp_path / "variant"), dtype="float32")
    sources = [engine.tokenizer.encode_source(text) for text in SENTENCES[:4]]
    outputs = engine.generate([GenerationRequest(source_ids=s) for s in sources])
    for source, output in zip(sources, outputs, strict=True):
        assert [output.token_ids] == reference_tokens(reference, source)
