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
_CLOSING = "」』）】》”’"
_GOES_ON_BEHIND_QUOTE = {
    "ja": re.compile(rf"(?<=[{_CLOSING}])(?:と|って|の|は|が|を|に|も|へ|で|や|、|，)"),
    "zh": re.compile(rf"(?<=[{_CLOSING}])[的、，]"),
}
_ENDS_OF_SCRIPTS = re.compile(r"[។៕]\s*|[།༎](?:\s*[།༎])*\s+")
"""Khmer and Tibetan ends that are not found."""
_CLOSED_STATEMENT = re.compile(rf"[。！？][{_CLOSING}]+")


def goes_on(text: str, end: int, lang: str) -> bool:
    """Whether a sentence does not end at a place, where one seems to."""
    base = base_language(lang)
    before, rest = text[max(0, end - _LOOK_BACK) : end], text[end:]
    after = rest.lstrip()[:1]
    quoted = _GOES_ON_BEHIND_QUOTE.get(base)
    if quoted is not None and quoted.match(text, end):
        return True
    if not before[-1:].isspace() and (
        _WIDE_NUMBER.search(before) or (_DECIMAL.search(before) and after.isdecimal())
    ):
        return True
    if _SAYS_ON.match(text, end, concurrent=False) or (after.islower() and _CLOSED_QUESTION.search(before)):
        return True
    word = _WORD.search(before, concurrent=False)
    return word is not None and _is_abbreviated(text, before, word[1], after, base)


def further_ends(text: str, lang: str) -> Iterator[int]:
    """Ends that are not found."""
    for match in _ENDS_OF_SCRIPTS.finditer(text):
        yield match.end()
    if base_language(lang) in _GOES_ON_BEHIND_QUOTE:
        for match in _CLOSED_STATEMENT.finditer(text):
            if not goes_on(text, match.end(), lang):
                yield match.end()


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
        return word[-1].isalpha() and len(word) <= _MOST_LETTERS
    return len(word) == 1 and word.isupper() and after.isupper()


def _writes_capitals(text: str) -> bool:
    """Not all do in messages."""
    return any(map(str.isupper, text))
