"""The simulated replicas, where a result is known without simulating."""

from __future__ import annotations

import pytest

from crosslate.models.loading import load_model
from loadtests.ideal_queue import Costs, Text, capacity, measure_costs, report, simulate

COSTS = Costs(request_s=0.001, source_s=0.002, source_token_s=0.0001, step_s=0.0004, row_s=0.0001)
TEXT = Text(num_source=10, num_target=20)


def test_whoever_comes_alone_is_not_slowed_down() -> None:
    apart_s = 2 * COSTS.alone(TEXT)
    slowdowns = simulate(((i * apart_s, TEXT) for i in range(50)), COSTS, 1, None)
    assert slowdowns == pytest.approx([1.0] * 50)


def test_two_at_once_share_the_steps_and_wait_for_each_others_sources() -> None:
    (first, second) = simulate(iter([(0.0, TEXT), (0.0, TEXT)]), COSTS, 1, None)
    # The first runs a step by itself before the second, which came while it was busy, is taken in.
    first_s = COSTS.alone(TEXT) + COSTS.join(TEXT) + 19 * COSTS.row_s
    second_s = 2 * COSTS.join(TEXT) + 20 * COSTS.step(1) + COSTS.step(1) + 19 * COSTS.row_s
    assert [first, second] == pytest.approx(
        [first_s / COSTS.alone(TEXT), second_s / COSTS.alone(TEXT)], rel=1e-6
    )
    assert simulate(iter([(0.0, TEXT), (0.0, TEXT)]), COSTS, 2, None) == pytest.approx([1.0, 1.0])


def test_capacity_is_what_batches_do_not_save() -> None:
    alone = capacity([TEXT] * 100, COSTS, 1, 1)
    assert alone == pytest.approx(1 / COSTS.alone(TEXT))
    together = capacity([TEXT] * 5000, COSTS, 1, 50)
    in_batches = 50 / (50 * COSTS.join(TEXT) + 20 * COSTS.step(50))
    assert alone < together
    assert together == pytest.approx(in_batches, rel=0.1)


def test_a_target_keeps_the_third_outside() -> None:
    arrivals = [(0.0, TEXT), (0.0001, TEXT), (0.0002, TEXT)]
    free, held = (simulate(iter(arrivals), COSTS, 1, target) for target in (None, 2))
    assert held[0] < free[0], "the first two have one row less beside them"
    assert held[2] > free[2]


def test_it_times_an_engine_and_reports() -> None:
    model = load_model("starter/en-pt")
    sources = [model.tokenizer.encode_source("word " * n) for n in (1, 4, 8)]
    costs, texts = measure_costs(model.make_engine(), sources, 0.0)
    assert [text.num_source for text in texts] == [len(ids) for ids in sources]
    assert costs.step(8) > 0
    assert "| 70 % (" in report(COSTS, [TEXT], 2, (0.7,))
