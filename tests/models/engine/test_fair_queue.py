from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.fair_queue import FairQueue
from crosslate.models.engine.request import GenerationRequest, Share, new_flow
from crosslate.models.engine.sequence import Sequence


def make_sequence(
    length: int = 5, flow: int | None = None, num_lanes: int = 1, share: Share | None = None
) -> Sequence:
    request = GenerationRequest(source_ids=[7] * length, flow=flow, share=share)
    return Sequence(request=request, arrival_s=0.0, num_lanes=num_lanes)


def filled(*sequences: Sequence) -> FairQueue:
    queue = FairQueue()
    for sequence in sequences:
        queue.add(sequence)
    return queue


def served(queue: FairQueue) -> list[Sequence]:
    order = []
    while len(queue):
        order.append(next(iter(queue)))
        queue.admit(order[-1])
    return order


def test_like_sequences_of_different_callers_are_served_as_they_came() -> None:
    sequences = [make_sequence(flow=flow) for flow in (None, 1, None, 2, 3)]
    assert served(filled(*sequences)) == sequences


def test_one_sentence_does_not_wait_for_someone_elses_hundred() -> None:
    bulk = [make_sequence(20, flow=1) for _ in range(100)]
    queue = filled(*bulk)
    for sequence in bulk[:10]:
        queue.admit(sequence)
    single = make_sequence(20)
    queue.add(single)
    assert served(queue)[:2] == [bulk[10], single]


def test_sequences_of_a_flow_keep_their_order_whatever_their_lengths() -> None:
    document = [make_sequence(length, flow=1) for length in (90, 3, 40, 1)]
    assert served(filled(*document)) == document


def test_a_short_one_goes_ahead_of_a_long_one_that_came_at_the_same_time() -> None:
    article, sentence = make_sequence(500), make_sequence(5)
    assert served(filled(article, sentence)) == [sentence, article]


def test_beams_count_as_often_as_there_are() -> None:
    beams, sentence = make_sequence(20, num_lanes=8), make_sequence(100)
    assert served(filled(beams, sentence)) == [sentence, beams]


def test_a_long_one_is_not_put_off_for_ever() -> None:
    article = make_sequence(500)
    queue = filled(article)
    num_ahead = 0
    while article.request_id in queue:
        for _ in range(3):  # always three callers at once, each with one sentence after another
            queue.add(make_sequence(5))
        for _ in range(3):
            queue.admit(next(iter(queue)))
            num_ahead += 1
    assert num_ahead <= 3 * 500 / 5 + 3


def test_who_comes_back_later_has_no_credit_and_no_debt() -> None:
    first = [make_sequence(50, flow=1) for _ in range(3)]
    queue = filled(*first)
    served(queue)
    again, other = make_sequence(10, flow=1), make_sequence(11, flow=2)
    for sequence in (other, again):
        queue.add(sequence)
    assert served(queue) == [again, other]


def test_what_is_cancelled_is_not_paid_for() -> None:
    cancelled, kept, other = make_sequence(900, flow=1), make_sequence(5, flow=1), make_sequence(6)
    queue = filled(cancelled)
    queue.remove(cancelled)
    queue.add(other)
    queue.add(kept)
    assert served(queue) == [kept, other]
    assert queue.get(cancelled.request_id) is None


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), min_size=2, max_size=60), st.randoms())
def test_no_two_callers_with_work_waiting_are_served_more_unequally_than_a_sequence_each(
    arrivals: list[tuple[int, int]], rng: random.Random
) -> None:
    """Golestani 1994, theorem 1, for weights of 1."""
    sequences = [make_sequence(length, flow=flow) for flow, length in arrivals]
    rng.shuffle(sequences)
    longest = {flow: max(length for f, length in arrivals if f == flow) for flow, _ in arrivals}
    left = Counter(s.request.flow for s in sequences)
    work: Counter[int | None] = Counter()
    for sequence in served(filled(*sequences)):
        for a, b in ((1, 2), (1, 3), (2, 3)):
            if left[a] and left[b]:
                assert abs(work[a] - work[b]) <= longest[a] + longest[b]
        work[sequence.request.flow] += sequence.num_source_tokens
        left[sequence.request.flow] -= 1


A, B = Share("a"), Share("b")


def test_two_requests_of_one_owner_have_one_share() -> None:
    of_a = [make_sequence(flow=flow, share=A) for flow in (1, 2) for _ in range(10)]
    of_b = [make_sequence(flow=3, share=B) for _ in range(20)]
    owners = [s.request.share for s in served(filled(*of_a, *of_b))]
    assert owners[:20].count(A) == owners[:20].count(B) == 10


def test_within_a_share_one_sentence_does_not_wait_for_the_same_owners_hundred() -> None:
    bulk = [make_sequence(20, flow=1, share=A) for _ in range(100)]
    queue = filled(*bulk)
    for sequence in bulk[:10]:
        queue.admit(sequence)
    single = make_sequence(20, share=A)
    queue.add(single)
    assert served(queue)[:2] == [bulk[10], single]


def test_a_new_owner_does_not_wait_for_what_another_has_sent_before() -> None:
    queue = filled(*[make_sequence(20, share=A) for _ in range(100)])
    for sequence in list(queue)[:10]:
        queue.admit(sequence)
    single = make_sequence(100, share=B)
    queue.add(single)
    assert served(queue)[0] == single


def test_who_sends_one_at_a_time_pays_for_it_too() -> None:
    """Else an owner whose share is empty whenever one of his is admitted would always be next."""
    queue = filled(*[make_sequence(10, flow=1, share=A) for _ in range(100)])
    work: Counter[Share | None] = Counter()
    queue.add(make_sequence(30, share=B))
    for _ in range(60):
        sequence = next(iter(queue))
        queue.admit(sequence)
        work[sequence.request.share] += sequence.num_source_tokens
        if sequence.request.share == B:
            queue.add(make_sequence(30, share=B))
    assert abs(work[A] - work[B]) <= 40


def test_requests_without_an_owner_have_one_share_of_weight_one() -> None:
    of_a = [make_sequence(share=A) for _ in range(20)]
    nobodys = [make_sequence() for _ in range(20)]
    owners = [s.request.share for s in served(filled(*nobodys, *of_a))]
    assert owners[:20].count(A) == 10


@pytest.mark.parametrize("weight", [0.0, -1.0, float("inf"), float("nan")])
def test_a_share_without_weight_would_never_be_served(weight: float) -> None:
    with pytest.raises(ValueError, match="weight"):
        Share("a", weight)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60), st.integers(0, 3)), min_size=2, max_size=60),
    st.lists(st.floats(0.1, 10), min_size=3, max_size=3),
    st.randoms(),
)
def test_shares_are_served_in_proportion_to_their_weights_within_a_sequence_each(
    arrivals: list[tuple[int, int, int]], weights: list[float], rng: random.Random
) -> None:
    """Goyal, Vin and Cheng 1996, theorem 1; whatever flows the sequences of a share are of."""
    shares = [Share(name, weight) for name, weight in zip("abc", weights, strict=True)]
    sequences = [
        make_sequence(length, flow=10 * at + flow, share=shares[at]) for at, length, flow in arrivals
    ]
    rng.shuffle(sequences)
    longest = {
        share: max((s.num_source_tokens for s in sequences if s.request.share == share), default=0)
        for share in shares
    }
    left = Counter(s.request.share for s in sequences)
    work: Counter[Share | None] = Counter()
    for sequence in served(filled(*sequences)):
        for a, b in itertools.combinations(shares, 2):
            if left[a] and left[b]:
                apart = abs(work[a] / a.weight - work[b] / b.weight)
                assert apart <= longest[a] / a.weight + longest[b] / b.weight + 1e-6
        work[sequence.request.share] += sequence.num_source_tokens
        left[sequence.request.share] -= 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=40))
def test_its_order_is_the_one_in_which_it_is_served(arrivals: list[tuple[int, int]]) -> None:
    """The scheduler looks at many before it admits any."""
    shares = [None, A, B, Share("c", 3.0)]
    queue = filled(*[make_sequence(length, share=shares[at]) for at, length in arrivals])
    assert list(queue) == served(queue)


@given(st.data())
def test_finds_and_loses_whatever_was_put_in(data: st.DataObject) -> None:
    queue = FairQueue()
    inside: list[Sequence] = []
    for _ in range(data.draw(st.integers(1, 30))):
        match data.draw(st.sampled_from(["add", "admit", "remove"])):
            case "add":
                share = data.draw(st.sampled_from([None, A, B]))
                flow = data.draw(st.none() | st.integers(1, 3))
                sequence = make_sequence(data.draw(st.integers(1, 9)), flow, share=share)
                queue.add(sequence)
                inside.append(sequence)
            case "admit" if inside:
                queue.admit(first := next(iter(queue)))
                inside.remove(first)
            case "remove" if inside:
                queue.remove(gone := data.draw(st.sampled_from(inside)))
                inside.remove(gone)
                assert queue.get(gone.request_id) is None
            case _:
                pass
        assert len(queue) == len(inside)
        assert {s.request_id for s in queue} == {s.request_id for s in inside}
        assert queue.flows == {s.flow for s in inside}
        assert all(queue.get(s.request_id) is s and s.request_id in queue for s in inside)


def test_refuses_to_lose_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        FairQueue().remove(make_sequence())


def test_flows_are_unlike() -> None:
    assert len({new_flow() for _ in range(1000)}) == 1000
