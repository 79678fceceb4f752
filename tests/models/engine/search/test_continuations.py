"""The short way to beams' candidates against the long one."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.continuations import MAX_BANNED, best_continuations
from crosslate.models.native.kernels import load_kernels

pytestmark = pytest.mark.skipif(load_kernels() is None, reason="the kernels are not compiled: no C compiler")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_equals_sorting_everything(data: st.DataObject) -> None:
    lanes, vocab_size = data.draw(st.integers(1, 5)), data.draw(st.integers(12, 80))
    torch.manual_seed(data.draw(st.integers(0, 2**32)))
    logits = torch.randn(lanes, vocab_size) * 3
    scores = torch.randn(lanes).tolist()
    bans = [data.draw(st.sets(st.integers(0, vocab_size - 1), max_size=4)) for _ in range(lanes)]
    log_probs = logits.log_softmax(dim=1)
    totals = log_probs + torch.tensor(scores)[:, None]
    for lane, banned in enumerate(bans):
        totals[lane, list(banned)] = -math.inf
    found = best_continuations(LaneScores.of(logits), scores, bans, 8)
    assert found is not None
    expected = totals.flatten().topk(8)
    assert [c.lane * vocab_size + c.token for c in found] == expected.indices.tolist()
    torch.testing.assert_close(torch.tensor([c.total for c in found]), expected.values)
    torch.testing.assert_close(
        torch.tensor([c.log_prob for c in found]), log_probs.flatten()[expected.indices]
    )


@pytest.mark.parametrize("fault", [math.nan, math.inf])
def test_scores_that_are_no_numbers_take_the_long_way(fault: float) -> None:
    logits = torch.randn(2, 20)
    logits[1, 4] = fault
    assert best_continuations(LaneScores.of(logits), [0.0, 0.0], [set(), set()], 4) is None


def test_too_few_or_too_many_possibilities_take_the_long_way() -> None:
    logits = torch.full((2, 20), -math.inf)
    logits[:, :3] = 1.0
    assert best_continuations(LaneScores.of(logits), [0.0, -1.0], [set(), {1}], 6) is None
    found = best_continuations(LaneScores.of(logits), [0.0, -1.0], [set(), {1}], 5)
    assert found is not None
    assert sorted((c.lane, c.token) for c in found) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)]
    many = set(range(MAX_BANNED + 1))
    assert best_continuations(LaneScores.of(torch.randn(1, 500)), [0.0], [many], 4) is None
