"""How many documents may wait, in SQLite and in PostgreSQL; all else is tested with its users."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine

from crosslate.service.store.documents import DocumentRow, DocumentStore


def row(number: int) -> DocumentRow:
    return DocumentRow(
        id=f"{number:032}",
        key_digest="",
        owner=None,
        state="queued",
        num_characters=1,
        created=0.0,
        expires=1e9,
    )


def test_the_limit_is_exact_where_many_add_at_once(store_url: str, opened: Callable[[str], Engine]) -> None:
    stores = [DocumentStore(opened(store_url)) for _ in range(4)]

    def add(number: int) -> bool:
        meet.wait(30)
        return stores[number % 4].add(row(number), 3)

    meet = Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        for start in range(0, 80, 8):
            added = list(threads.map(add, range(start, start + 8)))
            assert sum(added) == 3
            assert not stores[0].add(row(start + 1000), 3)
            for number in range(start, start + 8):
                stores[1].delete(row(number).id)


def test_what_is_finished_does_not_count(store_url: str, opened: Callable[[str], Engine]) -> None:
    store = DocumentStore(opened(store_url))
    assert store.add(row(1), 1)
    assert not store.add(row(2), 1)
    claimed = store.claim("me", 0.0, 1e9)
    assert claimed is not None
    assert not store.add(row(2), 1)
    assert store.finish(claimed.id, "me")
    assert store.add(row(2), 1)
