from __future__ import annotations

import numpy as np
import pytest
import torch

from crosslate.models.engine.scores.candidates import CandidateScores, LaneCandidates
from crosslate.models.engine.scores.logits import NUM_KEPT, DeferredScores, LaneScores, Logits, Scores
from crosslate.models.int8.quantization import Int8Output, Int8Rows
from crosslate.models.native.kernels import load_kernels

INFINITY = float("inf")


def test_best_is_the_likeliest_with_its_log_probability() -> None:
    values = torch.randn(5, 9)
    tokens, log_probs = Logits(values, None).best()
    expected = torch.log_softmax(values, dim=-1)
    assert tokens == values.argmax(dim=-1).tolist()
    torch.testing.assert_close(torch.tensor(log_probs), expected.max(dim=-1).values)


def test_columns_are_named_by_their_tokens() -> None:
    values = torch.tensor([[0.0, 3.0, -INFINITY], [1.0, -INFINITY, 0.5]])
    logits = Logits(values, torch.tensor([4, 1, 7]))
    tokens, _ = logits.best()
    assert tokens == [1, 4]
    full = logits.over_vocabulary(slice(0, 1), 8)
    assert full.shape == (1, 8)
    assert full[0, 4] == 0
    assert full[0, 1] == 3
    assert (full[0, [0, 2, 3, 5, 6, 7]] == -INFINITY).all()


def test_what_may_not_be_chosen_takes_no_probability() -> None:
    values = torch.tensor([[2.0, -INFINITY, -INFINITY]])
    tokens, log_probs = Logits(values, None).best()
    assert tokens == [0]
    assert log_probs == [0.0]


def test_deferred_scores_are_those_of_the_whole_vocabulary() -> None:
    torch.manual_seed(0)
    output = Int8Output(Int8Rows.of(torch.randn(50, 16)), torch.randn(50))
    states = torch.randn(3, 16)
    scores = output(states)
    deferred = DeferredScores(states, output)
    tokens, log_probs = deferred.best()
    expected_tokens, expected_log_probs = Logits(scores, None).best()
    assert tokens == expected_tokens
    assert log_probs == pytest.approx(expected_log_probs, rel=1e-5)
    assert torch.equal(deferred.over_vocabulary(slice(1, 3), 50), scores[1:3])
    assert deferred.best()[0] == tokens  # now of scores that are there


needs_kernels = pytest.mark.skipif(
    load_kernels() is None, reason="the kernels are not compiled: no C compiler"
)


@needs_kernels
@pytest.mark.parametrize("count", [3, NUM_KEPT + 1])
def test_the_highest_of_deferred_scores(count: int) -> None:
    """Whether another lane had all scores computed before or not."""
    torch.manual_seed(1)
    output = Int8Output(Int8Rows.of(torch.randn(50, 16)), torch.randn(50))
    deferred = DeferredScores(torch.randn(4, 16), output)
    lanes = LaneScores(deferred, slice(1, 3), 50)
    found = lanes.highest(count)
    expected = LaneScores.of(deferred.values[1:3]).highest(count)
    again = lanes.highest(count)
    assert found is not None
    assert again is not None
    assert expected is not None
    assert torch.equal(found.ids, expected.ids)
    torch.testing.assert_close(found.log_probs, expected.log_probs)
    assert torch.equal(found.log_probs, again.log_probs)


def candidate_scores(vocab_size: int, *candidates: list[int]) -> tuple[CandidateScores, torch.Tensor]:
    """Of one lane for each list, and the same over the vocabulary, with -inf for all else."""
    output = Int8Output(Int8Rows.of(torch.randn(vocab_size, 16)), torch.randn(vocab_size))
    states = torch.randn(len(candidates), 16)
    rows = [output.candidates(np.array(ids)) for ids in candidates]
    expected = torch.full((len(candidates), vocab_size), -INFINITY)
    for lane, ids in enumerate(candidates):
        expected[lane, ids] = output(states)[lane, ids]
    return CandidateScores(states, output, LaneCandidates(rows, num_lanes=1)), expected


def assert_close_if_rounded_otherwise(found: torch.Tensor, expected: torch.Tensor) -> None:
    """Candidates are scored from states of two bytes, a whole vocabulary from those of one."""
    torch.testing.assert_close(found, expected, rtol=0, atol=0.3)


def test_a_lanes_own_candidates() -> None:
    torch.manual_seed(0)
    scores, expected = candidate_scores(50, [10, 20, 40], [30])
    tokens, log_probs = scores.best()
    assert tokens[1] == 30
    assert log_probs[1] == 0.0
    full = scores.over_vocabulary(slice(0, 2), 50)
    assert torch.equal(full.isinf(), expected.isinf())
    assert_close_if_rounded_otherwise(full, expected)
    best, values = full.log_softmax(dim=1).max(dim=1).indices, full.log_softmax(dim=1).max(dim=1).values
    assert tokens == best.tolist()
    torch.testing.assert_close(torch.tensor(log_probs), values)
    assert scores.best() == (tokens, log_probs), "also once all scores are there"


@needs_kernels
def test_the_highest_among_a_lanes_own_candidates() -> None:
    torch.manual_seed(1)
    scores, _ = candidate_scores(50, [10, 20, 40], [30])
    found = LaneScores(scores, slice(0, 2), 50).highest(2)
    assert found is not None
    expected = scores.over_vocabulary(slice(0, 1), 50)[0].log_softmax(0).topk(2)
    assert found.ids[0].tolist() == expected.indices.tolist()
    assert found.ids[1, 0] == 30
    torch.testing.assert_close(found.log_probs[0], expected.values)
    assert found.log_probs[1].tolist() == [0.0, -INFINITY]


LANES, TOKENS = torch.tensor([0, 0, 2]), torch.tensor([1, 7, 4])
AMOUNTS = torch.tensor([1.5, -INFINITY, 0.5])


def expected_bias(full: torch.Tensor) -> torch.Tensor:
    biased = full.clone()
    for lane, token, amount in zip(LANES.tolist(), TOKENS.tolist(), AMOUNTS.tolist(), strict=True):
        biased[lane, token] += amount
    return biased


def scores_of_every_kind() -> list[Scores]:
    """Three lanes' scores of up to nine tokens."""
    torch.manual_seed(0)
    output = Int8Output(Int8Rows.of(torch.randn(9, 16)), torch.randn(9))
    return [
        Logits(torch.randn(3, 9), None),
        Logits(torch.randn(3, 4), torch.tensor([4, 1, 8, 0])),
        candidate_scores(9, [0, 1, 7], [3, 4, 5, 6], [4])[0],
        candidate_scores(9, [2], [3], [8])[0],
        DeferredScores(torch.randn(3, 16), output),
    ]


@pytest.mark.parametrize("kind", range(5))
def test_a_bias_changes_the_tokens_that_a_lane_may_choose(kind: int) -> None:
    scores = scores_of_every_kind()[kind]
    expected = expected_bias(scores.over_vocabulary(slice(0, 3), 9))
    biased = scores.biased(LANES, TOKENS, AMOUNTS)
    assert torch.equal(biased.over_vocabulary(slice(0, 3), 9), expected)
    tokens, log_probs = biased.best()
    assert tokens == expected.argmax(dim=1).tolist()
    torch.testing.assert_close(torch.tensor(log_probs), expected.log_softmax(1).max(dim=1).values)


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("tokens", [[1, 3, 4], [8, 7, 8]])
def test_the_log_probabilities_of_given_tokens(kind: int, tokens: list[int]) -> None:
    scores = scores_of_every_kind()[kind]
    expected = scores.over_vocabulary(slice(0, 3), 9).log_softmax(dim=1)
    found = scores.log_probs(torch.tensor(tokens))
    torch.testing.assert_close(found, expected[range(3), tokens])
