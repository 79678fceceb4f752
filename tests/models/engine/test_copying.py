from __future__ import annotations

import torch

from models.engine.copying import CopyBias
from models.engine.logits import Logits

BIAS = 0.75


def favoured(copying: CopyBias, tokens: list[list[int]]) -> list[list[int]]:
    """Per lane, the tokens whose scores of zero were raised."""
    num_lanes = sum(map(len, tokens))
    scores = copying.add_to(Logits(torch.zeros(num_lanes, 10), None), torch.tensor(tokens))
    assert set(scores.values.flatten().tolist()) <= {0.0, BIAS}
    return [row.nonzero().flatten().tolist() for row in scores.values]


def test_what_stands_behind_the_last_token_is_favoured() -> None:
    copying = CopyBias(BIAS)
    copying.join(0, [[5, 9, 2, 9, 7, 9, 2, 0]])
    assert favoured(copying, [[9]]) == [[2, 7]]
    assert favoured(copying, [[5]]) == [[9]]
    assert favoured(copying, [[0]]) == [[]]
    assert favoured(copying, [[-1]]) == [[]], "nothing was written yet"


def test_every_lane_goes_by_its_own_rows_source() -> None:
    copying = CopyBias(BIAS)
    copying.join(0, [[1, 2, 3, 0]])
    copying.join(1, [[1, 5, 0], [2, 1, 0]])
    assert favoured(copying, [[1, 2], [1, 2], [1, 2]]) == [[2], [3], [5], [], [0], [1]]


def test_the_last_row_takes_the_place_of_one_that_leaves() -> None:
    copying = CopyBias(BIAS)
    copying.join(0, [[1, 2, 0], [1, 3, 0], [1, 4, 0]])
    copying.leave(0, 2)
    assert favoured(copying, [[1], [1]]) == [[4], [3]]
    copying.leave(1, 1)
    copying.join(1, [[1, 6, 0]])
    assert favoured(copying, [[1], [1]]) == [[4], [6]]
