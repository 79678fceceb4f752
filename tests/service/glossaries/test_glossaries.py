"""What several who change one glossary at the same time leave of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries import glossaries as module
from crosslate.service.glossaries.glossaries import Dictionary, Glossaries
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.store.database import StoreError
from crosslate.service.store.glossaries import GlossaryRow, GlossaryStore
from crosslate.service.store.settings import StoreSettings

NUM = 8


def of(*terms: str) -> Dictionary:
    return Dictionary("en", "pt", [GlossaryEntry(term, term.upper()) for term in terms])


@pytest.fixture
def glossaries(
    store_url: str, opened: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> Glossaries:
    monkeypatch.setattr(module, "open_database", lambda url, folder: opened(url))
    return Glossaries(GlossarySettings(max_entries=NUM), StoreSettings(url=store_url), None)


async def test_of_terms_that_are_added_at_the_same_time_none_is_lost(glossaries: Glossaries) -> None:
    glossary = (await glossaries.create("", "g", [])).id
    terms = [f"term {number}" for number in range(NUM)]
    await asyncio.gather(*(glossaries.change("", glossary, None, [of(term)]) for term in terms))
    kept = await glossaries.entries("", glossary, "en", "pt")
    assert sorted(entry.source for entry in kept) == terms
    with pytest.raises(ServiceError, match="max_entries"):
        await glossaries.change("", glossary, "h", [of("one more")])
    assert await glossaries.entries("", glossary, "en", "pt") == kept
    assert (await glossaries.get("", glossary)).name == "g"


async def test_a_change_of_several_parts_is_made_wholly_or_not_at_all(
    glossaries: Glossaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that goes away in the middle leaves what was there, so that asking again is right."""
    before = await glossaries.create("", "g", [of("first")])
    insert, other = GlossaryStore._insert, Dictionary("pt", "en", of("x").entries)

    def fail_at_the_second(store: GlossaryStore, connection: Connection, *rest: Any) -> None:
        if rest[1] == ("pt", "en"):
            raise StoreError("gone")
        insert(store, connection, *rest)

    monkeypatch.setattr(GlossaryStore, "_insert", fail_at_the_second)
    with pytest.raises(ServiceError) as failed:
        await glossaries.change("", before.id, "h", [of("second"), other])
    monkeypatch.setattr(GlossaryStore, "_insert", insert)
    assert failed.value.code == "store_unavailable"
    assert await glossaries.get("", before.id) == before
    changed = await glossaries.change("", before.id, "h", [of("second"), other, of("third")])
    assert changed == await glossaries.get("", before.id)
    assert (changed.name, [one.num_entries for one in changed.dictionaries]) == ("h", [3, 1])


async def test_of_entries_that_replace_others_at_the_same_time_some_are_there(glossaries: Glossaries) -> None:
    glossary = (await glossaries.create("", "g", [of("first")])).id
    terms = [f"term {number}" for number in range(NUM)]
    await asyncio.gather(*(glossaries.put("", glossary, of(term)) for term in terms))
    (kept,) = await glossaries.entries("", glossary, "en", "pt")
    assert kept.source in terms


async def test_what_was_opened_is_closed_once(
    glossaries: Glossaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[GlossaryStore] = []

    def close(store: GlossaryStore) -> None:
        closed.append(store)

    monkeypatch.setattr(GlossaryStore, "close", close)
    await glossaries.close()
    assert closed == []
    await glossaries.create("", "g", [])
    for _ in range(2):
        await glossaries.close()
    assert len(closed) == 1


NUL = "\x00"


async def test_a_character_that_databases_do_not_keep_is_told_or_kept(glossaries: Glossaries) -> None:
    """PostgreSQL has no texts with U+0000, and that is no outage."""
    with pytest.raises(ServiceError) as refused:
        await glossaries.create("", f"a{NUL}", [of("x")])
    assert refused.value.code == "malformed_request"
    kept = await glossaries.create("", "a", [of("x", f"x{NUL}")])
    with pytest.raises(ServiceError) as refused:
        await glossaries.change("", kept.id, NUL, [])
    assert refused.value.code == "malformed_request"
    with pytest.raises(ServiceError) as refused:
        await glossaries.put("", kept.id, Dictionary(f"e{NUL}", "pt", [GlossaryEntry("a", "b")]))
    assert refused.value.code == "malformed_request"
    assert await glossaries.entries("", kept.id, "en", "pt") == tuple(of("x", f"x{NUL}").entries)
    for owner, glossary, language in (("", NUL, "en"), ("", kept.id, NUL)):
        with pytest.raises(ServiceError) as refused:
            await glossaries.entries(owner, glossary, language, "pt")
        assert refused.value.status in (400, 404)
    with pytest.raises(ServiceError) as refused:
        await glossaries.delete("", NUL)
    assert refused.value.code == "glossary_not_found"


async def test_a_store_that_hangs_takes_no_thread_of_those_who_do_not_need_it(
    glossaries: Glossaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Summaries compute in those of `asyncio.to_thread`, of which there are at most 32."""
    begun, answers = threading.Semaphore(0), threading.Event()

    def hang(store: GlossaryStore, owner: str) -> list[GlossaryRow]:
        begun.release()
        answers.wait(60)
        return []

    monkeypatch.setattr(GlossaryStore, "of_owner", hang)
    asking = [asyncio.create_task(glossaries.of_owner("")) for _ in range(40)]
    async with asyncio.timeout(60):
        while not begun.acquire(blocking=False):
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(str, 1) == "1"
    answers.set()
    assert await asyncio.gather(*asking) == [[]] * 40


async def test_all_that_a_glossary_has_is_replaced_at_once(glossaries: Glossaries) -> None:
    before = await glossaries.create("", "g", [of("first"), Dictionary("pt", "en", of("x").entries)])
    await glossaries.create("", "g", [of("of the same name")])
    after = await glossaries.create_or_replace(
        "", "g", [of("second"), Dictionary("en", "fr", of("y").entries)]
    )
    assert (after.id, after.name, after.created) == (before.id, before.name, before.created)
    pairs = [(one.source_lang, one.target_lang, one.num_entries) for one in after.dictionaries]
    assert pairs == [("en", "fr", 1), ("en", "pt", 1)]
    kept = await glossaries.entries("", before.id, "en", "pt")
    assert [entry.source for entry in kept] == ["second"]
    with pytest.raises(ServiceError, match="max_entries"):
        await glossaries.create_or_replace("", "g", [of(*map(str, range(NUM + 1)))])
    assert await glossaries.get("", before.id) == after
    other = await glossaries.create_or_replace("other", "g", [of("third")])
    assert other.id != before.id
    assert await glossaries.get("", before.id) == after


async def test_glossaries_that_come_at_once_under_one_name_are_one(glossaries: Glossaries) -> None:
    made = [glossaries.create_or_replace("", "g", [of(f"term {number}")]) for number in range(NUM)]
    assert len({row.id for row in await asyncio.gather(*made)}) == 1
    (row,) = await glossaries.of_owner("")
    assert [one.num_entries for one in row.dictionaries] == [1]
