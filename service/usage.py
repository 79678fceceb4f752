"""What a key has used of what it may use, for the APIs that tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """Characters of texts in the current month."""

    num_characters: int
    limit: int | None
    """None: as many as one likes."""


class UsageReader(Protocol):
    """Whoever counts what keys use."""

    async def usage_of(self, key: str | None) -> Usage:
        """Of the key as the client sent it.

        Raises:
            ServiceError: the key is not known.
        """
        ...


class Uncounted:
    """Where there are no keys, nothing is counted and nothing limited."""

    async def usage_of(self, key: str | None) -> Usage:
        """Nothing, of as much as one likes."""
        return Usage(0, None)
