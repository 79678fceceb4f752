from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from crosslate.models.engine.batch_costs import MAX_STEP_S, MAX_WASTE, MIN_TARGET, BatchCosts, measure_costs
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.sequence import Sequence
from tests.models.engine.fakes import ENDLESS, LIMITS, FakeClock, FakeRunner, make_engine

SOURCE = [ENDLESS] * 20
COSTS = BatchCosts(source_token_s=150e-6, step_s=250e-6, row_s=50e-6)


@dataclass(eq=False)
class TimedRunner(FakeRunner):
    """Each piece of work takes the time that it is said to take."""

    costs: BatchCosts = COSTS
    clock: FakeClock = dataclasses.field(default_factory=FakeClock)

    def join(self, sequences: list[Sequence]) -> None:
        super().join(sequences)
        self.clock.now += self.costs.source_token_s * sum(s.num_source_tokens for s in sequences)

    def leave(self, sequences: list[Sequence]) -> None:
        super().leave(sequences)
        self.clock.now += 1.0  # nobody asks

    def __post_init__(self) -> None:
        def tick() -> None:
            num_rows = sum(batch.num_lanes * len(batch.sequences) for batch in self.batches)
            self.clock.now += self.costs.step_s + self.costs.row_s * num_rows

        self.before_decode = tick


def timed_engine(costs: BatchCosts = COSTS, config: SchedulerConfig | None = None) -> Engine:
    runner = TimedRunner(costs=costs)
    return make_engine(runner, clock=runner.clock, config=config)


def test_finds_what_the_work_costs() -> None:
    costs = measure_costs(timed_engine(), SOURCE)
    assert costs is not None
    assert dataclasses.astuple(costs) == pytest.approx(dataclasses.astuple(COSTS), rel=1e-6)


def test_leaves_nothing_behind() -> None:
    engine = timed_engine()
    measure_costs(engine, SOURCE)
    assert engine.scheduler.num_running == engine.scheduler.num_waiting == 0


def test_slow_models_are_not_measured_for_long() -> None:
    slow = BatchCosts(source_token_s=0.01, step_s=MAX_STEP_S, row_s=0.001)
    engine = timed_engine(slow)
    assert measure_costs(engine, SOURCE) is None
    assert engine.stats().num_steps < 10


@pytest.mark.parametrize(
    ("limits", "config"),
    [
        (dataclasses.replace(LIMITS, max_source_tokens=19), SchedulerConfig()),
        (dataclasses.replace(LIMITS, max_target_tokens=8), SchedulerConfig()),
        (LIMITS, SchedulerConfig(max_slots=4)),
    ],
)
def test_models_that_cannot_do_so_much_are_not_measured(
    limits: RunnerLimits, config: SchedulerConfig
) -> None:
    runner = TimedRunner(limits=limits)
    engine = make_engine(runner, clock=runner.clock, config=config)
    assert measure_costs(engine, SOURCE) is None
    assert engine.scheduler.num_running == 0


def test_the_target_is_where_a_wider_batch_saves_little() -> None:
    heavy = BatchCosts(source_token_s=150e-6, step_s=0.01, row_s=50e-6)
    target = heavy.target_batch
    own_s = heavy.source_token_s + heavy.row_s
    assert heavy.step_s / target <= MAX_WASTE * own_s < heavy.step_s / (target - 1)


def test_the_target_has_a_least_and_may_be_without_bounds() -> None:
    assert BatchCosts(source_token_s=1.0, step_s=1e-6, row_s=0.0).target_batch == MIN_TARGET
    assert BatchCosts(source_token_s=0.0, step_s=0.001, row_s=0.0).target_batch >= 1000
