"""`*Words*` that are emphasised in a plain text, as in chats: what shows them so only does without blanks.

Models that read the marks as signs of their own write `* words*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.origin import DerivedText

_PAIR = re.compile(
    r"(?<![\w*_~])(?P<marks>[*_~]{1,3})(?=\S)(?P<words>[^*_~\n]{1,300})(?<=\S)(?P=marks)(?![\w*_~])"
)
_MARKS = re.compile(r"(?<!\w)[*_~]{1,3}|[*_~]{1,3}(?!\w)")
_BLANKS_BEFORE, _BLANKS_AFTER = re.compile(r"[ \t]+$"), re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Leaves out blanks between such marks and their words."""

    marks: tuple[str, ...]
    """In order: the first opens, the second closes, and so on."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without these blanks; as it is where it has other marks than its source."""
        text = written.text
        found = list(_MARKS.finditer(text))
        if tuple(match.group() for match in found) != self.marks:
            return written
        inner = (
            blanks
            for opening, closing in zip(found[::2], found[1::2], strict=True)
            if text[opening.end() : closing.start()].strip()
            for blanks in (
                _BLANKS_AFTER.match(text, opening.end(), closing.start()),
                _BLANKS_BEFORE.search(text, opening.end(), closing.start()),
            )
        )
        spans = dict.fromkeys(blanks.span() for blanks in inner if blanks is not None)
        return written.edited([(span, "") for span in spans])


def emphasis(text: str) -> Emphasis | None:
    """That of a text; None where there is none, or marks of it are something else."""
    if not any(mark in text for mark in "*_~"):
        return None
    pairs = [pair["marks"] for pair in _PAIR.finditer(text)]
    marks = tuple(mark for pair in pairs for mark in (pair, pair))
    return Emphasis(marks) if marks and marks == tuple(_MARKS.findall(text)) else None
