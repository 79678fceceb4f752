"""Punctuation of all scripts, and words of letters with their marks, for expressions of other modules."""

from __future__ import annotations

from collections.abc import Mapping

import regex

from crosslate.service.pipeline.language.languages import base_language

FULL_STOPS = "。｡．۔।॥։።។៕။།༎"
"""Of other scripts than Latin, which end a sentence as a full stop does."""
SENTENCE_MARKS = f"{FULL_STOPS}！？؟፧"
"""Those that end a sentence. With the question mark of Greek, which looks as a semicolon."""
CLAUSE_MARKS = "、，；：،؛՝፣፤፥፦၊"
"""Those that end a part of a sentence."""

WORD = regex.compile(r"\p{L}[\p{L}\p{M}\u200c\u200d]*+(?:[-'’]\p{L}[\p{L}\p{M}]*+)*+", regex.VERSION1)
"""Python's own `\\w` ends at each vowel sign of an Indic script."""

_STOPS: Mapping[str, str] = {
    **dict.fromkeys(("zh", "ja", "yue", "wuu"), "。"),
    **dict.fromkeys(("hi", "bn", "ne", "pa", "or", "as", "mai", "bho", "awa", "mag", "hne", "sa"), "।"),
    **dict.fromkeys(("ur", "ks", "sd"), "۔"),
    "hy": "։",
    **dict.fromkeys(("am", "ti"), "።"),
    "km": "។",
    **dict.fromkeys(("my", "shn"), "။"),
    **dict.fromkeys(("bo", "dz"), "།"),
}

_QUESTION_MARKS: Mapping[str, str] = {
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb", "ks", "sd", "ug"), "؟"),
    **dict.fromkeys(("zh", "ja", "yue", "wuu"), "？"),
    "el": ";",
    **dict.fromkeys(("am", "ti"), "፧"),
}
_EXCLAMATION_MARKS: Mapping[str, str] = dict.fromkeys(("zh", "ja", "yue", "wuu"), "！")


def full_stop_of(lang: str) -> str:
    """What ends a statement in a language."""
    return _STOPS.get(base_language(lang), ".")


def question_mark_of(lang: str) -> str:
    """What ends a question in a language."""
    return _QUESTION_MARKS.get(base_language(lang), "?")


def exclamation_mark_of(lang: str) -> str:
    """What ends an exclamation in a language."""
    return _EXCLAMATION_MARKS.get(base_language(lang), "!")
