"""Glossaries in SQLite and in PostgreSQL: each its owner's, changed wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import Engine

from crosslate.service.store.database import StoreError
from crosslate.service.store.glossaries import DictionaryRow, GlossaryRow, GlossaryStore

EN_PT, PT_EN = ("en", "pt"), ("pt", "en")


@pytest.fixture
def store(store_url: str, opened: Callable[[str], Engine]) -> GlossaryStore:
    return GlossaryStore(opened(store_url))


def row(number: int) -> GlossaryRow:
    return GlossaryRow(f"{number:032}", f"No. {number}", 1.5 + number, ())


def test_what_is_kept_comes_back(store: GlossaryStore) -> None:
    entries = [("bridge", "viaduto"), ("bridge", "ponte"), ("ação", "橋")]
    assert store.add("a", row(1), {EN_PT: entries, PT_EN: [("x", "y")]}, 9)
    assert store.add("a", row(2), {}, 9)
    first = GlossaryRow(row(1).id, "No. 1", 2.5, (DictionaryRow("en", "pt", 3), DictionaryRow("pt", "en", 1)))
    assert store.of_owner("a") == [first, row(2)]
    assert store.get("a", row(1).id) == first
    assert store.entries("a", row(1).id, EN_PT) == entries
    assert store.entries("a", row(2).id, EN_PT) is None


def test_nobody_sees_or_changes_what_is_another_ones(store: GlossaryStore) -> None:
    one = row(1).id
    store.add("a", row(1), {EN_PT: [("x", "y")]}, 9)
    assert store.of_owner("b") == []
    assert store.get("b", one) is None
    assert store.entries("b", one, EN_PT) is None
    assert store.change("b", one, "mine", []) is None
    assert not store.put("b", one, EN_PT, [("x", "z")])
    assert not store.remove("b", one, EN_PT)
    assert not store.delete("b", one)
    assert store.entries("a", one, EN_PT) == [("x", "y")]


def test_changes(store: GlossaryStore) -> None:
    one = row(1).id
    store.add("", row(1), {EN_PT: [("x", "y")]}, 9)
    assert store.change("", one, "other", [])
    assert store.put("", one, EN_PT, [("x", "z"), ("v", "w")])
    assert store.put("", one, PT_EN, [("y", "x")])
    assert store.entries("", one, EN_PT) == [("x", "z"), ("v", "w")]
    assert store.remove("", one, PT_EN)
    assert not store.remove("", one, PT_EN)
    found = store.get("", one)
    assert found is not None
    assert (found.name, found.dictionaries) == ("other", (DictionaryRow("en", "pt", 2),))
    assert store.delete("", one)
    assert not store.delete("", one)
    assert store.entries("", one, EN_PT) is None


def test_no_more_than_an_owner_may_have_whoever_adds_at_once(store: GlossaryStore) -> None:
    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(lambda number: store.add("a", row(number), {}, 5), range(5)))
    assert all(added)
    assert not store.add("a", row(9), {EN_PT: [("x", "y")]}, 5)
    assert store.entries("a", row(9).id, EN_PT) is None
    assert store.add("b", row(9), {}, 5)


def test_the_limit_is_exact_where_many_add_at_once(store_url: str, opened: Callable[[str], Engine]) -> None:
    stores = [GlossaryStore(opened(store_url)) for _ in range(4)]

    def add(owner: str, number: int) -> bool:
        meet.wait(30)
        return stores[number % 4].add(owner, row(number), {}, 3)

    meet = Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        for start in range(0, 80, 8):
            owner = f"of {start}"
            added = list(threads.map(partial(add, owner), range(start, start + 8)))
            assert (sum(added), len(stores[0].of_owner(owner))) == (3, 3)


def test_of_a_name_there_is_one_whatever_many_do_at_once(
    store_url: str, opened: Callable[[str], Engine]
) -> None:
    """In replicas of their own; somebody deletes it meanwhile."""
    stores = [GlossaryStore(opened(store_url)) for _ in range(4)]

    def put(owner: str, number: int) -> None:
        meet.wait(30)
        store, new = stores[number % 4], replace(row(number), name="the name")
        if number % 8 == 7:
            for one in store.of_owner(owner):
                store.delete(owner, one.id)
        else:
            assert store.add_or_replace(owner, new, {EN_PT: [(str(number), "x")]}, 1)

    meet = Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        for start in range(0, 80, 8):
            owner = f"of {start}"
            list(threads.map(partial(put, owner), range(start, start + 8)))
            found = stores[0].of_owner(owner)
            assert len(found) <= 1
            assert all(one.dictionaries == (DictionaryRow("en", "pt", 1),) for one in found)


def test_one_that_is_full_can_be_replaced_and_no_other_be_added(store: GlossaryStore) -> None:
    assert store.add("a", row(1), {EN_PT: [("x", "y")]}, 1)
    assert store.add_or_replace("a", row(2), {PT_EN: [("y", "x")]}, 1) is None
    changed = store.add_or_replace("a", replace(row(1), id=row(3).id), {PT_EN: [("y", "x")]}, 1)
    assert changed == replace(row(1), dictionaries=(DictionaryRow("pt", "en", 1),))
    assert store.of_owner("a") == [changed]
    assert store.entries("a", row(1).id, EN_PT) is None


def test_what_somebody_else_has_locked_is_not_waited_for_in_silence(
    store_url: str, opened: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator's transaction that was left open, say."""
    monkeypatch.setattr("crosslate.service.store.database._BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("crosslate.service.store.postgresql.LOCK_S", 0.05)
    engine = opened(store_url)
    store = GlossaryStore(engine)
    assert store.add("", row(1), {EN_PT: [("x", "y")]}, 5)
    with engine.begin() as other:  # on SQLite that is lock enough
        if engine.dialect.name == "postgresql":
            other.exec_driver_sql("LOCK TABLE dictionaries")
        with pytest.raises(StoreError, match="lock"):
            store.put("", row(1).id, EN_PT, [("x", "z")])
    assert store.put("", row(1).id, EN_PT, [("x", "z")])


def test_a_database_that_is_gone_is_an_error_of_the_stores(
    store_url: str, opened: Callable[[str], Engine]
) -> None:
    engine = opened(store_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE dictionaries")
    with pytest.raises(StoreError, match=r"store\.url"):
        GlossaryStore(engine).entries("", row(1).id, EN_PT) or GlossaryStore(engine).add(
            "", row(1), {EN_PT: [("x", "y")]}, 5
        )
