"""What is said of the language of a text: which it is, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """The language of one text, among those served."""

    lang: str
    confidence: float
