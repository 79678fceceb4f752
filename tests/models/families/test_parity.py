"""Every family from a Hugging Face folder against `transformers`: same checkpoint, same tokens."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from models.engine.request import FinishReason, GenerationOutput, GenerationParams, GenerationRequest
from models.engine.runner import ModelRunner
from models.engine.sequence import Sequence
from tests.models.families.cases import CASES, ONE_OF_EACH_KIND
from tests.models.families.parity import (
    Case,
    Checkpoint,
    build_checkpoint,
    encoder_states,
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
            for row, scores in enumerate(runner.decode(1).values):
                logits[row].append(scores)
            runner.advance(1, [[targets[row][len(rows) - 1]] for row, rows in enumerate(logits)], None)
        for source, target, ours in zip(sources, targets, logits, strict=True):
            expected = reference_output(checkpoint, source, target).logits[0]
            assert_equal_states(torch.stack(ours), expected[: len(ours)])

    def test_attention(self, checkpoint: Checkpoint) -> None:
        for source, target in zip(checkpoint.sources, reversed(checkpoint.sources), strict=True):
            maps = checkpoint.engine.align(source, target)
            expected = torch.cat(reference_output(checkpoint, source, target).cross_attentions)
            torch.testing.assert_close(maps, expected[..., : len(source)], rtol=0.0, atol=1e-5)
            torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))


@pytest.mark.parametrize("checkpoint", ONE_OF_EACH_KIND, ids=str, indirect=True, scope="module")
def test_joins_and_leaves_change_nothing(checkpoint: Checkpoint) -> None:
    """Requests arrive at random steps, some are cancelled; the others' tokens stay the reference's."""
    rng = random.Random(0)
    expected = {beams: reference_tokens(checkpoint, num_beams=beams) for beams in (1, 4)}
    requests = [
        (GenerationRequest(source_ids=source, params=GenerationParams(num_beams=beams)), expected[beams][i])
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
        outputs |= {event.request_id: event for event in engine.step() if isinstance(event, GenerationOutput)}
    for request, tokens in requests:
        assert outputs[request.request_id].token_ids == tokens
    assert any(outputs[d.request_id].finish_reason == FinishReason.ABORT for d in decoys)
