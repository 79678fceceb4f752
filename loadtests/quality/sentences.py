"""Whether a sentence of a summary is one of its source, and what is wrong with it if it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from loadtests.quality.texts import source_units
from training.gap_sentences import PARENTHESIS, content_words

Standing = Literal["whole", "fragment", "changed"]
Harm = Literal["number", "unit", "name", "speaker", "negation"]

_WORD = re.compile(r"\w+(?:[.,:'’/-]\w+)*|[%$€£]")
_PART = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_MEASURE = re.compile(r"([$€£]?)(\d+(?:[.,:/-]\d+)*)\s*(%|[^\W\d_]+)?")
_NAME = re.compile(r"(?<![.!?:\"“] )(?<!^)\b[A-ZÀ-Þ]\w+")
_STAMP = re.compile(r"^\[?\d{1,2}:\d{2}(?::\d{2})?\]?\s*")
_SPEAKER = re.compile(r"^((?:(?:Dr|Mr|Mrs|Ms)\.? )?[^\W\d_][\w.]*(?: [\w.]+)?): (?=\S)")
_NEGATION = re.compile(r"\b(?:not|no|never|nobody|none|nothing|without|until|unless|except|\w+n['’]t)\b")
_LEADING = re.compile(r"^(?:However|Moreover|Furthermore|In addition|Therefore|Also|Thus|Indeed|In fact), ")
_APPOSITION = re.compile(r", (?:the|a|an|which|who|whose) [^,;:.!?]{1,80},(?= )")
"""What may be left out of a sentence without turning it, besides a parenthesis."""
_FINDING = re.compile(r"^(?:[A-Z][a-z ]{1,12}, |(?:We|They|Our \w+|The \w+|It was) (?:\w+ )?\w+ that )")
_TRAILING = re.compile(
    r"(?:(?:, (?:and (?=he|she|it|they|we|I|you|there|this)|"
    r"(?!and|or|but|not|if|until|unless|except|without)(?=\w))| so that )[^,;:()\"“”]+|"
    r"; [^;:()\"“”]+)(?=[.!]$)"
)
_RELATIVE = re.compile(r", (?:which|who|whose) [^,;:.!?]{1,80},(?= )")
_VOTES = re.compile(r" by \w+ votes to \w+(?= )")
_ANY_PARENTHESIS = re.compile(r" \([^()]+\)")
"""What else a headline may leave out, several of them at once."""
_SAME = 0.8
_LEAST_WORDS = 3


def words_of(text: str) -> list[str]:
    """Lower-case words, numbers and signs of units, without time stamps at the beginning."""
    return [word.lower() for word in _WORD.findall(_STAMP.sub("", text))]


@dataclass(slots=True)
class Source:
    """A text as units that a summary may quote, and as the run of words in which fragments are found."""

    text: str
    is_headline: bool = False
    """Its summary is one, and may leave out more."""
    units: list[str] = field(init=False)
    words: list[str] = field(init=False, default_factory=list)
    starts: set[int] = field(init=False, default_factory=set)
    """Where in `words` a unit begins, with its speaker and without."""
    ends: set[int] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.units = source_units(self.text)
        for unit in self.units:
            self._add(unit)
        # Apart from the text itself, so that no run of words goes from one into the other.
        for unit in self.units:
            for shorter in _trimmed(unit) if self.is_headline else _safely_shortened(unit):
                self.words.append("\n")
                self._add(shorter)

    def _add(self, unit: str) -> None:
        begin = len(self.words)
        self.words += words_of(unit)
        self.starts.add(begin)
        if label := _SPEAKER.match(_STAMP.sub("", unit)):
            self.starts.add(begin + len(words_of(label[1])))
        self.ends.add(len(self.words))

    def standing(self, sentence: str) -> Standing:
        """Whole units, in order; or a piece of them; or words that do not stand so in the source."""
        wanted = words_of(sentence)
        found: Standing = "changed"
        for begin in _occurrences(wanted, self.words):
            if begin in self.starts and begin + len(wanted) in self.ends:
                return "whole"
            found = "fragment"
        return found

    def nearest(self, sentence: str) -> str:
        """The unit that shares most words with it; the shorter of two."""
        words = content_words(sentence)
        return max(self.units, key=lambda u: (_overlap(words_of(u), words), -len(u)), default="")

    def harms(self, sentence: str) -> list[Harm]:
        """Facts of a changed sentence that its nearest unit does not have so."""
        near = self.nearest(sentence)
        found: list[Harm] = []
        if not set(_NUMBER.findall(sentence)) <= set(_NUMBER.findall(near)):
            found.append("number")
        elif not _measures(sentence) <= _measures(near):
            found.append("unit")
        if not {name.lower() for name in _NAME.findall(sentence)} <= set(_PART.findall(near.lower())):
            found.append("name")
        if _speaker(sentence) not in {None, _speaker(near)}:
            found.append("speaker")
        if sorted(_NEGATION.findall(sentence.lower())) != sorted(_NEGATION.findall(near.lower())):
            found.append("negation")
        return found


def _safely_shortened(unit: str) -> Iterator[str]:
    for pattern in (_LEADING, PARENTHESIS, _APPOSITION):
        if pattern.search(unit):
            yield pattern.sub("", unit)


def _trimmed(unit: str) -> Iterator[str]:
    shorter = {unit}
    for pattern in (_LEADING, _FINDING, _ANY_PARENTHESIS, _RELATIVE, _VOTES, _TRAILING):
        shorter |= {pattern.sub("", one) for one in shorter}
    yield from shorter - {unit}


def _occurrences(wanted: Sequence[str], words: Sequence[str]) -> Iterator[int]:
    if not wanted:
        return
    for begin in range(len(words) - len(wanted) + 1):
        if words[begin] == wanted[0] and words[begin : begin + len(wanted)] == wanted:
            yield begin


def _overlap(unit: Sequence[str], words: dict[str, int]) -> float:
    held = set(unit)
    return sum(word in held for word in words) / max(len(words), 1)


def _measures(text: str) -> set[tuple[str, str, str]]:
    return {(sign, number, unit.lower()) for sign, number, unit in _MEASURE.findall(text)}


def _speaker(text: str) -> str | None:
    label = _SPEAKER.match(_STAMP.sub("", text))
    return label[1].lower() if label else None


def repeats(sentences: Sequence[str]) -> int:
    """Sentences that say again what an earlier one has said: four in five of the words of the shorter.

    Who says them is no part of that, and an answer of a word or two is said again by the same one only.
    """
    sets = [set(words_of(_SPEAKER.sub("", sentence))) for sentence in sentences]
    return sum(any(_is_said_by(words, earlier) for earlier in sets[:i]) for i, words in enumerate(sets))


def _is_said_by(words: set[str], earlier: set[str]) -> bool:
    shorter = min(len(words), len(earlier))
    return words == earlier if shorter < _LEAST_WORDS else len(words & earlier) >= _SAME * shorter


def loops(sentence: str) -> bool:
    """Whether it says four words twice in a row."""
    words = words_of(sentence)
    runs = [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
    return any(one in runs[i + 1 :] for i, one in enumerate(runs)) or any(
        one == other and not one.isdigit() for one, other in pairwise(words)
    )
