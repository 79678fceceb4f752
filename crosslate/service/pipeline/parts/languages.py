"""From which language into which a part is translated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Languages:
    """From which into which."""

    source: str
    target: str
    asked: str = ""
    """The target as it was asked for, where the model's code for it is another."""
