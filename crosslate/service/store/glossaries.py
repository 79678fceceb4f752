"""Glossaries, for all replicas together; each belongs to a key, or to all who need none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.engine import Engine

from crosslate.service.store.database import take_turns, told
from crosslate.service.store.tables import DICTIONARIES, GLOSSARIES

Pair = tuple[str, str]
"""A term and its translation, or two languages."""
Change = Callable[[Sequence[Pair]], Sequence[Pair]]
"""What becomes of the entries that are there."""
_AGE = GLOSSARIES.c.created, GLOSSARIES.c.id
"""The oldest first."""


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """The entries of a glossary for one pair of languages."""

    source_lang: str
    target_lang: str
    num_entries: int


@dataclass(frozen=True, slots=True)
class GlossaryRow:
    """One glossary, without its entries."""

    id: str
    name: str
    created: float
    """In seconds since 1970."""
    dictionaries: tuple[DictionaryRow, ...]


class GlossaryStore:
    """The tables of glossaries. Its methods block; any thread may call them.

    They raise `StoreError` where the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Its connections."""
        self._engine.dispose()

    def add(
        self, owner: str, row: GlossaryRow, dictionaries: Mapping[Pair, Sequence[Pair]], max_rows: int
    ) -> bool:
        """A new one, wholly or not at all; false where the owner has as many as that.

        Args:
            owner: whose it is.
            row: what is known of it but for its dictionaries.
            dictionaries: the entries of each pair of languages.
            max_rows: as many as the owner may have.
        """
        with told(), self._engine.begin() as connection:
            take_turns(connection, _turns(owner))
            return self._add(connection, owner, row, dictionaries, max_rows)

    def add_or_replace(
        self, owner: str, row: GlossaryRow, dictionaries: Mapping[Pair, Sequence[Pair]], max_rows: int
    ) -> GlossaryRow | None:
        """As `add`; where the owner has one of the same name, that has these in the place of all its own.

        Of several who do this at once, the last one's stay, and there is one glossary.

        Returns:
            What it is then; None where it is not there and the owner has `max_rows`.
        """
        is_named = (GLOSSARIES.c.owner == owner) & (GLOSSARIES.c.name == row.name)
        found = select(GLOSSARIES.c.id).where(is_named).order_by(*_AGE).with_for_update()
        with told(), self._engine.begin() as connection:
            take_turns(connection, _turns(owner))
            there = connection.execute(found).scalars().first()
            if there is None and not self._add(connection, owner, row, dictionaries, max_rows):
                return None
            if there is not None:
                connection.execute(delete(DICTIONARIES).where(DICTIONARIES.c.glossary == there))
                self._insert_all(connection, there, dictionaries)
            return next(iter(self._rows(connection, owner, there or row.id)))

    def of_owner(self, owner: str) -> list[GlossaryRow]:
        """An owner's, the oldest first."""
        with told(), self._engine.connect() as connection:
            return self._rows(connection, owner, None)

    def get(self, owner: str, glossary: str) -> GlossaryRow | None:
        """One of an owner's."""
        with told(), self._engine.connect() as connection:
            return next(iter(self._rows(connection, owner, glossary)), None)

    def delete(self, owner: str, glossary: str) -> bool:
        """Whether it was there."""
        with told(), self._engine.begin() as connection:
            if not self._is_owners(connection, owner, glossary, to_change=True):
                return False
            connection.execute(delete(DICTIONARIES).where(DICTIONARIES.c.glossary == glossary))
            connection.execute(delete(GLOSSARIES).where(GLOSSARIES.c.id == glossary))
        return True

    def put(self, owner: str, glossary: str, languages: Pair, entries: Sequence[Pair]) -> bool:
        """Replace the entries of one pair of languages; whether the glossary was there."""
        return self.change(owner, glossary, None, [(languages, lambda _: entries)]) is not None

    def change(
        self, owner: str, glossary: str, name: str | None, changes: Iterable[tuple[Pair, Change]]
    ) -> GlossaryRow | None:
        """Another name and other entries, one change after the other: all of it or nothing.

        Nobody else changes the glossary meanwhile. What a change raises leaves everything as it was.

        Args:
            owner: whose it is.
            glossary: its id.
            name: its name from now on; None leaves it.
            changes: pairs of languages, and what becomes of the entries of each; a pair without any is gone.

        Returns:
            What it is then; None where it was not there.
        """
        with told(), self._engine.begin() as connection:
            if not self._is_owners(connection, owner, glossary, to_change=True):
                return None
            if name is not None:
                connection.execute(update(GLOSSARIES).where(GLOSSARIES.c.id == glossary).values(name=name))
            for languages, changed in changes:
                self._change(connection, glossary, languages, changed)
            return next(iter(self._rows(connection, owner, glossary)))

    def remove(self, owner: str, glossary: str, languages: Pair) -> bool:
        """Whether the glossary had entries for the pair of languages."""
        with told(), self._engine.begin() as connection:
            is_there = self._is_owners(connection, owner, glossary, to_change=True)
            return is_there and self._remove(connection, glossary, languages)

    def entries(self, owner: str, glossary: str, languages: Pair) -> list[Pair] | None:
        """Those of one pair of languages; None where there are none."""
        with told(), self._engine.connect() as connection:
            if not self._is_owners(connection, owner, glossary):
                return None
            return self._entries(connection, glossary, languages)

    def _add(
        self,
        connection: Connection,
        owner: str,
        row: GlossaryRow,
        dictionaries: Mapping[Pair, Sequence[Pair]],
        max_rows: int,
    ) -> bool:
        count = select(func.count()).select_from(GLOSSARIES).where(GLOSSARIES.c.owner == owner)
        if connection.execute(count).scalar_one() >= max_rows:
            return False
        values = {"id": row.id, "owner": owner, "name": row.name, "created": row.created}
        connection.execute(insert(GLOSSARIES).values(**values))
        self._insert_all(connection, row.id, dictionaries)
        return True

    def _change(self, connection: Connection, glossary: str, languages: Pair, changed: Change) -> None:
        entries = changed(self._entries(connection, glossary, languages) or ())
        self._remove(connection, glossary, languages)
        if entries:
            self._insert(connection, glossary, languages, entries)

    def _entries(self, connection: Connection, glossary: str, languages: Pair) -> list[Pair] | None:
        wanted = select(DICTIONARIES.c.entries).where(_is_of(glossary, languages))
        found = connection.execute(wanted).scalar_one_or_none()
        return None if found is None else [(source, target) for source, target in json.loads(found)]

    def _insert_all(
        self, connection: Connection, glossary: str, dictionaries: Mapping[Pair, Sequence[Pair]]
    ) -> None:
        for languages, entries in dictionaries.items():
            self._insert(connection, glossary, languages, entries)

    def _insert(
        self, connection: Connection, glossary: str, languages: Pair, entries: Sequence[Pair]
    ) -> None:
        source, target = languages
        connection.execute(
            insert(DICTIONARIES).values(
                glossary=glossary,
                source_lang=source,
                target_lang=target,
                num_entries=len(entries),
                entries=json.dumps(entries, ensure_ascii=False),
            )
        )

    def _rows(self, connection: Connection, owner: str, glossary: str | None) -> list[GlossaryRow]:
        is_it = GLOSSARIES.c.owner == owner
        if glossary is not None:
            is_it &= GLOSSARIES.c.id == glossary
        found = connection.execute(select(GLOSSARIES).where(is_it).order_by(*_AGE)).all()
        dictionaries = self._dictionaries(connection, [row.id for row in found])
        return [GlossaryRow(row.id, row.name, row.created, tuple(dictionaries[row.id])) for row in found]

    def _dictionaries(
        self, connection: Connection, glossaries: Iterable[str]
    ) -> dict[str, list[DictionaryRow]]:
        found: dict[str, list[DictionaryRow]] = {glossary: [] for glossary in glossaries}
        columns = DICTIONARIES.c
        rows = connection.execute(
            select(columns.glossary, columns.source_lang, columns.target_lang, columns.num_entries)
            .where(columns.glossary.in_(list(found)))
            .order_by(columns.source_lang, columns.target_lang)
        )
        for glossary, source, target, count in rows:
            found[glossary].append(DictionaryRow(source, target, count))
        return found

    def _is_owners(
        self, connection: Connection, owner: str, glossary: str, *, to_change: bool = False
    ) -> bool:
        """`to_change`: until the end of the transaction others who would change it wait."""
        found = select(GLOSSARIES.c.id).where((GLOSSARIES.c.id == glossary) & (GLOSSARIES.c.owner == owner))
        # Of SQLite's transactions there is one at a time anyway.
        return connection.execute(found.with_for_update() if to_change else found).first() is not None

    def _remove(self, connection: Connection, glossary: str, languages: Pair) -> bool:
        return connection.execute(delete(DICTIONARIES).where(_is_of(glossary, languages))).rowcount > 0


def _turns(owner: str) -> str:
    """What those wait for who add to an owner's."""
    return f"glossaries of {owner}"


def _is_of(glossary: str, languages: Pair) -> ColumnElement[bool]:
    source, target = languages
    columns = DICTIONARIES.c
    return (columns.glossary == glossary) & (columns.source_lang == source) & (columns.target_lang == target)
