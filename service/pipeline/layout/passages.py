"""What a model reads of a text, and what of its layout stands between the words that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.tokenizer import Span
from service.pipeline.origin import DerivedText


@dataclass(frozen=True, slots=True)
class Gap:
    """Layout between two words, where a model reads one blank or nothing: a line end, a run of blanks."""

    span: Span
    """In the sent text."""
    text: str
    """What is to stand between two words of the translation."""

    @property
    def is_line_end(self) -> bool:
        """Whether a new line begins after it, so that it must not be left out."""
        return self.text.strip(" \t\xa0\u2000\u2001\u2002\u2003\u2007\u2009\u202f") != ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a text that reads on: a paragraph, an item of a list, a cell of a table.

    What stands between two passages is no text to a model: it is copied.
    """

    text: DerivedText
    """As it is read, without its layout."""
    gaps: tuple[Gap, ...] = ()
    """In order."""


def gaps_within(gaps: Sequence[Gap], extent: Span) -> tuple[Gap, ...]:
    """Those that lie inside a span of the sent text; one at its border stands between two parts."""
    return tuple(gap for gap in gaps if extent[0] < gap.span[0] and gap.span[1] < extent[1])
