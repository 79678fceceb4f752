"""Keys, time and a store that the tests have in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crosslate.models.engine.request import Share
from crosslate.service.auth.access import Access
from crosslate.service.auth.hashing import hash_key
from crosslate.service.auth.keys import Key, KeyRing
from crosslate.service.auth.meter import UsageMeter
from crosslate.service.auth.settings import AuthSettings
from crosslate.service.store.periods import Period
from crosslate.service.store.usage import Amount, Counter, UsageBatch

SECRET = "correct-horse-battery-staple"


def make_key(name: str = "a", secret: str = SECRET, **limits: Any) -> Key:
    """Without limits but for these."""
    values = {
        "models": None,
        "requests_per_minute": None,
        "characters_per_minute": None,
        "characters_per_month": None,
        **limits,
    }
    return Key(name=name, key_hash=hash_key(secret), share=Share(name, 2.0), **values)


@dataclass
class Clock:
    """A time that goes on when it is told to."""

    time: datetime = datetime(2026, 11, 27, 7, 5, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class SharedCounts:
    """A store in memory, for several meters."""

    counts: dict[Counter, Amount] = field(default_factory=dict)
    batches: list[dict[Counter, Amount]] = field(default_factory=list)
    failure: Exception | None = None

    def exchange(self, batch: UsageBatch, wanted: Sequence[Period]) -> dict[Counter, Amount]:
        if self.failure is not None:
            raise self.failure
        self.batches.append(dict(batch.amounts))
        for counter, amount in batch.amounts.items():
            self.counts[counter] = self.counts.get(counter, Amount()) + amount
        return {counter: amount for counter, amount in self.counts.items() if counter.period in wanted}


@dataclass
class Told:
    """What the access told."""

    charges: list[tuple[str, int]] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)


def make_access(
    *keys: Key, clock: Clock | None = None, shared: SharedCounts | None = None, told: Told | None = None
) -> Access:
    """Of one replica."""
    clock, told = clock or Clock(), told or Told()
    meter = UsageMeter((shared or SharedCounts()).exchange, clock, lambda error: None)
    return Access(
        KeyRing(keys or [make_key()]),
        meter,
        clock,
        on_charge=lambda name, number: told.charges.append((name, number)),
        on_refusal=lambda name, code: told.refusals.append((name, code)),
    )


def auth_settings(*keys: Mapping[str, object]) -> AuthSettings:
    """As a file would have them."""
    return AuthSettings.model_validate({"keys": list(keys)})
