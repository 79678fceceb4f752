"""What each key has used in a month."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from crosslate.service.settings.config import Settings
from crosslate.service.store.database import StoreError, open_database, reason_of
from crosslate.service.store.periods import Period
from crosslate.service.store.usage import Amount, Counter, UsageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """Of one key."""

    key: str
    month: str
    requests: int
    characters: int
    characters_per_month: int | None
    """Its limit, if it has one; None also for a key that the settings do not have any more."""


def report_usage(settings: Settings, month: Period) -> list[UsageRow]:
    """The configured keys in their order, then those of former settings.

    Raises:
        StoreError: the database cannot be used.
    """
    engine = open_database(settings.store.url, settings.state_dir)
    try:
        used = UsageStore(engine).read(month)
    except SQLAlchemyError as error:
        raise StoreError(f"store.url: cannot be read: {reason_of(error)}") from None
    finally:
        engine.dispose()
    limits = {key.name: key.characters_per_month for key in settings.auth.keys}
    former = sorted({counter.key_name for counter in used} - limits.keys())
    return [
        UsageRow(
            key=name,
            month=month.begin,
            requests=amount.requests,
            characters=amount.characters,
            characters_per_month=limits.get(name),
        )
        for name in (*limits, *former)
        for amount in (used.get(Counter(name, month), Amount()),)
    ]
