"""What is said of stored glossaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from crosslate.service.http.responses import Answer, WarningAnswer
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.notices import Notice
from crosslate.service.store.glossaries import GlossaryRow


class EntryAnswer(Answer):
    """A term and what it becomes."""

    source: str
    """The term."""
    target: str
    """What it becomes."""


class EntriesAnswer(Answer):
    """What a glossary has for one pair of languages."""

    source_lang: str
    """Of the terms."""
    target_lang: str
    """Of what they become."""
    entries: list[EntryAnswer]
    """In the order in which they came."""

    @classmethod
    def of(cls, source_lang: str, target_lang: str, entries: Sequence[GlossaryEntry]) -> EntriesAnswer:
        """Of some entries."""
        return cls.model_validate(
            {"source_lang": source_lang, "target_lang": target_lang, "entries": list(entries)}
        )


class DictionaryAnswer(Answer):
    """How much a glossary has for one pair of languages."""

    source_lang: str
    """Of the terms."""
    target_lang: str
    """Of what they become."""
    num_entries: int
    """How many."""


class GlossaryAnswer(Answer):
    """A stored glossary."""

    id: str
    """For `glossary_id`."""
    name: str
    """As it was given."""
    created: datetime
    """In UTC."""
    dictionaries: list[DictionaryAnswer]
    """One for each pair of languages."""
    warnings: list[WarningAnswer]
    """What was done with the file that it has just been made of; else none."""

    @classmethod
    def of(cls, row: GlossaryRow, notices: Sequence[Notice] = ()) -> GlossaryAnswer:
        """Of what is kept."""
        return cls(
            id=row.id,
            name=row.name,
            created=datetime.fromtimestamp(row.created, UTC),
            dictionaries=[DictionaryAnswer.model_validate(one) for one in row.dictionaries],
            warnings=[WarningAnswer.model_validate(notice) for notice in notices],
        )


class GlossariesAnswer(Answer):
    """`GET /v1/glossaries`: the oldest first."""

    data: list[GlossaryAnswer]
    """Those of the key, or of all who need none."""
