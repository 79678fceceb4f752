"""Marks that stand in pairs, where a model writes one of two: a quotation mark too many or too few, `(b)`.

Of `— Vamos — disse ele.` the starter models make `— Let's go," he said.`, of `b) pears` now and then
`(b) peras`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText

_ITEM = re.compile(r"(?<![\w(])(?:\w|\d{2}|[ivx]{2,4})\)")
_IN_BRACKETS = re.compile(r"\((?P<item>(?:\w|\d{2}|[ivx]{2,4})\))")
_CLOSED = re.compile(r"\"[.,!?]*$")
_DOTS_BEHIND = re.compile(r"(?<=[^\W_])\"\.{3}")


@dataclass(frozen=True, slots=True)
class Unpaired:
    """Takes away what an output opens or closes on its own, and closes what its source does."""

    items: frozenset[str]
    """Marks of items that are closed by a bracket that nothing opens: `b)`."""
    in_brackets: frozenset[str]
    """Those that a bracket opens, too: `(b)`."""
    has_quotes: bool
    closing: str
    """A quotation mark at the end, with the marks behind it."""
    brackets: str = ""
    """What the source, which closes each bracket that it opens, ends in; nothing where it has none."""
    has_dots_inside: bool = False
    """An ellipsis stands before the mark that closes a quotation, and nowhere behind one."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with such marks as its source has them."""
        found = (one for one in _IN_BRACKETS.finditer(written.text) if one["item"] in self.items)
        written = written.edited([((one.start(), one.start() + 1), "") for one in found])
        bare = (one.start() for one in _ITEM.finditer(written.text) if one.group() in self.in_brackets)
        written = written.edited([((at, at), "(") for at in bare])
        if self.brackets:
            written = written.edited(list(_of_brackets(written.text, self.brackets)))
        if written.text.count('"') % 2 == 0:
            dots = _DOTS_BEHIND.finditer(written.text) if self.has_dots_inside else ()
            return written.edited([(one.span(), '..."') for one in dots])
        if not self.has_quotes:
            at = written.text.rindex('"')
            return written.edited([((at, at + 1), "")])
        if not self.closing or _CLOSED.search(written.text):
            return written
        return written.edited([self._end(written.text)])

    def _end(self, text: str) -> tuple[Span, str]:
        """Where the mark belongs: behind that of the sentence where the source has it there."""
        end = len(text)
        if self.closing == '"':
            return (end, end), self.closing
        start = len(text.rstrip(".,!?"))
        return (start, end), self.closing


def _is_balanced(text: str) -> bool:
    return text.count("(") == text.count(")") > 0


def _of_brackets(text: str, end: str) -> Iterator[tuple[Span, str]]:
    """The bracket that an output lacks at its end, or closes without one that opens."""
    lacking = text.count("(") - text.count(")")
    if lacking == 1 and ")" in end and text.rfind("(") > text.rfind(")"):
        at = len(text.rstrip(".,!?;:"))
        yield (at, at), ")"
    elif lacking == -1:
        first = text.find(")")
        at = first if "(" not in text[:first] else text.rfind(")")
        yield (at, at + 1), ""


def unpaired(text: str) -> Unpaired | None:
    """For a text with items, quotations, or dashes between its words, for which models write quotations."""
    if ")" not in text and '"' not in text and " - " not in text:
        return None
    bare = {one.group() for one in _ITEM.finditer(text)}
    in_brackets = {one["item"] for one in _IN_BRACKETS.finditer(text)}
    closed = _CLOSED.search(text) if text.count('"') % 2 == 0 else None
    return Unpaired(
        frozenset(bare - in_brackets),
        frozenset(in_brackets - bare),
        '"' in text,
        closed.group() if closed else "",
        text[-2:] if _is_balanced(text) else "",
        '..."' in text and _DOTS_BEHIND.search(text) is None,
    )
