"""Placeholders against whole words, as programs send them that mask tags: `Save {{1}}now{{2}}`.

What stands against a placeholder is mostly a piece of a word or a name with it: `{count}px`, `{id}st`,
`file_{n}.txt`. A word that the vocabulary has whole is one to translate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.text.words import CountTokens, extra_tokens, is_unspaced

_LETTERS = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_BEHIND = re.compile(rf"({_LETTERS})(?!\w|[-.@/\\:=+~#&][\w/]|[-@/\\=+~#&][{{%]|['’(])")
_BEFORE = re.compile(rf"(?<![\w@#$./\\:=+~&'’-])({_LETTERS})\Z")
_JOINS_BEFORE, _JOINS_BEHIND = re.compile(r"\w[-.@/\\:=+~#&]\Z"), re.compile(r"[-.@/\\:=+~#&]\w")
"""Signs that make one name of what is at both of their sides."""
_LOOK_BACK = 64
_LEAST, _LEAST_IN_PAIR, _LEAST_TOLD = 4, 2, 3
"""Letters of a word: most shorter ones are units and endings."""
_LONG_WORD, _LETTERS_OF_TOKEN = 7, 2.5
_ENDINGS = "able ers fold hood ible ing ish ism less like ment mente ness ous ship st th tion ward wards wise"
_UNITS = "bit cm em ex ft gb hr hrs hz kb kg km kwh lb lbs mb mg mhz min ml mm mph ms nd oz pt px rd sec"
_PIECES = frozenset(f"{_ENDINGS} {_UNITS}".split())
_CONVERSION = re.compile(r"%[^$()]*[A-Za-z@]")
"""Such as `%s`: what is behind it may be the rest of a word behind a percent sign."""
_OF_PROGRAMS = re.compile(r"\[X\d+X\]")
"""What no author writes, but a program that masks tags."""
_NUMBERS = re.compile(r"\d+")
_OPENS = re.compile(r"(?:start|open|begin)(?![a-z])", re.IGNORECASE)
_CLOSES = re.compile(r"(?:end|close|stop)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Sides:
    """A placeholder, and the words that it stands against; None: nothing, or no words."""

    one: Protected
    before: str | None
    behind: str | None
    is_plain: bool
    """Whether what stands against it may be words."""

    @property
    def opens(self) -> bool:
        """Whether it may stand for a tag before words."""
        return self.is_plain and self.behind is not None and self.before is None

    @property
    def closes(self) -> bool:
        """Whether it may stand for one behind words."""
        return self.is_plain and self.before is not None and self.behind is None


def with_masks(
    text: str, protected: Sequence[Protected], count_tokens: CountTokens, *, has_kept: bool = False
) -> Sequence[Protected]:
    """What is protected in a sentence, with placeholders against whole words as masks.

    Args:
        text: of the sentence.
        protected: spans of it, in order.
        count_tokens: how many tokens a model reads a word in.
        has_kept: whether code may be elements of markup that stay, which are taken for placeholders.
    """
    sides = [one for one in _all_sides(text, protected, has_kept=has_kept) if one.is_plain]
    if not sides:
        return protected
    in_pairs = {
        one.one
        for opening, closing in _pairs(text, sides)
        if _are_words(text, opening, closing, count_tokens)
        for one in (opening, closing)
    }
    masks = {one.one for one in sides if one.one in in_pairs or _is_apart(text, one, count_tokens)}
    masks |= _touching(text, protected, masks)
    return [replace(one, kind=Kind.MASK) if one in masks else one for one in protected]


def _touching(text: str, protected: Sequence[Protected], masks: Collection[Protected]) -> set[Protected]:
    """Placeholders that touch masks, `{{1}}{{2}}now{{3}}{{4}}`, and no letters."""
    found: set[Protected] = set()
    for row in (protected, protected[::-1]):
        for one, other in pairwise(row):
            touches = one.span[1] == other.span[0] or other.span[1] == one.span[0]
            start, end = other.span
            is_free = not (_is_joined(text[max(start - 1, 0) : start]) or _is_joined(text[end : end + 1]))
            if other.kind is Kind.PLACEHOLDER and touches and is_free and (one in masks or one in found):
                found.add(other)
    return found


def mask_pairs(text: str, protected: Sequence[Protected]) -> list[tuple[Span, Span]]:
    """Masks that stand around words as tags do, in order."""
    ends = [0, *(one.span[1] for one in protected)]
    sides = [
        _sides(text, one, last) for one, last in zip(protected, ends, strict=False) if one.kind is Kind.MASK
    ]
    return [(opening.one.span, closing.one.span) for opening, closing in _pairs(text, sides)]


def masks_of_one_word(text: str, protected: Sequence[Protected]) -> list[Protected]:
    """Masks that stand against words at one side only, in order: they go with the word, wherever it goes.

    Elements of markup that stay are none: they stand for a word themselves.
    """
    return [
        one
        for one in protected
        if one.kind is Kind.MASK
        and text[one.span[0]] != "<"
        and text[one.span[0] - 1 : one.span[0]].isalpha() != text[one.span[1] : one.span[1] + 1].isalpha()
    ]


def words_left(text: str, protected: Sequence[Protected], *, has_kept: bool = False) -> list[Span]:
    """Where what may be words is left as it is because it stands against a placeholder.

    Args:
        text: as that of `with_masks`.
        protected: what came of it.
        has_kept: likewise.
    """
    found: list[Span] = []
    for one in _all_sides(text, protected, has_kept=has_kept):
        start, end = one.one.span
        least = _LEAST_TOLD if one.before is None or one.behind is None else _LEAST
        if one.before is not None and _is_plain(one.before, least) and not _is_name(text, one):
            found.append((start - len(one.before), start))
        if one.behind is not None and _is_plain(one.behind, least):
            found.append((end, end + len(one.behind)))
    return list(dict.fromkeys(found))  # a word may stand between two


def _all_sides(text: str, protected: Sequence[Protected], *, has_kept: bool) -> Iterator[_Sides]:
    kinds = {Kind.PLACEHOLDER, Kind.CODE} if has_kept else {Kind.PLACEHOLDER}
    last = 0
    for one in protected:
        start, end = one.span
        if one.kind in kinds and (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield _sides(text, one, last)
        last = end


def _sides(text: str, one: Protected, first_place: int) -> _Sides:
    """Of one before which nothing else is protected from `first_place` on."""
    start, end = one.span
    first, last = text[max(start - 1, 0) : start], text[end : end + 1]
    look = text[max(first_place, start - _LOOK_BACK) : start]
    before = _BEFORE.search(look) if _is_of_word(first) else None
    behind = _BEHIND.match(text, end) if _is_of_word(last) else None
    return _Sides(
        one,
        None if before is None else before[1],
        None if behind is None else behind[1],
        (before is not None or not (_is_joined(first) or _JOINS_BEFORE.search(look)))
        and (behind is not None or not (_is_joined(last) or _JOINS_BEHIND.match(text, end))),
    )


def _is_of_word(character: str) -> bool:
    return character.isalpha() and not is_unspaced(character)


def _is_joined(character: str) -> bool:
    """Whether it makes one name of a placeholder and what is beyond it."""
    return character == "_" or (character.isalnum() and not is_unspaced(character))


def _pairs(text: str, sides: Sequence[_Sides]) -> Iterator[tuple[_Sides, _Sides]]:
    """Those that open, each with the next one where that closes and is named like it."""
    opened: _Sides | None = None
    for one in sides:
        if opened is not None and one.closes and _are_alike(text, opened.one.span, one.one.span):
            yield opened, one
        opened = one if one.opens else None


def _are_alike(text: str, first: Span, last: Span) -> bool:
    """Whether two placeholders may be the two tags of one element, rather than two values."""
    opening, closing = text[slice(*first)], text[slice(*last)]
    if _NUMBERS.sub("0", opening) == _NUMBERS.sub("0", closing):
        return opening != closing or _CONVERSION.fullmatch(opening) is not None
    return _OPENS.search(opening) is not None and _CLOSES.search(closing) is not None


def _are_words(text: str, opening: _Sides, closing: _Sides, count_tokens: CountTokens) -> bool:
    """Whether what stands between the two is."""
    between = text[opening.one.span[1] : closing.one.span[0]]
    if between != opening.behind:
        return True
    return _is_plain(between, _LEAST_IN_PAIR) and (len(between) >= _LEAST or _is_whole(between, count_tokens))


def _is_apart(text: str, sides: _Sides, count_tokens: CountTokens) -> bool:
    """Whether all that one stands against is whole words, and it is none with them."""
    words = [word for word in (sides.before, sides.behind) if word is not None]
    if _CONVERSION.fullmatch(text, *sides.one.span) is not None or _is_name(text, sides):
        return False
    least = _LEAST_IN_PAIR if _OF_PROGRAMS.fullmatch(text, *sides.one.span) is not None else _LEAST
    return all(_is_plain(word, least) and _is_whole(word, count_tokens) for word in words)


def _is_name(text: str, sides: _Sides) -> bool:
    """Whether it may be a name with the word before it: nothing else is there."""
    return sides.behind is None and not any(map(str.isspace, text.strip()))


def _is_plain(word: str, least: int) -> bool:
    """Whether it is written as words are, not as units, endings and names are."""
    letters = word.replace("'", "").replace("’", "").replace("-", "")
    is_written = letters.islower() or letters.istitle() or word.istitle()
    return len(letters) >= least and is_written and word.lower() not in _PIECES


def _is_whole(word: str, count_tokens: CountTokens) -> bool:
    """Whether the vocabulary has it whole, or in few parts where it is long."""
    extra = extra_tokens(word, count_tokens)
    return extra <= 0 or (len(word) >= _LONG_WORD and len(word) >= _LETTERS_OF_TOKEN * (extra + 1))
