"""What of a text a model cannot read: words to be written with other letters, and signs to be copied.

A name with foreign letters is folded (`Müller` is read as `Muller`); a word in a foreign script and a sign
are protected. A sign takes the figures with it that it belongs to: `£999`, `75 m²`, `10 × 15`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected, blanked, without_overlaps
from crosslate.service.pipeline.fidelity.signs.vocabulary import Vocabulary
from crosslate.service.pipeline.fidelity.stand_ins.folding import folded


@dataclass(frozen=True, slots=True)
class FoldedWord:
    """A word of a text, and how the model reads it."""

    span: Span
    read: str
    may_change: bool = False
    """It is a word of a language that the model reads, but for its capitals; or in lower case, so no name."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """All that one text has of the kind; no two overlap."""

    words: Sequence[FoldedWord]
    protected: Sequence[Protected]


# Unknown signs as one character for each kind of them, so that one pattern does for all vocabularies.
_CURRENCY, _NUMERAL, _OPERATOR, _OTHER = "\ue000\ue001\ue002\ue003"
_ARROWS = range(0x2190, 0x2200)
_BEFORE_FIGURES = frozenset("§#№~¶^@")
_BLANK = "[ \xa0\u202f]?"
_FIGURES = r"\d(?:[\d.,]*\d)?(?:[ \xa0\u202f]\d{3}(?!\d))*"
_ELEMENT = "[A-Z][a-z]?"
_GROUP = rf"(?:{_ELEMENT}(?![a-z])|\((?:{_ELEMENT}|{_NUMERAL}){{1,12}}\)){_NUMERAL}*"
_MOLECULE = rf"(?=[A-Z][A-Za-z()]{{0,20}}{_NUMERAL})(?:{_GROUP}){{1,12}}"
_FORMULA = rf"(?<!\w){_MOLECULE}(?:[·{_OTHER}]\d{{0,2}}(?:{_GROUP}){{1,12}})?"
_SIGNS = re.compile(
    rf"{_FORMULA}"
    rf"|(?:(?<![A-Za-z])[A-Z]{{1,3}})?{_CURRENCY}{_BLANK}[-+]?{_FIGURES}"
    rf"|{_FIGURES}{_BLANK}{_CURRENCY}(?!\w)"
    rf"|(?:{_FIGURES}{_BLANK})?(?:(?<![^\W\d_])[A-Za-z]{{1,3}})?{_NUMERAL}+(?:[A-Z][a-z]?(?![a-z]))?"
    rf"|{_FIGURES}(?:{_BLANK}{_OPERATOR}{_BLANK}{_FIGURES})+(?::\d\d)*"
    rf"|{_OPERATOR}+{_BLANK}[-+]?{_FIGURES}(?::\d\d)*(?:\.?[ºª])?"
    rf"|{_FIGURES}{_BLANK}{_OPERATOR}(?=[ \xa0\u202f])"
    rf"|{_FIGURES}{_BLANK}{_OTHER}[A-Z]?(?!\w)"
    rf"|[{_CURRENCY}{_OPERATOR}{_OTHER}]+"
)
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*", regex.VERSION1)
_BRAND_BEFORE = re.compile(r"(?<!\w)[A-Z]\w{2,}$")
_PUNCTUATION = frozenset(".,;:!?'\"-")
"""Each language has its own: it is not copied, whatever the model knows."""
_LOOK_BACK = 64
_CURRENCIES = frozenset({"zł", "Kč"})
"""Too short to be known again, and no words."""


def unknown_in(text: str, taken: Sequence[Protected], vocabulary: Vocabulary | None) -> Unknown:
    """What the model cannot read.

    Args:
        text: what is to be translated.
        taken: in order; what they cover is dealt with.
        vocabulary: what the model knows; None: everything.
    """
    strange = set() if vocabulary is None else vocabulary.unknown_in(text)
    if vocabulary is None or not strange:
        return Unknown((), ())
    rest = blanked(text, [one.span for one in taken])
    words, foreign = _words(rest, strange, vocabulary)
    protected = [*foreign]
    for span in _sign_spans(rest, strange):
        brand = _BRAND_BEFORE.search(rest, max(0, span[0] - _LOOK_BACK), span[0])
        if brand is None or not _is_mark(rest[span[0] : span[1]]):
            protected.append(Protected(span, Kind.SIGN))
        else:
            words.append(FoldedWord((brand.start(), span[1]), brand.group()))
    return Unknown(
        _apart(words, protected),
        _joined(text, without_overlaps(protected)),
    )


def _words(text: str, strange: set[str], vocabulary: Vocabulary) -> tuple[list[FoldedWord], list[Protected]]:
    words: list[FoldedWord] = []
    foreign: list[Protected] = []
    for match in _WORD.finditer(text, concurrent=False):
        if strange.isdisjoint(match.group()):
            continue
        word = match.group()
        plain = _without_capitals(word, vocabulary)
        read = folded(word, vocabulary.knows) if plain is None else plain
        if (
            read is None
            or word in _CURRENCIES
            or any(unicodedata.decomposition(letter).startswith("<") for letter in word)
        ):
            foreign.append(Protected(match.span(), Kind.WORD))
        else:
            may_change = plain is not None or word.islower()
            words.append(FoldedWord(match.span(), read, may_change=may_change))
    return words, foreign


def _without_capitals(word: str, vocabulary: Vocabulary) -> str | None:
    """The word with small letters instead of the capitals that are unknown; None where that is not enough."""
    lower = "".join(letter if vocabulary.knows(letter) else letter.lower() for letter in word)
    if not all(map(vocabulary.knows, lower)):
        return None
    return word.lower() if word.isupper() and len(word) > 1 else lower


def _sign_spans(text: str, strange: set[str]) -> Iterator[Span]:
    signs = (character for character in strange if not character.isalpha() and character not in _PUNCTUATION)
    kinds = {ord(character): _kind(character) for character in signs}
    kinds = {code: kind for code, kind in kinds.items() if kind}
    if not kinds:
        return
    for match in _SIGNS.finditer(text.translate(kinds)):
        yield match.span()


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Sc":
        return _CURRENCY
    if category in {"No", "Nl"} or (category == "Nd" and not character.isascii()):
        return _NUMERAL
    if character in _BEFORE_FIGURES or (category == "Sm" and ord(character) not in _ARROWS):
        return _OPERATOR
    return "" if category in {"Mn", "Me", "Cf", "Cc", "Lm"} else _OTHER


def _is_mark(sign: str) -> bool:
    """Such as ® behind the name of a product."""
    return len(sign) == 1 and unicodedata.category(sign) in {"So", "Po"}


def _apart(words: Sequence[FoldedWord], protected: Sequence[Protected]) -> list[FoldedWord]:
    """In order; without those that have a letter in common with a span, or with a longer word."""
    taken = sorted(one.span for one in protected)
    kept: list[FoldedWord] = []
    for word in sorted(words, key=lambda word: (word.span[0], -word.span[1])):
        start, end = word.span
        if any(first < end and start < last for first, last in taken):
            continue
        if kept and kept[-1].span[1] > start:
            continue
        kept.append(word)
    return kept


def _joined(text: str, spans: Sequence[Protected]) -> list[Protected]:
    """Words of a foreign script that follow each other are one, with what stands between them."""
    found: list[Protected] = []
    for one in spans:
        last = found[-1] if found else None
        if last is not None and last.kind is one.kind is Kind.WORD:
            between = text[last.span[1] : one.span[0]]
            if not any(map(str.isalnum, between)) and not any(mark in between for mark in ".!?\n"):
                found[-1] = Protected((last.span[0], one.span[1]), Kind.WORD)
                continue
        found.append(one)
    return found
