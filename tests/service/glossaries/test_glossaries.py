"""What several who change one glossary at the same time leave of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries import glossaries as module
from crosslate.service.glossaries.glossaries import Dictionary, Glossaries
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.store.glossaries import GlossaryStore
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
    await asyncio.gather(*(glossaries.merge("", glossary, of(term)) for term in terms))
    kept = await glossaries.entries("", glossary, "en", "pt")
    assert sorted(entry.source for entry in kept) == terms
    with pytest.raises(ServiceError, match="max_entries"):
        await glossaries.merge("", glossary, of("one more"))
    assert await glossaries.entries("", glossary, "en", "pt") == kept


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
        await glossaries.rename("", kept.id, NUL)
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
