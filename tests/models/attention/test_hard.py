from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.hard import NOTHING_DRAWN, read_one, uniform

WEIGHTS = torch.tensor([0.5, 0.0, 0.3, 0.15, 0.05])


def drawn(seeds: Tensor, positions: Tensor, weights: Tensor = WEIGHTS) -> Tensor:
    """What is read by one lane of each row: (R,)."""
    found = read_one(weights.expand(len(seeds), 1, -1), seeds, positions)
    assert torch.equal(found.sum(dim=-1), torch.ones(len(seeds), 1))
    return found.argmax(dim=-1)[:, 0]


def test_draws_are_as_frequent_as_their_weights() -> None:
    count = 20_000
    for seeds, positions in (
        (torch.arange(count), torch.full((count,), 3)),
        (torch.full((count,), 2**62 + 5), torch.arange(count)),
        (torch.arange(count) << 33, torch.zeros(count, dtype=torch.int64)),
    ):
        shares = torch.bincount(drawn(seeds, positions), minlength=len(WEIGHTS)) / count
        # four standard deviations of the most variable share
        torch.testing.assert_close(shares, WEIGHTS, rtol=0, atol=4 * (0.25 / count) ** 0.5)
        assert shares[1] == 0, "what has no weight is never read"


def test_draws_of_neighbouring_steps_and_seeds_have_nothing_in_common() -> None:
    seeds = torch.arange(200)
    steps = torch.stack([drawn(seeds, torch.full_like(seeds, t)) for t in range(100)]).double()
    for a, b in ((steps[1:], steps[:-1]), (steps[:, 1:], steps[:, :-1])):
        correlation = torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]
        assert abs(float(correlation)) < 0.03


def test_a_draw_is_the_rows_own() -> None:
    """Whatever row it has, and however long others' sources are."""
    seeds, positions = torch.tensor([7, 9, 7]), torch.tensor([2, 2, 2])
    assert torch.equal(uniform(seeds, positions, 9)[:, :5], uniform(seeds, positions, 5))
    first, _, third = uniform(seeds, positions, 5)
    assert torch.equal(first, third)


def test_without_a_seed_the_likeliest_is_read() -> None:
    nothing = torch.full((50,), NOTHING_DRAWN)
    assert not drawn(nothing, torch.arange(50)).any()
    # ties: the first
    assert not drawn(nothing, torch.arange(50), torch.full((4,), 0.25)).any()


def test_lanes_have_weights_of_their_own() -> None:
    weights = torch.tensor([[[0.9, 0.1, 0.0], [0.0, 0.2, 0.8]]])
    found = read_one(weights, torch.tensor([NOTHING_DRAWN]), torch.tensor([0]))
    assert found.tolist() == [[[1, 0, 0], [0, 0, 1]]]
