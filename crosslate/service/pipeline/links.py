"""Links between words of a text and of its translation."""

from __future__ import annotations

from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span


class Link(NamedTuple):
    """Two words that belong together, `score` in 0..1."""

    source: Span
    target: Span
    score: float
