"""Where a glossary's terms stand in a text: whole words, the longest term first, in any case and form.

A tree of words: to find terms takes time in proportion to the text, however many terms there are. A search
for characters (Aho and Corasick) would find them inside words, and not in other forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import regex

from crosslate.models.language.graphemes import is_of_single_characters
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.glossary.inflection import Ending, bases

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARK = "[\\p{M}\u200d]"
_OF_WORD = rf"(?![{_UNSPACED}])[\p{{L}}\p{{N}}]{_MARK}*+(?:(?<=\p{{M}})\u200c)?"
_WORD_WITH_MARKS = regex.compile(
    rf"[{_UNSPACED}]{_MARK}*+|(?:{_OF_WORD})+(?:['’](?:{_OF_WORD})+)*|\S", regex.VERSION1
)
"""Where letters have marks: Python's own `\\w` would end a word at each vowel sign of an Indic script."""
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+(?:['’](?:(?![{_UNSPACED}])[^\W_])+)*|\S")
"""Letters and digits without a break; a sign; a letter of a script that sets no blanks."""
_MOST_VARIANTS = 16
"""Of a phrase in its capitals, among which the likest is looked for."""
_LEAST_LETTERS = 4
"""Of a word that may have other endings: short words are too often others."""


_GRAVITY: Sequence[Ending] = ("", "gender", "plural", "verb")


class Word(NamedTuple):  # there are many: a frozen dataclass takes twice as long to make
    """One word of a text."""

    text: str
    span: Span


def words_of(text: str) -> list[Word]:
    """A text's words and signs, in order."""
    if is_of_single_characters(text):
        return [Word(match.group(), match.span()) for match in _WORD.finditer(text)]
    found = _WORD_WITH_MARKS.finditer(text, concurrent=False)
    return [Word(match.group(), match.span()) for match in found]


@dataclass(frozen=True, slots=True)
class Match:
    """One term where it stands in a text."""

    number: int
    """Of the phrase, as it was given."""
    span: Span
    ending: Ending
    """In what way it differs from how it was given."""


@dataclass(slots=True)
class _Node:
    following: dict[str, _Node] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    """Of the phrases that end here: more than one where they differ in their capitals."""
    more: dict[tuple[str, ...], int] | None = None
    """Where that are very many, the others by their words: they are found only as they are written."""


class Phrases:
    """Phrases of one language, to be found in texts.

    Args:
        phrases: each with a word at least. Of those that differ only in capitals the one counts that is
            written as the text is, else the first.
        lang: whose endings are known, or not.
        with_forms: find them with other endings, too.
    """

    def __init__(self, phrases: Sequence[str], lang: str, *, with_forms: bool = True) -> None:
        self._lang = lang
        self._with_forms = with_forms
        self._words = [words_of(phrase) for phrase in phrases]
        self._root = _Node()
        for number, words in enumerate(self._words):
            node = self._root
            for word in words:
                node = node.following.setdefault(word.text.casefold(), _Node())
            self._add(node, number)

    def _add(self, node: _Node, number: int) -> None:
        if len(node.numbers) < _MOST_VARIANTS:
            node.numbers.append(number)
            return
        written = self._written(number)
        if not any(self._written(one) == written for one in node.numbers):
            node.more = node.more or {}
            node.more.setdefault(written, number)

    def _written(self, number: int) -> tuple[str, ...]:
        return tuple(word.text for word in self._words[number])

    def find(self, text: str) -> list[Match]:
        """The longest phrase from each place on, none within another, in order."""
        words = words_of(text)
        found: list[Match] = []
        at = 0
        while at < len(words):
            may_begin = self._may_begin(words[at])
            longest = max(self._from(words, at), key=_length, default=None) if may_begin else None
            if longest is None:
                at += 1
                continue
            found.append(longest)
            while at < len(words) and words[at].span[0] < longest.span[1]:
                at += 1
        return found

    def all_in(self, words: Sequence[Word]) -> Iterator[Match]:
        """Every place of every phrase in the words of a text."""
        for at, word in enumerate(words):
            if self._may_begin(word):
                yield from self._from(words, at)

    def _may_begin(self, word: Word) -> bool:
        """Whether any phrase begins with a word: most do not, and no more is asked of them."""
        following, folded = self._root.following, word.text.casefold()
        if folded in following:
            return True
        has_forms = self._with_forms and len(folded) >= _LEAST_LETTERS
        return has_forms and not following.keys().isdisjoint(bases(folded, self._lang))

    def _from(self, words: Sequence[Word], at: int) -> Iterator[Match]:
        """Those that begin with a word; of like length those that stand there as given come first."""
        ways: list[tuple[_Node, Ending]] = [(self._root, "")]
        for end in range(at + 1, len(words) + 1):
            word = words[end - 1]
            ways = [way for node, ending in ways for way in self._steps(node, word, ending)]
            if not ways:
                return
            for node, ending in sorted(ways, key=lambda way: way[1] != ""):
                number = self._likest(node, words[at:end])
                if number is not None and not _is_in_name(words, end):
                    yield Match(number, (words[at].span[0], word.span[1]), ending)

    def _steps(self, node: _Node, word: Word, ending: Ending) -> Iterator[tuple[_Node, Ending]]:
        folded = word.text.casefold()
        exact = node.following.get(folded)
        if exact is not None:
            yield exact, ending
        if self._with_forms and len(folded) >= _LEAST_LETTERS:
            for base, other in bases(folded, self._lang).items():
                if (inflected := node.following.get(base)) is not None:
                    yield inflected, max(ending, other, key=_GRAVITY.index)

    def _likest(self, node: _Node, words: Sequence[Word]) -> int | None:
        """Of phrases that differ in their capitals the one with those of a text; else the first."""
        fitting = [number for number in node.numbers if self._has_case(number, words)]
        if len(fitting) < 2 and not node.more:
            return fitting[0] if fitting else None
        written = tuple(word.text for word in words)
        if node.more and (exact := node.more.get(written)) is not None:
            return exact

        def likeness(number: int) -> tuple[bool, bool]:
            given = self._written(number)
            return given == written, [one[:1] for one in given] == [one[:1] for one in written]

        return max(fitting, key=likeness, default=None)

    def _has_case(self, number: int, words: Sequence[Word]) -> bool:
        """An abbreviation, such as `US`, is another word in lower case."""
        return all(
            not is_abbreviation(given.text) or word.text[: len(given.text)] == given.text
            for given, word in zip(self._words[number], words, strict=False)
        )


def _is_in_name(words: Sequence[Word], end: int) -> bool:
    """Whether a number behind hyphens belongs to some words: `COVID-19`, `SARS-CoV-2`."""
    while len(behind := words[end : end + 2]) == 2 and behind[0].text == "-":
        if not _touch(words[end - 1], *behind):
            return False
        if behind[1].text[0].isdigit():
            return True
        end += 2
    return False


def _touch(*words: Word) -> bool:
    return all(one.span[1] == other.span[0] for one, other in pairwise(words))


def is_abbreviation(word: str) -> bool:
    """Letters, all of them capitals."""
    return len(word) > 1 and word.isalpha() and word.isupper()


def _length(match: Match) -> tuple[int, bool]:
    return match.span[1] - match.span[0], match.ending == ""
