"""Quotations within others, `"he said 'no'"`: models write the outer marks for both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crosslate.service.pipeline.fidelity.signs.plain_marks import Mark, plain_marks
from crosslate.service.pipeline.text.origin import DerivedText

_END = re.compile(r"'[.,!?]?\"[.,!?]?\s*$")


@dataclass(frozen=True, slots=True)
class NestedQuotes:
    """Writes the marks of an output that has as many as its source, but double ones only."""

    marks: tuple[str, ...]
    """In order."""
    ends_together: bool = False
    """Whether both quotations end in one place, of whose marks models write one."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with both kinds of marks."""
        found = list(_quotes(written.text))
        if any(mark.text != '"' for mark in found):
            return written
        if self.ends_together and len(found) == len(self.marks) - 1:
            *_, single, double = self.marks
            written = written.edited([(found[-1].span, single + double)])
            found = list(_quotes(written.text))
        if len(found) != len(self.marks):
            return written
        return written.edited([(mark.span, typed) for mark, typed in zip(found, self.marks, strict=True)])


def nested_quotes(text: str) -> NestedQuotes | None:
    """For a text with single marks within double ones."""
    if '"' not in text or "'" not in text:
        return None
    marks = tuple(mark.text for mark in _quotes(text))
    is_nested = marks.count('"') % 2 == 0 and marks.count("'") in (2, 4)
    if not is_nested or not marks[0] == marks[-1] == '"':
        return None
    return NestedQuotes(marks, ends_together=_END.search(text) is not None)


def _quotes(text: str) -> Iterator[Mark]:
    """Quotation marks, without apostrophes."""
    return (mark for mark in plain_marks(text) if mark.text in "\"'" and not mark.is_apostrophe)
