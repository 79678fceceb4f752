"""Choosing by the kernels beside `RowState`, which does it in plain torch."""

from __future__ import annotations

import copy

import pytest
import torch

from crosslate.models.engine.rows.row_state import RowState
from crosslate.models.engine.search.greedy_rules import GreedyRules

RULES = [
    GreedyRules(max_new_tokens=3),
    GreedyRules(max_new_tokens=2, min_new_tokens=2),
    GreedyRules(max_new_tokens=9, first_token=7),
    GreedyRules(max_new_tokens=1, first_token=3, last_token=5),
    GreedyRules(max_new_tokens=4, banned=(1, 8999)),
]
VOCABULARY = 9000
"""more than two blocks"""


@pytest.mark.parametrize("seed", range(4))
def test_it_chooses_and_goes_on_as_the_plain_state_does(seed: int) -> None:
    pytest.importorskip("triton")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    from crosslate.models.engine.rows.fused_choice import choose_and_advance

    generator = torch.Generator(device).manual_seed(seed)
    expected = RowState(len(RULES) + 1, (0, 2), device)
    expected.begin(0, 4, [3] * len(RULES), RULES)
    state = copy.deepcopy(expected)
    for _ in range(5):
        scores = torch.randn(len(RULES), VOCABULARY, device=device, generator=generator)
        scores[:, [0, 1, 8999]] += 4 * torch.randn(len(RULES), 1, device=device, generator=generator)
        results = torch.zeros(2, len(RULES) + 1, dtype=torch.float64, device=device)
        choose_and_advance(scores, state, results)
        tokens, logprobs = expected.choose(scores)
        expected.advance(tokens)
        assert results[0, :-1].tolist() == tokens.tolist()
        torch.testing.assert_close(results[1, :-1].float(), logprobs, atol=1e-5, rtol=1e-5)
        assert torch.equal(state.values, expected.values)
