"""Grapheme clusters (UAX #29): what a reader takes for one character, of however many code points.

An emoji with its skin tone, a flag, a letter with its marks, a syllable of Hangul. One rule differs: a blank
is a cluster of its own, whatever follows it, since words and sentences are cut there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import regex

# Letters of Europe, dashes and quotation marks: texts of nothing else need no closer look.
_NOT_SIMPLE = re.compile("[^\0-\x0c\x0e-\u02ff\u2010-\u2027]")
# Without any of these, every character is a cluster of its own.
_JOINS = regex.compile(
    r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=Regional_Indicator}"
    r"\p{GCB=L}\p{GCB=V}\p{GCB=T}\r]",
    regex.VERSION1,
)
# The pairs of a row of flags stand before \X, which counts the row again for each of its letters.
_CLUSTER = regex.compile(
    r"\r\n|\s|\p{Regional_Indicator}{2}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*|\X", regex.VERSION1
)


def boundaries(text: str, start: int = 0, end: int | None = None) -> Sequence[int]:
    """Where the clusters of `text[start:end]` begin, and its end; in order. Time is linear in the length."""
    part = text[start:end]
    if is_of_single_characters(part):
        return range(start, start + len(part) + 1)
    found = [start + match.start() for match in _CLUSTER.finditer(part, concurrent=False)]
    found.append(start + len(part))
    return found


def is_of_single_characters(text: str) -> bool:
    """Whether each character is a cluster."""
    if text.isascii():
        return "\r" not in text
    return _NOT_SIMPLE.search(text) is None or _JOINS.search(text, concurrent=False) is None


def is_boundary(found: Sequence[int], at: int) -> bool:
    """Whether `at` is one of the boundaries `found`."""
    index = bisect_left(found, at)
    return index < len(found) and found[index] == at
