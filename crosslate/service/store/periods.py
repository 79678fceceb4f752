"""The months and minutes that usage is counted in: calendar ones, in UTC, the same for all replicas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

_FORMATS = {"month": "%Y-%m", "minute": "%Y-%m-%dT%H:%M"}


@dataclass(frozen=True, slots=True)
class Period:
    """One month or one minute; `begin` sorts as time does."""

    span: Literal["month", "minute"]
    begin: str


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def month_of(time: datetime) -> Period:
    """`2026-11`."""
    return Period("month", time.astimezone(UTC).strftime(_FORMATS["month"]))


def minute_of(time: datetime) -> Period:
    """`2026-11-27T07:05`."""
    return Period("minute", time.astimezone(UTC).strftime(_FORMATS["minute"]))


def minute_before(time: datetime) -> Period:
    """The one before `minute_of(time)`."""
    return minute_of(time - timedelta(minutes=1))


def parse_month(text: str | None) -> Period:
    """From `2026-11`; None: the present one.

    Raises:
        ValueError: it is not of that form.
    """
    return month_of(
        utc_now() if text is None else datetime.strptime(text, _FORMATS["month"]).replace(tzinfo=UTC)
    )
