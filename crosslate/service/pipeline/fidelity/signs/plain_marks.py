"""Marks of a text in the plain form that all vocabularies have, with what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.words import is_unspaced

_MARK = re.compile(r"\"|'|(?<!\S)--(?!\S)|-|\.{3}")
_BEFORE_OPENING = frozenset("([{\"'-/¿¡")
_OF_FIGURES = "%°€$£"
"""Beside figures, which a range may be of: `10%–90%`."""
_WIDE_MARKS = "，。：；！？、（）"


@dataclass(frozen=True, slots=True)
class Mark:
    """A plain mark of a text."""

    span: Span
    text: str
    before: str
    after: str
    """Characters beside it; nothing at the ends of the text."""

    @property
    def is_apostrophe(self) -> bool:
        """Whether it stands within a word."""
        return self.text == "'" and self.before.isalnum() and self.after.isalnum()

    @property
    def opens(self) -> bool:
        """Whether a quotation begins with it."""
        is_first = not self.before or self.before.isspace() or self.before in _BEFORE_OPENING
        if self.before in ('"', "'") and not self.after.isalnum():  # both end a quotation: `'so'".`
            return False
        return is_first and bool(self.after) and not self.after.isspace()

    @property
    def is_amid_unspaced(self) -> bool:
        """Whether no blank can tell if it opens or closes."""
        return any(one and (is_unspaced(one) or one in _WIDE_MARKS) for one in (self.before, self.after))

    @property
    def is_between_words(self) -> bool:
        """Whether blanks, or the ends of the text, are at both its sides."""
        return (not self.before or self.before.isspace()) and (not self.after or self.after.isspace())

    @property
    def neighbours(self) -> str:
        """What kind of characters it stands between: a dash in a range is none in a word."""
        return "".join(
            "0" if one.isdigit() or (one and one in _OF_FIGURES) else "a" for one in (self.before, self.after)
        )

    @property
    def is_sign(self) -> bool:
        """Whether it begins a word, as a minus does."""
        is_behind = self.before.isalnum() or (self.before != "" and self.before in _OF_FIGURES)
        return not is_behind and bool(self.after) and not self.after.isspace()


def plain_marks(text: str) -> Iterator[Mark]:
    """Quotation marks, apostrophes, dashes and ellipses, in order."""
    for match in _MARK.finditer(text):
        start, end = match.span()
        mark = "-" if match.group() == "--" else match.group()  # between words, one dash
        yield Mark((start, end), mark, text[start - 1 : start], text[end : end + 1])
