"""Quotations within others, `"he said 'no'"`: models write the outer marks for both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crosslate.service.pipeline.fidelity.plain_marks import Mark, plain_marks
from crosslate.service.pipeline.origin import DerivedText


@dataclass(frozen=True, slots=True)
class NestedQuotes:
    """Writes the marks of an output that has as many as its source, but double ones only."""

    marks: tuple[str, ...]
    """In order."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with both kinds of marks."""
        found = list(_quotes(written.text))
        if len(found) != len(self.marks) or any(mark.text != '"' for mark in found):
            return written
        return written.edited([(mark.span, typed) for mark, typed in zip(found, self.marks, strict=True)])


def nested_quotes(text: str) -> NestedQuotes | None:
    """For a text with single marks within double ones."""
    if '"' not in text or "'" not in text:
        return None
    marks = tuple(mark.text for mark in _quotes(text))
    is_nested = marks.count('"') % 2 == 0 and marks.count("'") in (2, 4)
    return NestedQuotes(marks) if is_nested and marks[0] == marks[-1] == '"' else None


def _quotes(text: str) -> Iterator[Mark]:
    """Quotation marks, without apostrophes."""
    return (mark for mark in plain_marks(text) if mark.text in "\"'" and not mark.is_apostrophe)
