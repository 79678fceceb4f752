"""Documents and how far they are, for all replicas together: who works on which is settled by leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.engine import Engine

from crosslate.service.store.database import take_turns, told
from crosslate.service.store.tables import DOCUMENTS

State = Literal["queued", "running", "done", "failed"]
_OPEN: tuple[State, ...] = ("queued", "running")
_NOBODY = "nobody"
"""Holds a document that is to wait."""
_CLOCKS_DIFFER_S = 30.0
"""By so much, at most, from one replica's machine to another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One document."""

    id: str
    key_digest: str
    secret: bytes | None = None
    """The document's key while somebody has to work on it, and not a moment longer."""
    owner: str | None
    """The name of the service's key that it came with."""
    state: State
    num_characters: int
    num_done: int = 0
    """Characters."""
    error_code: str | None = None
    error: str | None = None
    attempts: int = 0
    """How often somebody began to work without getting on."""
    holder: str | None = None
    """Who works on it."""
    leased_until: float = 0.0
    created: float
    expires: float
    """In seconds since 1970, as the other times are."""


class DocumentStore:
    """The table of documents. Its methods block; any thread may call them.

    They raise `StoreError` where the database cannot be reached.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, row: DocumentRow, max_open: int) -> bool:
        """A new one; false where so many are not finished."""
        values = {name: getattr(row, name) for name in DocumentRow.__dataclass_fields__}
        num_open = select(func.count()).select_from(DOCUMENTS).where(DOCUMENTS.c.state.in_(_OPEN))
        with told(), self._engine.begin() as connection:
            take_turns(connection, "documents")
            if connection.execute(num_open).scalar_one() >= max_open:
                return False
            connection.execute(insert(DOCUMENTS).values(**values))
        return True

    def get(self, document: str) -> DocumentRow | None:
        """One that is there."""
        with told(), self._engine.begin() as connection:
            found = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.id == document)).first()
        return None if found is None else _row(found)

    def claim(self, holder: str, now: float, until: float) -> DocumentRow | None:
        """The oldest that nobody works on, or whose worker has not been heard of in time; now `holder`'s.

        A lease that ends long after any that is given now is of a time before the clock was set back.
        """
        is_given = (DOCUMENTS.c.state == "running") | (DOCUMENTS.c.holder == _NOBODY)
        is_of_another_time = is_given & (DOCUMENTS.c.leased_until > until + _CLOCKS_DIFFER_S)
        is_free = or_(DOCUMENTS.c.holder.is_(None), DOCUMENTS.c.leased_until <= now, is_of_another_time)
        wanted = (
            select(DOCUMENTS.c.id)
            .where(DOCUMENTS.c.state.in_(_OPEN), is_free, DOCUMENTS.c.expires > now)
            .order_by(DOCUMENTS.c.created)
            .limit(1)
            # Of SQLite's writers there is one at a time anyway.
            .with_for_update(skip_locked=True)
        )
        with told(), self._engine.begin() as connection:
            found = connection.execute(wanted).scalar_one_or_none()
            if found is None:
                return None
            changes: dict[str, Any] = {
                "state": "running",
                "holder": holder,
                "leased_until": until,
                "attempts": DOCUMENTS.c.attempts + 1,
            }
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == found).values(changes))
            return _row(connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.id == found)).one())

    def renew(self, document: str, holder: str, until: float) -> bool:
        """Keep it; False where it is another's by now, or gone. It is its last holder's when it has ended."""
        return self._change(document, holder, {"leased_until": until}, (*_OPEN, "done", "failed"))

    def advance(self, document: str, holder: str, until: float, num_done: int) -> bool:
        """Keep it, with so much of it done; as `renew`."""
        return self._change(document, holder, {"leased_until": until, "num_done": num_done, "attempts": 0})

    def release(self, document: str, holder: str) -> bool:
        """Give it back for others to go on with; as `renew`."""
        return self._change(document, holder, {"holder": None, "state": "queued", "attempts": 0})

    def admit(self, document: str, holder: str, expires: float) -> bool:
        """As `release`, of one that is all there by now and kept until then."""
        return self._change(document, holder, {"holder": None, "expires": expires})

    def put_off(self, document: str, holder: str, until: float) -> bool:
        """As `release`, but nobody is to go on with it before then."""
        waiting = {"holder": _NOBODY, "leased_until": until, "state": "queued", "attempts": 0}
        return self._change(document, holder, waiting)

    def give_back(self, document: str, holder: str) -> bool:
        """As `release`, after a failure that counts."""
        return self._change(document, holder, {"holder": None, "state": "queued"})

    def finish(self, document: str, holder: str) -> bool:
        """It is done, and its key is the client's alone; as `renew`.

        Whoever has not heard the answer may ask again, and hears the same: it stays its last holder's.
        """
        done = {"state": "done", "num_done": DOCUMENTS.c.num_characters, "secret": None}
        return self._change(document, holder, done, (*_OPEN, "done"))

    def fail(self, document: str, holder: str, code: str, detail: str) -> bool:
        """It cannot be done; as `finish`."""
        failed = {"state": "failed", "error_code": code, "error": detail, "secret": None}
        return self._change(document, holder, failed, (*_OPEN, "failed"))

    def end(self, document: str, now: float) -> None:
        """Take it from whoever has it, as one that has been kept for long enough."""
        its = update(DOCUMENTS).where(DOCUMENTS.c.id == document)
        with told(), self._engine.begin() as connection:
            connection.execute(its.values(state="failed", secret=None, holder=None))
            connection.execute(its.where(DOCUMENTS.c.expires > now).values(expires=now))

    def delete(self, document: str) -> bool:
        """Forget it; False where there is none."""
        with told(), self._engine.begin() as connection:
            return bool(connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document)).rowcount)

    def expired(self, now: float) -> list[str]:
        """Those that have been kept for long enough."""
        with told(), self._engine.begin() as connection:
            return list(
                connection.execute(select(DOCUMENTS.c.id).where(DOCUMENTS.c.expires <= now)).scalars()
            )

    def _change(
        self, document: str, holder: str, changes: Mapping[str, Any], states: Sequence[State] = _OPEN
    ) -> bool:
        """Only the holder's: whoever was thought dead must not write over what came after."""
        is_mine = (DOCUMENTS.c.id == document) & (DOCUMENTS.c.holder == holder)
        is_mine &= DOCUMENTS.c.state.in_(states)
        with told(), self._engine.begin() as connection:
            return bool(connection.execute(update(DOCUMENTS).where(is_mine).values(dict(changes))).rowcount)


def _row(row: Row[Any]) -> DocumentRow:
    return DocumentRow(**row._mapping)
