"""Texts as IndicTrans2 reads them, cut and mostly in Devanagari, and what it writes as people write it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from crosslate.models.tokenizers.indic.arabic import ARABIC, LETTERS, WRITTEN
from crosslate.models.tokenizers.indic.rules import (
    ARABIC_WORDS,
    BLANKS,
    DIGITS,
    NUMBER,
    PUNCTUATION,
    QUOTES,
    VIRAMA,
    WORDS,
    Rule,
    literal,
    normalization,
)
from crosslate.models.tokenizers.indic.scripts import from_devanagari, to_devanagari
from crosslate.models.tokenizers.tracked_text import TrackedText
from crosslate.models.tokenizers.word_splitting import MosesSplitter

ENGLISH = "eng_Latn"
OWN = ("Olck", "Mtei")
"""Scripts that are read as they are, and otherwise like one of Brahmi's."""
_TO_SPLIT = MosesSplitter("en", cuts_hyphens=False, escapes=False)
_TO_JOIN = MosesSplitter("en", cuts_hyphens=False, escapes=True)
_ENDS = re.compile("^ +| +$")
_ATTACHED: list[Rule] = [
    (re.compile(r" ([-/\\]) "), r"\1"),
    (re.compile(r" ([!%)\]},.:;>?।॥])"), r"\1"),
    (re.compile(r"([#$(\[{<@]) "), r"\1"),
]
_QUOTES = "'\"`"
_ODIA_YA = literal([("\u0b2f\u0b3c", "\u0b5f")])
"""Devanagari's letter is spelled with a dot below, Odia's is one of its own."""


def as_read(text: str, language: str) -> TrackedText:
    """A text in a language, by its FLORES code, as the model was trained to read it."""
    script = script_of(language)
    read = _by_rules(TrackedText.of(text), PUNCTUATION).translated(DIGITS)
    read = _by_rules(read, [BLANKS]).substituted(_ENDS, "")
    if script == "Latn":
        return _words_of_moses(read)
    if script == "Arab":
        read = _by_rules(_by_rules(read, QUOTES).translated(LETTERS), [*ARABIC, *ARABIC_WORDS])
        return read.substituted(_ENDS, "")
    read = _by_rules(_by_rules(read, normalization(script)), WORDS).substituted(_ENDS, "")
    # The library leaves a figure that a text begins with as it was cut, and so did the training.
    read = _joined_numbers(read, first=1)
    return read if script in OWN else read.translated(to_devanagari(script)).substituted(*VIRAMA)


def as_written(text: TrackedText, language: str) -> TrackedText:
    """What the model wrote in a language, in the language's script and with its words joined as in print."""
    script = script_of(language)
    if language == ENGLISH:
        words = text.text.split(" ")
        joined, spans = _TO_JOIN.join(words, "en")
        return text.rejoined(words, joined, spans)
    if script == "Arab":
        text = _by_rules(text, WRITTEN)
    text = text.translated(from_devanagari("Orya" if script == "Olck" else script))
    text = _by_rules(_joined_numbers(text), _ATTACHED)
    for quote in _QUOTES:
        text = _quoted(text, quote)
    return _by_rules(text, _ODIA_YA) if script == "Orya" else text


def script_of(language: str) -> str:
    """By ISO 15924, of a FLORES code."""
    return language.rpartition("_")[2]


def _by_rules(text: TrackedText, rules: Iterable[Rule]) -> TrackedText:
    for pattern, template in rules:
        text = text.substituted(pattern, template)
    return text


def _joined_numbers(text: TrackedText, first: int = 0) -> TrackedText:
    """Without the blanks in figures from there on that were cut at their signs."""
    found = (match.span() for match in NUMBER.finditer(text.text) if match.start() >= first)
    blanks = (i for start, end in found for i in range(start, end) if text.text[i] == " ")
    return text.edited(((i, i + 1), "") for i in blanks)


def _quoted(text: TrackedText, quote: str) -> TrackedText:
    """Without the blank behind every other quote, and that before those between."""
    places = [i for i, character in enumerate(text.text) if character == quote]
    inner = {i - 1 if number % 2 else i + 1 for number, i in enumerate(places)}
    blanks = sorted(i for i in inner if text.text[i : i + 1] == " ")
    return text.edited(((i, i + 1), "") for i in blanks)


def _words_of_moses(text: TrackedText) -> TrackedText:
    text = _by_rules(text, _moses_punctuation()).substituted(_ENDS, "")
    return text.words(*_TO_SPLIT.split(text.text, "en"))


@lru_cache
def _moses_punctuation() -> list[Rule]:
    from sacremoses import MosesPunctNormalizer  # other models need it not

    return [(re.compile(pattern), template) for pattern, template in MosesPunctNormalizer("en").substitutions]
