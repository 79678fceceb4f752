"""Marks of punctuation and other signs beside the words of a text and of its translation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span

_SAME = ("\"'“”‘’«»„", "-–—", ".…")
"""Signs that are written in several ways."""
_CLOSING = ".,;:!?…)]}»”’%。，、；：！？"


def ends_phrase(character: str) -> bool:
    """Whether a sign belongs to what stands before it."""
    return character in _CLOSING


def first_signs(text: str) -> str:
    """Up to the first letter or digit."""
    if text[:1].isalnum():
        return ""
    return text[: next((i for i, one in enumerate(text) if one.isalnum()), len(text))].lstrip()


def last_signs(text: str) -> str:
    """From the last letter or digit on."""
    if text[-1:].isalnum():
        return ""
    return text[next((i for i in range(len(text), 0, -1) if text[i - 1].isalnum()), 0) :].rstrip()


def same_sign(one: str, other: str) -> bool:
    """Whether a sign of a translation is that of its source; languages have quotation marks of their own."""
    return not one.isalnum() and (one == other or any(one in same and other in same for same in _SAME))


def nearest(signs: str, text: str, at: int, fixed: Sequence[Span]) -> Span | None:
    """Of the places where signs stand in a text, not in `fixed`, the one nearest to `at`."""
    starts = [match.start() for match in re.finditer(f"(?={re.escape(signs)})", text)] if signs else []
    found = [(start, start + len(signs)) for start in starts]
    free = [span for span in found if not any(a < span[1] and span[0] < b for a, b in fixed)]
    return min(free, key=lambda span: abs(span[0] - at), default=None)


def clings_to_next(text: str, span: Span) -> bool:
    """Whether a span stands right before a word, and behind none."""
    after = text[span[1] : span[1] + 1]
    if not after or after.isspace() or ends_phrase(after):
        return False
    at = span[0]
    while at and not text[at - 1].isspace():
        at -= 1
        if text[at].isalnum():
            return False
    return True


def has_all_letters(text: str, span: Span, outer: Span) -> bool:
    """Whether no letter or digit of a text is outside of a span within another one."""
    around = text[outer[0] : span[0]], text[span[1] : outer[1]]
    return not any(any(map(str.isalnum, beside)) for beside in around)
