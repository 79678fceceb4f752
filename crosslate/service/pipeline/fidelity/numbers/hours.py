"""Hours before and after noon, by two clocks."""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language

_AFTER_NOON = re.compile(r"(?<![^\W\d_])p\.?\s?m\b|\btarde\b|\bnoite\b", re.IGNORECASE)
_SIGNS = ("tarde", "noite", "pm", "p.m", "p. m", "p m")
_BEHIND = re.compile(r"(?:[:h.]\d\d)?\s?h?\s?(?:p\.?\s?m\b|da (?:tarde|noite)\b)", re.IGNORECASE)
_TIME_GOES_ON = re.compile(r"[:h.]\d\d(?!\d)|\s?h(?:oras)?\b|\s?[ap]\.?m\b")
_HOUR_BEFORE = re.compile(r"(?<!\d)\d{1,2}\s?[:h]$")
_NOON = 12
_KNOWN = frozenset({"en", "pt"})
_HALF = re.compile(r"[半반]|\b(?:meia|media|mezza|demie?)\b", re.IGNORECASE)
"""Past an hour: what is said of the thirty minutes behind it."""
_HALF_BEFORE_NEXT = re.compile(r"\b(?:halb|half|halv|fél|w?pół|пол\w+ого|половин[аеу])\b", re.IGNORECASE)
_HALF_BEHIND = re.compile(r"[:h.]30(?!\d)")


def are_hours_known(*langs: str) -> bool:
    """Whether it is known how these languages say that an hour is after noon."""
    return _KNOWN.issuperset(map(base_language, langs))


def says_after_noon(text: str) -> bool:
    """Whether a text says so of an hour, or of anything."""
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS) and _AFTER_NOON.search(text) is not None


def is_other_half_of_day(source: str, hour: Span, target: str, same: Span) -> bool:
    """Whether one says that an hour is after noon and the other does not: `9h15` is no `9:15 p.m.`.

    Args:
        source: a text.
        hour: a number in it.
        target: its translation.
        same: where that number is in it.
    """
    figures = source[slice(*hour)]
    if figures != target[slice(*same)] or not figures.isdecimal() or not 0 < int(figures[:3]) < _NOON:
        return False
    ends = (source, hour[1]), (target, same[1])
    if not all(_TIME_GOES_ON.match(text, end) for text, end in ends):
        return False
    by_source, by_target = (_BEHIND.match(text, end) is not None for text, end in ends)
    return (by_source and not says_after_noon(target)) or (by_target and not says_after_noon(source))


def is_half_past(text: str, figures: Span, other: str) -> bool:
    """Whether a number is the minutes of half past an hour, for which the other text has a word.

    Or the hour, where that word names the next: `halb drei` is 2:30.
    """
    start, end = figures
    if _HALF_BEHIND.match(text, end):
        return _HALF_BEFORE_NEXT.search(other) is not None
    is_half = text[start:end] == "30" and _HOUR_BEFORE.search(text[:start]) is not None
    return is_half and (_HALF.search(other) or _HALF_BEFORE_NEXT.search(other)) is not None


def is_full_hour(text: str, minutes: Span) -> bool:
    """Whether a number is the minutes of a time without any: `5 p.m.` is `17:00`."""
    start, end = minutes
    return text[start:end] == "00" and _HOUR_BEFORE.search(text[:start]) is not None
