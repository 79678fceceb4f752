"""Where sentences of languages without rules of their own go on, and what ends they have besides.

In scripts with capitals, a small letter or a figure behind a full stop means that it ends an abbreviation or
an ordinal number. Where that is wrong, two sentences are read in one go, which harms less than half of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.sentences.leading_words import LEADING_WORDS

_LOOK_BACK = 32
_WITHOUT_POINTS = frozenset({"th", "lo", "km", "my", "shn", "bo", "dz"})
"""Languages that end no sentence with a full stop."""
_DANDA = "।"
_AFTER_DANDA = frozenset({"hi", "bn", "as", "ne", "or", "pa", "mai", "bho", "awa", "mag", "hne", "sa"})
"""Languages that end none so where they have a danda instead."""
_WORD = regex.compile(r"([\p{L}\p{M}\p{N}.\-]+)\.[\"”’»)\]]*\s*$", regex.VERSION1)
_MOST_LETTERS = 4
"""Of an abbreviation before a figure that is in no list."""
_FEW_LETTERS = frozenset({"ko", "he", "ar", "fa", "ur"})
"""Languages most of whose words are no longer than those."""
_WITHOUT_BLANK = regex.compile(r"(?<!\p{L})\p{L}\p{M}*\.$", regex.VERSION1)
_CLOSED_QUESTION = re.compile(r"[.!?…][\"”’»)\]]+\s*$")
_SAYS_ON = regex.compile(r"\s*[—–-]+\s*\p{Ll}", regex.VERSION1)
"""As in `— Да! — сказал он.`"""
_DECIMAL, _WIDE_NUMBER = re.compile(r"\d[.,，]$"), re.compile(r"\d．$")
_ORDINAL_NOUN = re.compile(
    r"\b(?:d(?:er|ie|as|en|em|es)|[iav]m|vom|zum|zur|beim|jede[nrsm]?|seit|bis|und|eine?[nrsm]?)\s\d{1,3}\.\s*$",
    re.IGNORECASE,
)
"""German nouns have capitals: `der 2. Weltkrieg`."""
_DATE = re.compile(r"(?<![\w.])(?:\d{1,2}\.\s\d{1,2}\.\s\d{4}|\d{4}\.\s\d{1,2}\.(?:\s\d{1,2}\b)?)")
_KOREAN_DATE = re.compile(r"(?<![\w.])(?:\d{4}\.\s)?\d{1,2}\.\s\d{1,2}\.")
"""A point stands behind its last figure, too."""
_LONGEST_DATE = 16
_GERMAN_MONTH = re.compile(r"(?:Jan|Feb|Mär|Mrz|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)[a-zä]*\b")
_DAY = re.compile(r"(?<!\S)\d{1,2}\.\s*$")
_CLOSING = "」』）】》”’"
_GOES_ON_BEHIND_QUOTE = {
    "ja": re.compile(rf"(?<=[{_CLOSING}])(?:と|って|の|は|が|を|に|も|へ|で|や|、|，)"),
    "zh": re.compile(rf"(?<=[{_CLOSING}])[的、，]"),
    "ko": re.compile(
        rf"(?<=[\"{_CLOSING}])\s?(?:이?라(?:고|는|며|면서|니|던|든)|하(?:고|며|는|자))"
        rf"|(?<=[\"{_CLOSING}])(?:고|며|는|은|을|를|이|가|에|의|와|과|로|도)(?![^\W\d_])"
    ),
}
_ENDS_OF_SCRIPTS = re.compile(r"[។៕]\s*|[།༎](?:\s*[།༎])*\s+")
"""Khmer and Tibetan ends that are not found."""
_CLOSED_STATEMENT = re.compile(rf"[。！？](?:[{_CLOSING}]+|(?=\d))")
_PAIRS = (("「", "」"), ("『", "』"), ("（", "）"), ("“", "”"), ("‘", "’"), ("《", "》"))


def goes_on(text: str, end: int, lang: str) -> bool:
    """Whether a sentence does not end at a place, where one seems to."""
    base = base_language(lang)
    before, rest = text[max(0, end - _LOOK_BACK) : end], text[end:]
    after = rest.lstrip()[:1]
    quoted = _GOES_ON_BEHIND_QUOTE.get(base)
    point = len(text[:end].rstrip())
    if quoted is not None and quoted.match(text, point):
        return True
    if not before[-1:].isspace() and (
        _WIDE_NUMBER.search(before) or (_DECIMAL.search(before) and after.isdecimal())
    ):
        return True
    if _SAYS_ON.match(text, end, concurrent=False) or (after.islower() and _CLOSED_QUESTION.search(before)):
        return True
    if _is_within_date(text, point, end, base):
        return True
    word = _WORD.search(before, concurrent=False)
    return word is not None and _is_abbreviated(text, before, word[1], after, base)


def _is_within_date(text: str, point: int, end: int, base: str) -> bool:
    """Whether the point belongs to a figure, and the date goes on: `3. 5. 2024`, `10. Dez.`."""
    start, limit = max(0, end - _LONGEST_DATE), end + _LONGEST_DATE
    if base == "de" and _GERMAN_MONTH.match(text, end):
        return _DAY.search(text, start, end) is not None
    if any(date.start() < point < date.end() for date in _DATE.finditer(text, start, limit)):
        return True
    return base == "ko" and any(
        date.start() < point <= date.end() for date in _KOREAN_DATE.finditer(text, start, limit)
    )


def further_ends(text: str, lang: str) -> Iterator[int]:
    """Ends that are not found."""
    for match in _ENDS_OF_SCRIPTS.finditer(text):
        yield match.end()
    if base_language(lang) in _GOES_ON_BEHIND_QUOTE:
        for match in _CLOSED_STATEMENT.finditer(text):
            if not (goes_on(text, match.end(), lang) or _is_within_pair(text, match.end())):
                yield match.end()


def _is_within_pair(text: str, end: int) -> bool:
    return any(text.count(opening, 0, end) > text.count(closing, 0, end) for opening, closing in _PAIRS)


def _is_abbreviated(text: str, before: str, word: str, after: str, base: str) -> bool:
    """Whether a full stop belongs to the word before it."""
    if base in _WITHOUT_POINTS or (base in _AFTER_DANDA and _DANDA in text):
        return True
    if word.lower() in LEADING_WORDS.get(base, ()) or (base == "de" and _ORDINAL_NOUN.search(before)):
        return True
    if not before[-1:].isspace():
        return _WITHOUT_BLANK.search(before, concurrent=False) is not None
    if after.islower():
        return _writes_capitals(text) or len(word) <= _MOST_LETTERS or "." in word
    if after.isdecimal():
        return not word[-1].isdecimal() and len(word) <= (1 if base in _FEW_LETTERS else _MOST_LETTERS)
    return len(word) == 1 and word.isupper() and after.isupper()


def _writes_capitals(text: str) -> bool:
    """Not all do in messages."""
    return any(map(str.isupper, text))
