"""Counting in a database that several replicas write to, in SQLite and in PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter as Multiset
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from crosslate.service.store.periods import Period
from crosslate.service.store.usage import Amount, Counter, UsageBatch, UsageStore

MONTH, MINUTE = Period("month", "2026-11"), Period("minute", "2026-11-27T07:05")
PERIODS = [MONTH, Period("minute", "2026-11-27T07:04"), MINUTE]


Opened = Callable[[str], Engine]


@pytest.fixture
def store(store_url: str, opened: Opened) -> UsageStore:
    return UsageStore(opened(store_url))


def test_batches_add_up_for_each_key_and_period(store: UsageStore) -> None:
    a, b, minute = Counter("a", MONTH), Counter("b", MONTH), Counter("a", MINUTE)
    assert store.exchange(UsageBatch({}), PERIODS) == {}
    store.exchange(UsageBatch({a: Amount(1, 10), minute: Amount(1, 10)}), PERIODS)
    assert store.exchange(UsageBatch({a: Amount(2, 5), b: Amount(1, 7)}), PERIODS) == {
        a: Amount(3, 15),
        b: Amount(1, 7),
        minute: Amount(1, 10),
    }
    assert store.read(MONTH) == {a: Amount(3, 15), b: Amount(1, 7)}


def test_what_is_taken_back_is_taken_off(store: UsageStore) -> None:
    a = Counter("a", MONTH)
    store.exchange(UsageBatch({a: Amount(2, 10)}), PERIODS)
    assert store.exchange(UsageBatch({a: -Amount(1, 4)}), PERIODS) == {a: Amount(1, 6)}


def test_a_batch_is_added_once_however_often_it_is_sent(store: UsageStore) -> None:
    a = Counter("a", MONTH)
    first, second = UsageBatch({a: Amount(1, 10)}), UsageBatch({a: Amount(1, 5)})
    for batch in (first, first, second, replace(first, number=2), second, replace(first, number=2), first):
        counted = store.exchange(batch, PERIODS)
    assert counted == {a: Amount(3, 25)}


def test_of_replicas_that_are_long_gone_nothing_is_kept(store_url: str, opened: Opened) -> None:
    now = 0.0
    engine = opened(store_url)
    store = UsageStore(engine, lambda: now)
    for now in (0.0, 3600.0, 3 * 24 * 3600.0):  # noqa: B007  (the store's clock)
        store.exchange(UsageBatch({Counter("a", MONTH): Amount(1, 10)}), PERIODS)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT seen FROM usage_writers")).all() == [(now,)]


def test_old_minutes_are_forgotten_and_months_are_not(store: UsageStore) -> None:
    old = [Counter("a", Period("minute", "2026-11-27T06:59")), Counter("a", Period("month", "2025-01"))]
    store.exchange(UsageBatch(dict.fromkeys(old, Amount(1, 1))), [])
    store.exchange(UsageBatch({}), PERIODS)
    assert store.read(old[0].period) == {}
    assert store.read(old[1].period) == {old[1]: Amount(1, 1)}


def test_replicas_that_write_at_the_same_time_lose_nothing(store_url: str, opened: Opened) -> None:
    """Each with an engine of its own, and the keys of its batches in another order."""
    keys = [Counter(name, MONTH) for name in "abcdef"]

    def replica(number: int) -> None:
        store = UsageStore(opened(store_url))
        order = keys[number % 6 :] + keys[: number % 6]
        for _ in range(20):
            store.exchange(UsageBatch(dict.fromkeys(order, Amount(1, number))), PERIODS)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(replica, range(6)))
    expected = Amount(6 * 20, 20 * sum(range(6)))
    assert UsageStore(opened(store_url)).read(MONTH) == dict.fromkeys(keys, expected)


BATCHES = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 9), st.integers(0, 9))), max_size=6
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
def test_what_is_read_is_the_sum_of_what_was_written(
    store: UsageStore, batches: list[dict[str, tuple[int, int]]]
) -> None:
    before = store.read(MONTH)
    sums = Multiset[str]()
    for batch in batches:
        counted = {Counter(name, MONTH): Amount(*both) for name, both in batch.items()}
        store.exchange(UsageBatch(counted), PERIODS)
        sums.update({name: both[1] for name, both in batch.items()})
    after = store.read(MONTH)
    for name in "abc":
        counter = Counter(name, MONTH)
        had = before.get(counter, Amount()).characters
        assert after.get(counter, Amount()).characters == had + sums[name]


WRITER = """
import sys
from crosslate.service.store.database import open_database
from crosslate.service.store.periods import Period
from crosslate.service.store.usage import Amount, UsageBatch, Counter, UsageStore
store = UsageStore(open_database(sys.argv[1], None))
month = Period("month", "2026-11")
while True:
    total = store.exchange(UsageBatch({Counter("a", month): Amount(1, 10)}), [month])
    print(total[Counter("a", month)].requests, flush=True)
"""


def test_what_was_written_survives_a_kill_and_nothing_is_there_by_half(
    store_url: str, opened: Opened
) -> None:
    command = [sys.executable, "-c", WRITER, store_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if (last := int(line)) == 50:
                break
        writer.kill()
        last = max([last, *map(int, writer.stdout)])
    (amount,) = UsageStore(opened(store_url)).read(MONTH).values()
    assert amount.requests in {last, last + 1}
    assert amount.characters == 10 * amount.requests


def test_a_file_is_read_while_another_writes(tmp_path: Path, opened: Opened) -> None:
    with opened(f"sqlite:///{tmp_path}/store.db").connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
