"""Every family from a Hugging Face folder against `transformers`: same checkpoint, same tokens."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.sequence import Sequence
from crosslate.models.loading import load_model
from crosslate.models.specs.spec import stacks_of
from tests.models.families.cases import CASES
from tests.models.families.parity import (
    Case,
    Checkpoint,
    build_checkpoint,
    encoder_states,
    generate_reference,
    reference_output,
    reference_tokens,
)


@pytest.fixture(scope="module")
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    case: Case = request.param
    return build_checkpoint(case, tmp_path_factory.mktemp(case.name))


def assert_equal_states(ours: Tensor, reference: Tensor) -> None:
    # float32 on both sides; sums are taken in another order
    torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("checkpoint", CASES, ids=str, indirect=True, scope="module")
class TestParity:
    @pytest.mark.parametrize("num_beams", [1, 4])
    def test_tokens(self, checkpoint: Checkpoint, num_beams: int) -> None:
        params = GenerationParams(num_beams=num_beams)
        outputs = checkpoint.engine.generate(
            [GenerationRequest(source_ids=source, params=params) for source in checkpoint.sources]
        )
        tokens = [output.token_ids for output in outputs]
        assert len({tuple(ids) for ids in tokens}) >= 8, "else the comparison would show little"
        assert sum(len(set(ids)) for ids in tokens) > 4 * len(tokens)
        assert tokens == reference_tokens(checkpoint, num_beams=num_beams)

    def test_encoder_states(self, checkpoint: Checkpoint) -> None:
        for source, states in zip(checkpoint.sources, encoder_states(checkpoint), strict=True):
            expected = reference_output(checkpoint, source, source).encoder_last_hidden_state[0]
            assert_equal_states(states, expected[: len(source)])

    def test_logits_of_rows_at_different_positions(self, checkpoint: Checkpoint) -> None:
        """Three sources join two steps apart and are fed given targets."""
        sources = checkpoint.sources[:3]
        targets = [(2 * source)[:15] for source in checkpoint.sources[3:6]]
        runner = ModelRunner(checkpoint.loaded.model)
        logits: list[list[Tensor]] = []
        for step in range(13):
            if step in (0, 2, 4):
                request = GenerationRequest(source_ids=sources[len(logits)])
                runner.join([Sequence(request=request, arrival_s=0.0)])
                logits.append([])
            (batch,) = runner.batches
            assert isinstance(batch, RaggedBatch)
            for row, scores in enumerate(batch.decode().values):
                logits[row].append(scores)
            batch.advance([[targets[row][len(rows) - 1]] for row, rows in enumerate(logits)], None)
        for source, target, ours in zip(sources, targets, logits, strict=True):
            expected = reference_output(checkpoint, source, target).logits[0]
            assert_equal_states(torch.stack(ours), expected[: len(ours)])

    def test_attention(self, checkpoint: Checkpoint) -> None:
        num_prompts = stacks_of(checkpoint.loaded.spec).decoder.num_prompts
        for source, target in zip(checkpoint.sources, reversed(checkpoint.sources), strict=True):
            maps = checkpoint.engine.align(source, target)
            expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
            expected = expected[..., num_prompts : num_prompts + len(source)]
            # T5Gemma 2 looks at the target, too, MVP at prompts
            expected = expected / expected.sum(-1, keepdim=True)
            # Sharp weights of large scores: what rounding adds to these is a part of them.
            torch.testing.assert_close(maps, expected, rtol=0.0, atol=3e-5)
            torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))

    def test_each_processor(self, checkpoint: Checkpoint) -> None:
        """All in one call, each on a source of its own."""
        settings = processors(checkpoint, reference_tokens(checkpoint, num_beams=1))
        sources = [checkpoint.sources[i % len(checkpoint.sources)] for i in range(len(settings))]
        outputs = checkpoint.engine.generate(
            [
                GenerationRequest(source_ids=source, params=GenerationParams(**frozen(given)))
                for source, given in zip(sources, settings, strict=True)
            ]
        )
        for source, given, output in zip(sources, settings, outputs, strict=True):
            tokens = [hypothesis.token_ids for hypothesis in output.hypotheses]
            assert tokens == generate_reference(checkpoint, [source], **given), given

    def test_sources_of_one_token_beside_long_ones(self, checkpoint: Checkpoint) -> None:
        """In a padded batch most of their row would be masked."""
        (eos,) = checkpoint.loaded.spec.eos_token_ids
        sources = [[eos], checkpoint.sources[-1], [7], [eos]]
        outputs = checkpoint.engine.generate([GenerationRequest(source_ids=source) for source in sources])
        (of_end,), (of_seven,) = (generate_reference(checkpoint, [source]) for source in ([eos], [7]))
        of_long = reference_tokens(checkpoint, num_beams=1)[-1]
        assert [output.token_ids for output in outputs] == [of_end, of_long, of_seven, of_end]

    def test_bfloat16_is_near_float32(self, checkpoint: Checkpoint) -> None:
        loaded = load_model(str(checkpoint.folder), dtype="bfloat16")
        assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}
        engine = loaded.make_engine()
        source, target = checkpoint.sources[:2]
        maps, exact = engine.align(source, target), checkpoint.engine.align(source, target)
        assert float((maps - exact).abs().mean()) < 0.02  # 8 bits of precision through 2 + 2 layers
        (output,) = engine.generate(
            [GenerationRequest(source_ids=source, params=GenerationParams(num_beams=2))]
        )
        assert output.token_ids

    def test_joins_and_leaves_change_nothing(self, checkpoint: Checkpoint) -> None:
        """Requests arrive at random steps, some are cancelled; the others' tokens stay the reference's."""
        rng = random.Random(0)
        expected = {beams: reference_tokens(checkpoint, num_beams=beams) for beams in (1, 4)}
        requests = [
            (
                GenerationRequest(source_ids=source, params=GenerationParams(num_beams=beams)),
                expected[beams][i],
            )
            for i, source in enumerate(checkpoint.sources)
            for beams in (1, 4)
        ]
        decoys = [GenerationRequest(source_ids=source) for source in checkpoint.sources]
        arrivals = [*(request for request, _ in requests), *decoys]
        rng.shuffle(arrivals)
        outputs: dict[int, GenerationOutput] = {}
        engine = checkpoint.engine
        while arrivals or engine.has_work:
            for request in [arrivals.pop() for _ in range(min(len(arrivals), rng.randint(0, 3)))]:
                engine.add(request)
            if rng.random() < 0.3:
                engine.abort(rng.choice(decoys).request_id)
            outputs |= {
                event.request_id: event for event in engine.step() if isinstance(event, GenerationOutput)
            }
        for request, tokens in requests:
            assert outputs[request.request_id].token_ids == tokens
        assert any(outputs[d.request_id].finish_reason == FinishReason.ABORT for d in decoys)


def processors(checkpoint: Checkpoint, plain: list[list[int]]) -> list[dict[str, Any]]:
    """Settings of `generate`, each of which changes what comes out."""
    (eos,) = checkpoint.loaded.spec.eos_token_ids
    pad = checkpoint.loaded.spec.pad_token_id
    processors: list[dict[str, Any]] = [
        {"repetition_penalty": 1.5},
        {"no_repeat_ngram_size": 1},
        {"encoder_no_repeat_ngram_size": 1},
        {"min_new_tokens": 8},
        {"bad_words_ids": [[pad], plain[4][1:2], plain[4][:2]]},
        {"suppress_tokens": plain[5][:2]},
        {"begin_suppress_tokens": plain[6][:1]},
        {"forced_bos_token_id": 9},
        {"forced_eos_token_id": eos},
        # One token to choose from: what is drawn at random can be compared in no other way.
        {"do_sample": True, "top_k": 1, "temperature": 0.7},
        {"do_sample": True, "top_p": 1e-6, "top_k": 0},
        {"num_beams": 4, "repetition_penalty": 1.3, "encoder_no_repeat_ngram_size": 2},
        {"num_beams": 4, "num_return_sequences": 2, "length_penalty": 0.4, "early_stopping": True},
        {"num_beams": 3, "early_stopping": "never", "min_new_tokens": 8, "suppress_tokens": plain[1][:2]},
    ]
    # Beams that end early, and those that do not, differ late.
    return [{**given, "max_new_tokens": 12 if "num_beams" in given else 8} for given in processors]


def frozen(settings: dict[str, Any]) -> dict[str, Any]:
    """As `GenerationParams` takes them."""
    return {
        name: tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if isinstance(value, list)
        else value
        for name, value in settings.items()
    }
