"""The terms that a request is to be translated with: those that it brings, and those of stored glossaries."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.serving.serving import Call


async def terms_of(
    services: Services,
    call: Call,
    given: Sequence[GlossaryEntry],
    stored: Sequence[str],
    pair: tuple[str | None, str],
) -> tuple[GlossaryEntry, ...]:
    """What was sent, and what the named glossaries have for a pair of languages.

    Of a term that several have, the first's counts.

    Raises:
        ServiceError: 404 there is no such glossary, 400 it is not for these languages, 422 there is no
            `source_lang` to tell its languages by.
    """
    source_lang, target_lang = pair
    if not stored:
        return tuple(given)
    if source_lang is None:
        raise malformed((FieldError(("body", "source_lang"), "is required with a stored glossary"),))
    found = list(given)
    for glossary in stored:
        owner = services.serving.owner(call)
        entries = await services.glossaries.entries(owner, glossary, source_lang, target_lang)
        terms = {entry.source for entry in found}
        found += (entry for entry in entries if entry.source not in terms)
    return tuple(found)
