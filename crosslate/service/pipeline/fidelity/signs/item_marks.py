"""Marks of items amid a sentence, as in `shall (a) pay and (b) sign`, and codes: models lose some."""

from __future__ import annotations

import errno
import re
import signal
from collections import Counter
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span

_ITEM = re.compile(r"(?:(?<![\w)\]])\(|(?<![\w)\](]))(?P<name>[A-Za-z]|[ivx]{2,4}|[IVX]{2,4})\)(?!\w)")
_CODE = re.compile(r"(?<![\w-])(?:(?!XX)[A-Z]{2,10}\d{1,6}|[a-z]{2,30}[A-Z][a-z]\w{0,40})(?!\w)")
"""Such as one gets a discount for, `SAVE10`, or programs have, `backgroundColor`."""
_CAPITALS = re.compile("[A-Z]{5}")
_NAME = re.compile(r"(?<![\w-])[A-Z]{5,40}(?![\w-])")
"""In capitals: what a sentence in capitals has is not read so."""
_OF_SYSTEMS = frozenset([*errno.errorcode.values(), *(one.name for one in signal.Signals)])
_UNSPEAKABLE = re.compile("[B-DF-HJ-NP-TV-XZ]{5}")
_LEAST = 2
"""A single one may be a word, `(e)` and `(a)` are Portuguese ones, if it is not called what it is."""
_CALLED = re.compile(r"\b(?:al\.|al[ií]nea|item|point|letter|paragraph|clause)[ \xa0]$", re.IGNORECASE)


def may_lose_names(source: str) -> bool:
    """Whether a source has names in capitals, which are compared once its translation is whole."""
    return _CAPITALS.search(source) is not None


def lost_items(source: str, output: str) -> Sequence[Span]:
    """Where marks of items stand in a source that its translation has not, with a bracket or two.

    Numbers are no marks here: whether these survive is told elsewhere.
    """
    if ")" not in source:
        return []
    marks = list(_ITEM.finditer(source))
    if len({mark["name"] for mark in marks}) < _LEAST:
        bare = (mark for mark in marks if mark[0][0] != "(")
        marks = [mark for mark in bare if _CALLED.search(source, 0, mark.start())]
    left = Counter(mark["name"] for mark in _ITEM.finditer(output))
    lost: list[Span] = []
    for mark in marks:
        left[mark["name"]] -= 1
        if left[mark["name"]] < 0:
            lost.append(mark.span())
    return lost


def lost_codes(source: str, output: str) -> Sequence[Span]:
    """Where codes stand in a source that its translation has in no form."""
    codes = list(_CODE.finditer(source))
    names = list(_NAME.finditer(source)) if _CAPITALS.search(source) is not None else []
    if not (codes or names):
        return []
    written = re.sub(r"[ \xa0-]", "", output.casefold())
    lost = [code.span() for code in codes if code.group().casefold() not in written]
    words = {word.group() for word in _NAME.finditer(output)} if names else set()
    others = words - {name.group() for name in names}
    return lost + [
        name.span()
        for name in names
        if name.group() not in words
        and _is_no_word(name.group())
        and any(_is_slip(name.group(), word) for word in others)
    ]


def _is_no_word(name: str) -> bool:
    """Whether a name in capitals is surely none that might be translated: `URGENT` becomes `URGENTE`."""
    return name in _OF_SYSTEMS or _UNSPEAKABLE.search(name) is not None


def _is_slip(name: str, written: str) -> bool:
    """Whether a name came out with a letter too many or too few at its end: `ENOENTE` for `ENOENT`."""
    return abs(len(name) - len(written)) <= 1 and name[:-1] == written[: len(name) - 1]
