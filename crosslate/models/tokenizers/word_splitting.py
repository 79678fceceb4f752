"""Texts to the words that a model was trained on, and back: cut at blanks, or as Moses' scripts do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.models.tokenizers.tracked_text import TrackedText

if TYPE_CHECKING:
    from sacremoses import MosesDetokenizer, MosesTokenizer

_WORD = re.compile(r"\S+")
_JOINT = "@-@"
"""What Moses makes of a hyphen within a word."""


class WordSplitter(Protocol):
    """A text's words, spelled as a vocabulary has them."""

    def split(self, text: str, language: str | None) -> tuple[list[str], list[Span]]:
        """The words, and where they stand in the text."""
        ...

    def join(self, words: Sequence[str], language: str | None) -> tuple[str, list[Span]]:
        """The text of some words, and where they stand in it."""
        ...

    def surface(self, word: str) -> str:
        """How a text spells what a vocabulary spells like this."""
        ...

    def plain(self, text: str) -> str:
        """What is left of a text's characters where it is cut."""
        return text


class BlankSplitter(WordSplitter):
    """Words are what stands between blanks."""

    def split(self, text: str, language: str | None) -> tuple[list[str], list[Span]]:
        found = list(_WORD.finditer(text))
        return [match[0] for match in found], [match.span() for match in found]

    def join(self, words: Sequence[str], language: str | None) -> tuple[str, list[Span]]:
        text = " ".join(words)
        return text, located(words, text)

    def surface(self, word: str) -> str:
        return word


@dataclass(frozen=True, slots=True)
class MosesSplitter(WordSplitter):
    """As `tokenizer.perl` and `detokenizer.perl` of Moses (Koehn et al. 2007), by `sacremoses`."""

    language: str
    """Whose abbreviations and apostrophes it knows, where a text does not say its own."""
    cuts_hyphens: bool
    """`tokenizer.perl -a`"""
    escapes: bool
    """Not `tokenizer.perl -no-escape`: `&`, brackets and quotes are spelled as XML's entities."""

    def split(self, text: str, language: str | None) -> tuple[list[str], list[Span]]:
        tokenizer = _tokenizer(_primary(language or self.language))
        words = tokenizer.tokenize(text, aggressive_dash_splits=self.cuts_hyphens, escape=False)
        spans = located([_as_written(word) for word in words], text)
        return [tokenizer.escape_xml(word) if self.escapes else word for word in words], spans

    def join(self, words: Sequence[str], language: str | None) -> tuple[str, list[Span]]:
        detokenizer = _detokenizer(_primary(language or self.language))
        try:
            text = detokenizer.detokenize(words, unescape=self.escapes)
        except TypeError:  # its rule for Czech "-li" behind an apostrophe
            text = " ".join(map(self.surface, words))
        return text, located([self.surface(word) for word in words], text)

    def surface(self, word: str) -> str:
        return _as_written(_detokenizer(_primary(self.language)).unescape_xml(word) if self.escapes else word)


@dataclass(frozen=True, slots=True)
class NormalizingSplitter(WordSplitter):
    """Moses' words of texts whose punctuation is made plain first.

    As by Moses' `replace-unicode-punctuation.perl`, `normalize-punctuation.perl` and
    `remove-non-printing-char.perl`, in this order (Ng et al. 2019). But a line break or a tab is a blank.
    """

    words: MosesSplitter
    lowers: bool

    def split(self, text: str, language: str | None) -> tuple[list[str], list[Span]]:
        normal = self._normalized(text, language)
        words, spans = self.words.split(normal.text, language)
        return words, [normal.origin(span) for span in spans]

    def join(self, words: Sequence[str], language: str | None) -> tuple[str, list[Span]]:
        return self.words.join(words, language)

    def surface(self, word: str) -> str:
        return self.words.surface(word)

    def plain(self, text: str) -> str:
        return self._normalized(text, None).text.strip()

    def _normalized(self, text: str, language: str | None) -> TrackedText:
        normal = TrackedText.of(text)
        if self.lowers:
            normal = normal.lowered()
        for pattern, template in _substitutions(_primary(language or self.words.language)):
            normal = normal.substituted(pattern, template)
        return normal if normal.text.isprintable() else normal.mapped(_printable)


def located(words: Sequence[str], text: str) -> list[Span]:
    """Where words stand that follow each other in a text; one that it does not have gets an empty span."""
    spans, end = [], 0
    for word in words:
        start = text.find(word, end)
        if start < 0:
            spans.append((end, end))
            continue
        end = start + len(word)
        spans.append((start, end))
    return spans


def _as_written(word: str) -> str:
    return "-" if word == _JOINT else word


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-", maxsplit=1)[0].lower()


@lru_cache(maxsize=64)
def _tokenizer(language: str) -> MosesTokenizer:
    from sacremoses import MosesTokenizer  # other models need it not

    return MosesTokenizer(language)


@lru_cache(maxsize=64)
def _substitutions(language: str) -> list[tuple[re.Pattern[str], str]]:
    from sacremoses import MosesPunctNormalizer

    normalizer = MosesPunctNormalizer(language)
    rules = [*normalizer.REPLACE_UNICODE_PUNCTUATION, *normalizer.substitutions]
    return [(re.compile(pattern), template) for pattern, template in rules]


def _printable(character: str) -> str:
    if not unicodedata.category(character).startswith("C"):
        return character
    return " " if character.isspace() else ""


@lru_cache(maxsize=64)
def _detokenizer(language: str) -> MosesDetokenizer:
    from sacremoses import MosesDetokenizer

    return MosesDetokenizer(language)
