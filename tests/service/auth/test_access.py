from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.auth.access import Access, KeyUsage
from crosslate.service.auth.keys import Key
from crosslate.service.errors import ServiceError
from crosslate.service.store.periods import month_of
from crosslate.service.store.usage import Amount, Counter
from tests.service.auth.accounts import SECRET, Clock, SharedCounts, Told, make_access, make_key


def key_of(access: Access) -> Key:
    key = access.identify(SECRET)
    assert key is not None
    return key


def ask(access: Access, num_characters: int = 1) -> None:
    with access.charged(key_of(access), num_characters):
        pass


def refusal(access: Access, num_characters: int = 1) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        ask(access, num_characters)
    return refused.value


def test_a_key_is_for_its_models() -> None:
    access = make_access(make_key(models=frozenset({"en-pt", "pt-en"})))
    access.check_model(key_of(access), "en-pt")
    access.check_model(key_of(access), None)
    access.check_model(make_key(), "en-de")
    access.check_model(None, "en-de")
    with pytest.raises(ServiceError, match=r"a is for en-pt, pt-en") as refused:
        access.check_model(key_of(access), "en-de")
    assert (refused.value.status, refused.value.code) == (403, "key_not_for_model")


def test_a_month_has_so_many_characters_and_the_next_one_as_many() -> None:
    clock, told = Clock(), Told()
    access = make_access(make_key(characters_per_month=10), clock=clock, told=told)
    ask(access, 6)
    error = refusal(access, 5)
    assert (error.status, error.code, error.retry_after_s) == (429, "quota_exceeded", None)
    assert "used 6 of 10" in error.detail
    ask(access, 4)
    assert access.usage(key_of(access)) == KeyUsage(10, 10)
    clock.pass_seconds(4 * 24 * 3600)
    ask(access, 10)
    assert told.charges == [("a", 6), ("a", 4), ("a", 10)]
    assert told.refusals == [("a", "quota_exceeded")]


def test_a_minute_has_so_many_requests_and_it_is_said_when_the_next_may_come() -> None:
    clock, told = Clock(), Told()
    access = make_access(make_key(requests_per_minute=2), clock=clock, told=told)
    ask(access)
    ask(access)
    error = refusal(access)
    assert (error.status, error.code) == (429, "rate_limited")
    assert "2 requests a minute" in error.detail
    assert error.retry_after_s is not None
    clock.pass_seconds(math.ceil(error.retry_after_s) - 2)
    refusal(access)
    clock.pass_seconds(2)
    ask(access)
    assert told.refusals == [("a", "rate_limited")] * 2


def test_a_minute_has_so_many_characters_and_more_at_once_never_fit() -> None:
    access = make_access(make_key(characters_per_minute=10))
    ask(access, 10)
    assert (refusal(access, 1).status, refusal(access, 1).code) == (429, "rate_limited")
    error = refusal(access, 11)
    assert (error.status, error.code) == (413, "text_too_large")


def test_what_fails_is_not_of_the_month_but_of_the_minute() -> None:
    access = make_access(make_key(characters_per_month=10, requests_per_minute=2))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), access.charged(key_of(access), 10):
            raise ZeroDivisionError
    assert access.usage(key_of(access)) == KeyUsage(0, 10)
    assert refusal(access).code == "rate_limited"


def test_what_has_begun_to_be_answered_stays_charged() -> None:
    access = make_access(make_key(characters_per_month=10))
    with contextlib.suppress(ZeroDivisionError), access.charged(key_of(access), 10) as charge:
        charge.settle()
        raise ZeroDivisionError
    assert access.usage(key_of(access)) == KeyUsage(10, 10)


def test_what_fails_in_the_next_month_is_taken_back_from_the_one_it_was_charged_to() -> None:
    clock = Clock()
    access = make_access(make_key(), clock=clock)
    before = Counter("a", month_of(clock()))
    with contextlib.suppress(ZeroDivisionError), access.charged(key_of(access), 10):
        clock.pass_seconds(4 * 24 * 3600)
        raise ZeroDivisionError
    assert access.meter.used(before) == Amount()
    assert access.usage(key_of(access)) == KeyUsage(0, None)


def test_keys_do_not_use_each_others_limits() -> None:
    access = make_access(make_key(characters_per_month=5), make_key("b", "other", characters_per_month=5))
    ask(access, 5)
    with access.charged(access.identify("other"), 5):
        pass


async def test_replicas_hear_of_each_other_with_each_batch() -> None:
    clock, shared = Clock(), SharedCounts()
    key = make_key(characters_per_month=10, requests_per_minute=3)
    one, other = (make_access(key, clock=clock, shared=shared) for _ in range(2))
    ask(one, 6)
    ask(other, 4)
    assert one.usage(key).characters == 6
    for access in (one, other, one):
        assert await access.meter.flush()
    assert one.usage(key) == other.usage(key) == KeyUsage(10, 10)
    assert refusal(one).code == refusal(other).code == "quota_exceeded"


ROUNDS = st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), max_size=12), max_size=6)


@settings(max_examples=40)
@given(ROUNDS)
async def test_replicas_pass_a_quota_by_no_more_than_what_the_others_serve_between_two_batches(
    rounds: list[list[tuple[int, int]]],
) -> None:
    shared, clock = SharedCounts(), Clock()
    key = make_key(characters_per_month=100)
    replicas = [make_access(key, clock=clock, shared=shared) for _ in range(3)]
    total = 0
    for requests in rounds:
        served = [0, 0, 0]
        for at, cost in requests:
            try:
                ask(replicas[at], cost)
            except ServiceError:
                assert total + served[at] + cost > 100, "refused although there was room"
            else:
                served[at] += cost
        assert all(total + by_one <= 100 for by_one in served if by_one), "one alone never passes it"
        total += sum(served)
        for access in (*replicas, *replicas):
            assert await access.meter.flush()
        assert {access.usage(key).characters for access in replicas} == {total}
