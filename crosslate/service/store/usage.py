"""How much each key has used, counted by all replicas together."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from crosslate.service.store.periods import Period
from crosslate.service.store.tables import USAGE, USAGE_WRITERS

_REMEMBERED_S = 2 * 24 * 3600.0
"""A replica that has been silent for so long is not heard of again."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What was asked for."""

    requests: int = 0
    characters: int = 0
    """Code points of the texts that were sent."""

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.requests + other.requests, self.characters + other.characters)

    def __neg__(self) -> Amount:
        return Amount(-self.requests, -self.characters)

    def __bool__(self) -> bool:
        return bool(self.requests or self.characters)


@dataclass(frozen=True, slots=True)
class Counter:
    """Whose usage, and when."""

    key_name: str
    period: Period


@dataclass(frozen=True, slots=True)
class UsageBatch:
    """What somebody has counted since their last one; by default of somebody who has no other."""

    amounts: Mapping[Counter, Amount]
    number: int = 1
    """Of two with the same number the store adds one, so that one whose fate is unknown can be sent again."""
    writer: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Whose it is."""


class UsageStore:
    """The table of usage. Its methods block; any thread may call them.

    Args:
        engine: the database.
        now: seconds since 1970.
    """

    def __init__(self, engine: Engine, now: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._now = now

    def exchange(self, batch: UsageBatch, wanted: Iterable[Period]) -> dict[Counter, Amount]:
        """Add a batch, wholly or not at all, and give what all replicas have counted in the wanted periods.

        Additions are made by the database, so that those of others at the same time are not lost. Minutes
        before the wanted ones are forgotten. A batch that was added before is not added again.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be reached, or refuses.
        """
        periods = tuple(wanted)
        minutes = [period.begin for period in periods if period.span == "minute"]
        with self._engine.begin() as connection:
            self._add(connection, batch)
            if minutes:
                is_old = (USAGE.c.span == "minute") & (USAGE.c.period < min(minutes))
                connection.execute(delete(USAGE).where(is_old))
            return {
                counter: amount
                for period in periods
                for counter, amount in self._read(connection, period).items()
            }

    def read(self, period: Period) -> dict[Counter, Amount]:
        """What all have counted in one period; raises as `exchange`."""
        with self._engine.connect() as connection:
            return self._read(connection, period)

    def _add(self, connection: Connection, batch: UsageBatch) -> None:
        rows = [
            {
                "span": counter.period.span,
                "period": counter.period.begin,
                "key_name": counter.key_name,
                "requests": amount.requests,
                "characters": amount.characters,
            }
            # In one order everywhere: two replicas that lock rows in different orders would wait for each
            # other.
            for counter, amount in sorted(batch.amounts.items(), key=_order)
            if amount
        ]
        if not rows or not self._is_new(connection, batch):
            return
        new = self._insert(USAGE)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["span", "period", "key_name"],
                set_={
                    "requests": USAGE.c.requests + new.excluded.requests,
                    "characters": USAGE.c.characters + new.excluded.characters,
                },
            ),
            rows,
        )

    def _is_new(self, connection: Connection, batch: UsageBatch) -> bool:
        """Noted in the transaction that adds it; one of a lost connection, which may go on, is waited for."""
        now, writers = self._now(), USAGE_WRITERS.c
        connection.execute(delete(USAGE_WRITERS).where(writers.seen < now - _REMEMBERED_S))
        known = self._insert(USAGE_WRITERS).values(writer=batch.writer, last_batch=0, seen=now)
        connection.execute(known.on_conflict_do_nothing(index_elements=["writer"]))
        is_later = (writers.writer == batch.writer) & (writers.last_batch < batch.number)
        noted = update(USAGE_WRITERS).where(is_later).values(last_batch=batch.number, seen=now)
        return bool(connection.execute(noted).rowcount)

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        is_postgresql = self._engine.dialect.name == "postgresql"
        return postgresql.insert(table) if is_postgresql else sqlite.insert(table)

    def _read(self, connection: Connection, period: Period) -> dict[Counter, Amount]:
        is_wanted = (USAGE.c.span == period.span) & (USAGE.c.period == period.begin)
        rows = connection.execute(
            select(USAGE.c.key_name, USAGE.c.requests, USAGE.c.characters).where(is_wanted)
        )
        return {Counter(name, period): Amount(requests, characters) for name, requests, characters in rows}


def _order(item: tuple[Counter, Amount]) -> tuple[str, str, str]:
    counter = item[0]
    return counter.period.span, counter.period.begin, counter.key_name
