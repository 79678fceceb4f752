from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crosslate.models.engine.encoder_batches import batch_by_length, num_padded_tokens
from crosslate.models.engine.joining import num_spare_slots
from crosslate.models.engine.request import AlignmentRequest, GenerationRequest, Share
from crosslate.models.engine.scheduler import Scheduler, SchedulerConfig
from crosslate.models.engine.sequence import Sequence, SequenceStatus
from crosslate.models.engine.stats import CompletionRate
from crosslate.models.errors import InvalidParamsError, QueueFullError
from tests.models.engine.integrity import check_integrity


def make_sequence(
    length: int = 5,
    num_lanes: int = 1,
    deadline_s: float | None = None,
    flow: int | None = None,
    *,
    is_admitted: bool = False,
    share: Share | None = None,
) -> Sequence:
    request = GenerationRequest(source_ids=[7] * length, flow=flow, is_admitted=is_admitted, share=share)
    return Sequence(request=request, arrival_s=0.0, num_lanes=num_lanes, deadline_s=deadline_s)


def make_scheduler(**budgets: int) -> Scheduler:
    return Scheduler(SchedulerConfig(**budgets))


def admitted(scheduler: Scheduler, now: float = 0.0) -> list[Sequence]:
    batches = scheduler.schedule(now).to_encode
    check_integrity(scheduler)
    return [sequence for batch in batches for sequence in batch]


def test_admits_in_order_of_arrival_as_far_as_the_slots_go() -> None:
    scheduler = make_scheduler(max_slots=4)
    sequences = [make_sequence() for _ in range(6)]
    for sequence in sequences:
        scheduler.add(sequence)
    assert set(admitted(scheduler)) == set(sequences[:4])
    assert admitted(scheduler) == []
    scheduler.finish(sequences[1])
    assert admitted(scheduler) == [sequences[4]]
    assert (scheduler.num_running, scheduler.num_waiting, scheduler.num_free_slots) == (4, 1, 0)


def test_beams_take_a_slot_each_and_a_narrow_sequence_does_not_overtake_a_wide_one() -> None:
    scheduler = make_scheduler(max_slots=5)
    first, wide = make_sequence(num_lanes=3), make_sequence(num_lanes=4)
    narrow = make_sequence(5 * 4)  # no less work, and behind it
    for sequence in (first, wide, narrow):
        scheduler.add(sequence)
    assert admitted(scheduler) == [first]
    scheduler.finish(first)
    assert set(admitted(scheduler)) == {wide, narrow}


def test_a_batch_that_has_grown_takes_some_together_and_one_that_has_not_each_at_once() -> None:
    scheduler = make_scheduler(target_batch=4)
    sequences = [make_sequence() for _ in range(24)]
    for sequence in sequences:
        scheduler.add(sequence)
    running = admitted(scheduler)
    assert len(running) == 12, "half of those that run or wait"
    scheduler.finish(running[0])
    assert admitted(scheduler) == [], "11 run and 12 wait: there is room for none"
    scheduler.finish(running[1])
    assert admitted(scheduler) == [], "10 run and 12 wait: there is room for one"
    scheduler.finish(running[2])
    scheduler.finish(running[3])
    assert admitted(scheduler) == sequences[12:14], "8 run and 12 wait: for two"

    few = make_scheduler(target_batch=4)
    for _ in range(6):
        few.add(make_sequence())
    first = admitted(few)
    assert len(first) == 4
    few.finish(first[0])
    assert len(admitted(few)) == 1, "narrower than a batch is to be"


def test_a_batch_that_is_wide_enough_grows_where_more_wait_than_run() -> None:
    scheduler = make_scheduler(target_batch=2)
    sequences = [make_sequence() for _ in range(7)]
    for sequence in sequences[:3]:
        scheduler.add(sequence)
    assert set(admitted(scheduler)) == set(sequences[:2])
    assert admitted(scheduler) == []
    for sequence in sequences[3:]:
        scheduler.add(sequence)
    assert admitted(scheduler) == [sequences[2]], "2 run and 5 wait"
    assert admitted(scheduler) == []
    for sequence in sequences[:3]:
        scheduler.finish(sequence)
    assert set(admitted(scheduler)) == set(sequences[3:5]), "none runs and 4 wait"


def test_of_several_callers_none_grows_beyond_the_target() -> None:
    scheduler = make_scheduler(target_batch=4)
    for i in range(40):
        scheduler.add(make_sequence(flow=i % 2))
    assert len(admitted(scheduler)) == 4
    alone = make_scheduler(target_batch=4)
    for _ in range(40):
        alone.add(make_sequence(flow=1))
    assert len(admitted(alone)) == 20


def test_of_someone_else_one_joins_at_once_however_much_one_caller_has_running() -> None:
    scheduler = make_scheduler(target_batch=2, max_slots=8)
    for _ in range(50):
        scheduler.add(make_sequence(flow=1))
    assert len(admitted(scheduler)) == 6, "more wait than run, but slots are left for others"
    others = [make_sequence(flow=2) for _ in range(2)]
    for sequence in others:
        scheduler.add(sequence)
    assert admitted(scheduler) == others[:1]


def test_the_requests_of_one_owner_are_refused_one_by_one_and_not_as_one() -> None:
    """A share is not a place in the queue: else whoever has one could fill it without end."""
    scheduler = make_scheduler(max_slots=1, max_waiting=2)
    owner = Share("a")
    for _ in range(3):
        scheduler.add(make_sequence(share=owner))
    with pytest.raises(QueueFullError):
        scheduler.add(make_sequence(share=owner))


def test_of_another_owner_one_is_next_however_many_requests_the_first_has_sent() -> None:
    scheduler = make_scheduler(max_slots=4)
    many = [make_sequence(share=Share("a")) for _ in range(50)]
    for sequence in many:
        scheduler.add(sequence)
    running = admitted(scheduler)
    other = make_sequence(80, share=Share("b"))
    scheduler.add(other)
    scheduler.finish(running[0])
    assert admitted(scheduler) == [other]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 40)), min_size=1, max_size=60),
    st.integers(1, 8),
    st.integers(1, 80),
    st.floats(0.25, 8),
    st.randoms(),
)
def test_owners_are_admitted_in_proportion_to_their_weights_whatever_the_budgets(
    arrivals: list[tuple[int, int]], max_slots: int, max_tokens: int, weight: float, rng: random.Random
) -> None:
    shares = [Share("a"), Share("b", weight)]
    scheduler = make_scheduler(max_slots=max_slots, max_encoder_tokens_per_step=max_tokens)
    sequences = [make_sequence(length, share=shares[at]) for at, length in arrivals]
    for sequence in sequences:
        scheduler.enqueue(sequence)
    left = Counter(s.request.share for s in sequences)
    had: Counter[Share | None] = Counter()
    running: list[Sequence] = []
    while scheduler.num_waiting:
        new = admitted(scheduler)
        running += new
        for sequence in new:
            left[sequence.request.share] -= 1
            had[sequence.request.share] += sequence.num_source_tokens
        if all(left[share] for share in shares):
            apart = abs(had[shares[0]] - had[shares[1]] / weight)
            assert apart <= 40 + 40 / weight + 1e-6
        if running:
            scheduler.finish(running.pop(rng.randrange(len(running))))


def test_one_flow_of_wide_sequences_leaves_slots_to_others() -> None:
    scheduler = make_scheduler(max_slots=64)
    for _ in range(20):
        scheduler.add(make_sequence(num_lanes=16, flow=1))
    assert len(admitted(scheduler)) == 3
    others = [make_sequence(flow=2), make_sequence(num_lanes=8, flow=3)]
    for sequence in others:
        scheduler.add(sequence)
    assert set(admitted(scheduler)) == set(others)


def test_a_wide_sequence_that_nobody_else_waits_beside_takes_all_slots_if_it_needs_them() -> None:
    scheduler = make_scheduler(max_slots=8)
    wide = make_sequence(num_lanes=8, flow=1)
    scheduler.add(wide)
    assert admitted(scheduler) == [wide]


def test_a_wide_sequence_does_not_starve_however_many_narrow_ones_keep_coming() -> None:
    scheduler = make_scheduler(max_slots=16)
    wide = [make_sequence(num_lanes=12, flow=1) for _ in range(3)]
    for _ in range(40):
        scheduler.add(make_sequence())
    running = admitted(scheduler)
    for sequence in wide:
        scheduler.add(sequence)
    started: list[Sequence] = []
    for _ in range(1000):  # as many come as end
        scheduler.finish(running.pop(0))
        scheduler.add(make_sequence())
        new = admitted(scheduler)
        running += new
        started += [sequence for sequence in new if sequence in wide]
    assert started == wide


def test_narrow_sequences_do_not_wait_for_a_flow_of_wide_ones_that_has_its_part() -> None:
    """However long the wide ones run: what comes meanwhile takes the slots that are left."""
    scheduler = make_scheduler(max_slots=64)
    for _ in range(40):
        scheduler.add(make_sequence(num_lanes=16, flow=1))
    admitted(scheduler)
    for step in range(50):
        newcomer = make_sequence(length=40, flow=2 + step)
        scheduler.add(newcomer)
        assert admitted(scheduler) == [newcomer]
        scheduler.finish(newcomer)


def test_a_flow_has_one_place_in_the_queue_and_what_was_admitted_is_not_refused() -> None:
    scheduler = make_scheduler(max_slots=1, max_waiting=2)
    scheduler.add(make_sequence(flow=1))
    for _ in range(200):
        scheduler.add(make_sequence(flow=1, is_admitted=True))
    admitted(scheduler)
    scheduler.add(make_sequence(flow=2))
    with pytest.raises(QueueFullError):
        scheduler.add(make_sequence(flow=3))
    scheduler.add(make_sequence(flow=4, is_admitted=True))


def test_encoder_budget_spreads_sources_over_steps_and_lets_a_longer_one_through_alone() -> None:
    scheduler = make_scheduler(max_encoder_tokens_per_step=10)
    short, article, other = [make_sequence(length, flow=1) for length in (4, 500, 4)]
    for sequence in (short, article, other):
        scheduler.add(sequence)
    assert [admitted(scheduler) for _ in range(3)] == [[short], [article], [other]]


def test_encoder_budget_counts_padding() -> None:
    scheduler = make_scheduler(max_encoder_tokens_per_step=18, max_padding_per_batch=100)
    for length in (10, 5, 2):  # 17 tokens, 30 with padding
        scheduler.add(make_sequence(length, flow=1))
    assert [len(admitted(scheduler)) for _ in range(2)] == [1, 2]


def test_refuses_what_could_never_run() -> None:
    with pytest.raises(InvalidParamsError, match=r"needs 9 beams .* at most 8"):
        make_scheduler(max_slots=8).add(make_sequence(num_lanes=9))


def test_refuses_the_same_request_twice() -> None:
    scheduler = make_scheduler()
    sequence = make_sequence()
    scheduler.add(sequence)
    with pytest.raises(ValueError, match="is being served already"):
        scheduler.add(sequence)


@pytest.mark.parametrize("has_begun", [False, True])
def test_full_queue_does_not_depend_on_whether_a_step_has_begun(has_begun: bool) -> None:
    scheduler = make_scheduler(max_slots=4, max_waiting=2)
    for _ in range(4):
        scheduler.add(make_sequence(num_lanes=2))
        if has_begun:
            scheduler.schedule(0.0)
    with pytest.raises(QueueFullError) as refused:
        scheduler.add(make_sequence(num_lanes=2))
    assert 1 <= refused.value.retry_after_s <= 60


def test_without_a_queue_only_free_slots_count() -> None:
    scheduler = make_scheduler(max_slots=1, max_waiting=0)
    scheduler.add(make_sequence())
    with pytest.raises(QueueFullError):
        scheduler.add(make_sequence())


def test_deadlines_end_the_waiting_and_the_running_and_their_slots_serve_the_same_step() -> None:
    scheduler = make_scheduler(max_slots=1)
    running, waiting, patient = make_sequence(deadline_s=5.0), make_sequence(deadline_s=4.0), make_sequence()
    for sequence in (running, waiting, patient):
        scheduler.add(sequence)
    assert admitted(scheduler, now=3.9) == [running]
    output = scheduler.schedule(5.0)
    assert set(output.expired) == {running, waiting}
    assert output.to_encode == [[patient]]
    check_integrity(scheduler)


def test_an_id_that_comes_back_is_not_bound_by_its_first_deadline() -> None:
    scheduler = make_scheduler()
    request = AlignmentRequest(source_ids=[1], target_ids=[1])
    first = Sequence(request=request, arrival_s=0.0, deadline_s=5.0)
    scheduler.add(first)
    assert scheduler.abort(request.request_id) is first
    again = Sequence(request=request, arrival_s=1.0, deadline_s=9.0)
    scheduler.add(again)
    assert scheduler.schedule(6.0).expired == []
    assert scheduler.schedule(9.0).expired == [again]


def test_abort_of_an_unknown_request_does_nothing() -> None:
    scheduler = make_scheduler()
    assert scheduler.abort(12345) is None
    check_integrity(scheduler)


@pytest.mark.parametrize(
    "budget",
    [{"max_slots": 0}, {"max_encoder_tokens_per_step": 0}, {"max_waiting": -1}, {"target_batch": 0}],
)
def test_config_refuses_budgets_that_admit_nothing(budget: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        SchedulerConfig(**budget)


@given(st.lists(st.integers(1, 200), max_size=80), st.integers(0, 60))
def test_batches_of_like_length_keep_every_source_and_bound_the_padding(
    lengths: list[int], max_padding: int
) -> None:
    sequences = [make_sequence(length) for length in lengths]
    batches = batch_by_length(sequences, max_padding)
    assert Counter(id(s) for batch in batches for s in batch) == Counter(map(id, sequences))
    for batch in batches:
        assert num_padded_tokens(batch) - sum(s.num_source_tokens for s in batch) <= max_padding


def test_retry_after_follows_the_rate_of_completion_within_its_bounds() -> None:
    rate = CompletionRate()
    assert rate.retry_after_s(1000) == 1.0
    rate.record(0, busy_s=1.0)
    assert rate.retry_after_s(1000) == 60.0
    for _ in range(100):
        rate.record(5, busy_s=0.5)  # ten a second
    assert rate.retry_after_s(200) == pytest.approx(20, rel=0.05)
    assert rate.retry_after_s(2) == 1.0
    assert rate.retry_after_s(10_000) == 60.0


class SchedulerSimulation(RuleBasedStateMachine):
    """Any order of arrivals, cancellations, completions and passing time."""

    @initialize(
        max_slots=st.integers(1, 20),
        max_tokens=st.integers(1, 60),
        max_waiting=st.integers(0, 12),
        max_padding=st.integers(0, 20),
        target_batch=st.none() | st.integers(1, 8),
    )
    def begin(
        self,
        max_slots: int,
        max_tokens: int,
        max_waiting: int,
        max_padding: int,
        target_batch: int | None,
    ) -> None:
        self.scheduler = Scheduler(
            SchedulerConfig(
                max_slots=max_slots,
                max_encoder_tokens_per_step=max_tokens,
                max_waiting=max_waiting,
                max_padding_per_batch=max_padding,
                target_batch=target_batch,
            )
        )
        self.now = 0.0
        self.waiting: list[Sequence] = []
        self.running: list[Sequence] = []
        self.ended: Counter[int] = Counter()
        self.num_accepted = 0
        self.tags: dict[Sequence, int] = {}
        self.virtual_time = 0

    @rule(
        length=st.integers(1, 80),
        num_lanes=st.integers(1, 9),
        patience_s=st.none() | st.integers(0, 9),
        flow=st.none() | st.integers(1, 3),
    )
    def arrive(self, length: int, num_lanes: int, patience_s: int | None, flow: int | None) -> None:
        deadline_s = None if patience_s is None else self.now + patience_s
        sequence = make_sequence(length, num_lanes, deadline_s, flow)
        try:
            self.scheduler.add(sequence)
        except InvalidParamsError:
            assert num_lanes > self.scheduler.config.max_slots
        except QueueFullError:
            assert len({s.flow for s in self.waiting}) >= self.scheduler.config.max_waiting
        else:
            siblings = [s for s in self.waiting if flow is not None and s.request.flow == flow]
            begin = max([self.virtual_time, *(self.tags[s] for s in siblings)])
            self.tags[sequence] = begin + length * num_lanes
            self.waiting.append(sequence)
            self.waiting.sort(key=self.tags.__getitem__)
            self.num_accepted += 1

    @precondition(lambda self: self.waiting or self.running)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(self.waiting + self.running))
        assert self.scheduler.abort(sequence.request_id) is sequence
        self.end(sequence)
        assert self.scheduler.abort(sequence.request_id) is None

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        sequence = data.draw(st.sampled_from(self.running))
        self.scheduler.finish(sequence)
        self.end(sequence)

    @rule(elapsed_s=st.integers(0, 4))
    def step(self, elapsed_s: int) -> None:
        self.now += elapsed_s
        late = {
            s for s in self.waiting + self.running if s.deadline_s is not None and s.deadline_s <= self.now
        }
        output = self.scheduler.schedule(self.now)
        assert len(output.expired) == len(late)
        assert set(output.expired) == late
        for sequence in output.expired:
            self.end(sequence)
        self.check_admission(output.to_encode)

    def check_admission(self, batches: list[list[Sequence]]) -> None:
        new = [sequence for batch in batches for sequence in batch]
        width = self.width()
        last = max(map(self.waiting.index, new), default=0)
        held = [s for s in self.waiting[:last] if s not in new]
        assert len(set(new)) == len(new)
        budget = self.scheduler.config.max_encoder_tokens_per_step
        assert len(new) == 1 or sum(map(num_padded_tokens, batches)) <= budget
        self.virtual_time = max([self.virtual_time, *(self.tags[s] for s in new)])
        self.waiting = [s for s in self.waiting if s not in new]
        self.running += new
        assert all(self.is_held(s, width) or self.lacks_slots(s) for s in held), "a prefix of the others"
        first_held = next((self.waiting.index(s) for s in self.waiting if self.lacks_slots(s)), None)
        if first_held is not None:
            later = {
                s.flow for s in new if s not in held and self.tags[s] > self.tags[self.waiting[first_held]]
            }
            assert len(later) == sum(self.tags[s] > self.tags[self.waiting[first_held]] for s in new), (
                "one of a flow passes"
            )
        if not new and self.waiting and not self.is_held(self.waiting[0], width):
            head = self.waiting[0]
            assert head.num_lanes > self.scheduler.num_free_slots or self.lacks_slots(head), (
                "only slots hold it"
            )

    def lacks_slots(self, sequence: Sequence) -> bool:
        """Whether it, or one before it, of a flow that runs has to leave slots to others."""
        flows = {s.flow for s in self.running}
        left = self.scheduler.num_free_slots - num_spare_slots(self.scheduler.config.max_slots)
        before = self.waiting[: self.waiting.index(sequence) + 1]
        return sequence.flow in flows and any(
            s.flow in flows and s.num_lanes > 1 and s.num_lanes > left for s in before
        )

    def width(self) -> int:
        """How many the step is to have running, where there are slots."""
        config = self.scheduler.config
        target = config.target_batch or config.max_slots
        waiting_flows = {s.flow for s in self.waiting}
        is_alone = len(waiting_flows | {s.flow for s in self.running}) == 1
        num_waiting = len(self.waiting) if is_alone else len(waiting_flows)
        return max(target, min((len(self.running) + num_waiting) // 2, config.max_slots - target))

    def is_held(self, head: Sequence, width: int) -> bool:
        """Whether the target keeps it waiting."""
        flows = {sequence.flow for sequence in self.running}
        target = self.scheduler.config.target_batch or self.scheduler.config.max_slots
        return len(self.running) >= width and (len(flows) >= target or head.flow in flows)

    def end(self, sequence: Sequence) -> None:
        assert sequence.status is SequenceStatus.FINISHED
        self.ended[sequence.request_id] += 1
        (self.waiting if sequence in self.waiting else self.running).remove(sequence)

    @invariant()
    def slots_are_conserved(self) -> None:
        check_integrity(self.scheduler)
        assert self.scheduler.num_waiting == len(self.waiting)
        assert self.scheduler.num_running == len(self.running)
        num_used = sum(sequence.num_lanes for sequence in self.running)
        assert self.scheduler.num_free_slots == self.scheduler.config.max_slots - num_used

    def teardown(self) -> None:
        while self.waiting or self.running:
            self.step(1)
            for sequence in list(self.running):
                self.scheduler.finish(sequence)
                self.end(sequence)
        assert len(self.ended) == self.num_accepted
        assert set(self.ended.values()) <= {1}, "exactly one end for everyone"


TestSchedulerSimulation = SchedulerSimulation.TestCase
TestSchedulerSimulation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def make_alignment(length: int = 5, flow: int | None = None) -> Sequence:
    request = AlignmentRequest(source_ids=[7] * length, target_ids=[8], flow=flow)
    return Sequence(request=request, arrival_s=0.0, num_lanes=0)


def scheduled(scheduler: Scheduler) -> tuple[list[Sequence], list[Sequence]]:
    """Who is encoded to decode, and who to be aligned."""
    output = scheduler.schedule(0.0)
    check_integrity(scheduler)
    return [s for batch in output.to_encode for s in batch], [s for batch in output.to_align for s in batch]


def test_alignments_need_no_slot() -> None:
    scheduler = make_scheduler(max_slots=1, max_waiting=1)
    running, waiting, aligning = make_sequence(), make_sequence(), make_alignment()
    scheduler.add(running)
    assert scheduled(scheduler) == ([running], [])
    scheduler.add(waiting)
    with pytest.raises(QueueFullError):
        scheduler.add(make_alignment())
    scheduler.enqueue(aligning)
    assert scheduler.num_waiting == 2
    assert scheduled(scheduler) == ([], [aligning])
    assert (scheduler.num_running, scheduler.num_free_slots) == (2, 0)
    scheduler.finish(aligning)
    assert (scheduler.num_running, scheduler.num_free_slots, scheduler.num_waiting) == (1, 0, 1)
    cancelled = make_alignment()
    scheduler.enqueue(cancelled)
    assert scheduler.abort(cancelled.request_id) is cancelled
    assert scheduled(scheduler) == ([], [])


def test_alignments_that_wait_are_taken_together_as_far_as_the_encoder_budget_goes() -> None:
    scheduler = make_scheduler(max_encoder_tokens_per_step=20)
    alignments = [make_alignment(6) for _ in range(4)]
    for sequence in alignments:
        scheduler.add(sequence)
    assert scheduled(scheduler) == ([], alignments[:3])
    assert scheduled(scheduler) == ([], alignments[3:])


@pytest.mark.parametrize("length", [15, 50], ids=["most of the budget", "more than the budget"])
def test_where_both_wait_each_is_first_by_turns(length: int) -> None:
    scheduler = make_scheduler(max_encoder_tokens_per_step=20)
    generating, aligning = (
        [make_sequence(length) for _ in range(2)],
        [make_alignment(length) for _ in range(2)],
    )
    for sequence in generating + aligning:
        scheduler.add(sequence)
    assert [scheduled(scheduler) for _ in range(4)] == [
        ([generating[0]], []),
        ([], [aligning[0]]),
        ([generating[1]], []),
        ([], [aligning[1]]),
    ]
