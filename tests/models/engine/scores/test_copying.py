from __future__ import annotations

import math

import torch

from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.copying import CERTAINTY, CopyBias
from crosslate.models.engine.scores.logits import Logits

BIAS = 0.75
PLAIN = CopyRule(BIAS)


def changed(copying: CopyBias, tokens: list[list[int]]) -> list[dict[int, float]]:
    """Per lane, the tokens whose scores of zero are other ones now."""
    num_lanes = sum(map(len, tokens))
    scores = copying.add_to(Logits(torch.zeros(num_lanes, 10), None), torch.tensor(tokens))
    return [{i: score for i, score in enumerate(row) if score} for row in scores.values.tolist()]


def favoured(copying: CopyBias, tokens: list[list[int]]) -> list[list[int]]:
    found = changed(copying, tokens)
    assert all(score == BIAS for scores in found for score in scores.values())
    return [list(scores) for scores in found]


def test_what_stands_behind_the_last_token_is_favoured() -> None:
    copying = CopyBias(PLAIN)
    copying.join(0, [[5, 9, 2, 9, 7, 9, 2, 0]])
    assert favoured(copying, [[9]]) == [[2, 7]]
    assert favoured(copying, [[5]]) == [[9]]
    assert favoured(copying, [[0]]) == [[]]
    assert favoured(copying, [[-1]]) == [[]], "nothing was written yet"


def test_every_lane_goes_by_its_own_rows_source() -> None:
    copying = CopyBias(PLAIN)
    copying.join(0, [[1, 2, 3, 0]])
    copying.join(1, [[1, 5, 0], [2, 1, 0]])
    assert favoured(copying, [[1, 2], [1, 2], [1, 2]]) == [[2], [3], [5], [], [0], [1]]


def test_the_last_row_takes_the_place_of_one_that_leaves() -> None:
    copying = CopyBias(PLAIN)
    copying.join(0, [[1, 2, 0], [1, 3, 0], [1, 4, 0]])
    copying.leave(0, 2)
    assert favoured(copying, [[1], [1]]) == [[4], [3]]
    copying.leave(1, 1)
    copying.join(1, [[1, 6, 0]])
    assert favoured(copying, [[1], [1]]) == [[4], [6]]


def test_inner_pieces_are_impossible_but_where_they_continue_the_source() -> None:
    """8 and 9 come from within words; every source allows 9, but only this one 8."""
    copying = CopyBias(CopyRule(BIAS, frozenset({7, 8, 9}), frozenset({9})))
    copying.join(0, [[1, 8, 2, 1, 3, 0]])
    assert changed(copying, [[1]]) == [{3: BIAS, 8: BIAS, 9: -math.inf}]
    assert changed(copying, [[2]]) == [{1: BIAS, 8: -math.inf, 9: -math.inf}]
    assert changed(copying, [[-1]]) == [{8: -math.inf, 9: -math.inf}]


def test_a_word_is_finished_where_the_source_has_no_shorter_form_of_it() -> None:
    copying = CopyBias(CopyRule(BIAS, frozenset({7, 8})))
    copying.join(0, [[1, 8, 2, 7, 3, 1, 7, 2, 4, 0]])
    assert changed(copying, [[1]]) == [{7: CERTAINTY, 8: CERTAINTY}]
    assert changed(copying, [[2]]) == [{4: BIAS, 7: BIAS, 8: -math.inf}]
