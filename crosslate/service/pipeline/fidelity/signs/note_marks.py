"""Marks that touch their word, as in `ended[1]` and `file(s)`: models write a blank before some of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText

_MARK = r"(?:\[\d{1,3}\]|\(s\)(?!\w))"
_TOUCHING = re.compile(rf"(?<=[^\s(\[{{]){_MARK}")
_APART = re.compile(rf"(?<=\s){_MARK}")
_WITH_BLANK = re.compile(rf"(?<=[^\s,;:(])[ \xa0](?P<mark>{_MARK})")


@dataclass(frozen=True, slots=True)
class TightNotes:
    """Takes the blank before those of these marks that have one."""

    marks: frozenset[str]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without these blanks."""
        found = (one for one in _WITH_BLANK.finditer(written.text) if one["mark"] in self.marks)
        return written.edited([((one.start(), one.start("mark")), "") for one in found])


def is_note_mark(text: str, span: Span) -> bool:
    """Whether a span is such a mark."""
    return _TOUCHING.fullmatch(text, *span) is not None


def tight_notes(text: str) -> TightNotes | None:
    """For a text with marks that touch a word; one that stands apart elsewhere may do so again."""
    if "[" not in text and "(s)" not in text:
        return None
    marks = {one.group() for one in _TOUCHING.finditer(text)} - {one.group() for one in _APART.finditer(text)}
    return TightNotes(frozenset(marks)) if marks else None
