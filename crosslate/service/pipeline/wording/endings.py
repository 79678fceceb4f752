"""The mark at the end of a sentence: models leave it out now and then, and the next one runs into it."""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.marks import (
    CLAUSE_MARKS,
    SENTENCE_MARKS,
    exclamation_mark_of,
    full_stop_of,
    question_mark_of,
)
from crosslate.service.pipeline.text.words import is_unspaced
from crosslate.service.pipeline.wording.additions import is_label

_END = re.compile(r"(?<=[^\s.!?…,;:])[.!?]$")
_HAS_MARK = re.compile(rf"[.!?…,;:{SENTENCE_MARKS}{CLAUSE_MARKS}]\W*$")
_MAY_BE_SHORT = re.compile(r"(?:\.[^\W\d_]|(?:^|[^\w\s])[^\W\d_]+|\d)\.$|^\S*$")
"""An abbreviation, an ordinal number or a single word: its full stop is its own where nothing follows."""


def missing_end(written: str, source: str, lang: str, *, goes_on: bool) -> tuple[Span, str] | None:
    """What to put behind a translation that has no mark at its end, though its source has; else None.

    Args:
        written: the translation.
        source: of it.
        lang: of the translation.
        goes_on: whether further words follow the source in its line: its full stop then ends a sentence.
    """
    mark = _END.search(source)
    if mark is None or not written or _HAS_MARK.search(written) is not None:
        return None
    if mark.group() == "." and not goes_on and _may_be_short(source):
        return None
    own = _own_mark(mark.group(), lang)
    if own == "." and is_unspaced(written[-1]):
        return None  # in Thai and Lao a blank ends a sentence
    if _num(own, written) >= _num(mark.group(), source):
        return None  # it stands elsewhere
    return (len(written), len(written)), own


def _may_be_short(source: str) -> bool:
    return is_label(source[:-1]) and _MAY_BE_SHORT.search(source) is not None


def _num(mark: str, text: str) -> int:
    """How often a mark is there that may end a sentence."""
    return len(re.findall(rf"{re.escape(mark)}(?!\w)", text))


def _own_mark(mark: str, lang: str) -> str:
    if mark == ".":
        return full_stop_of(lang)
    return question_mark_of(lang) if mark == "?" else exclamation_mark_of(lang)
