"""Blanks beside signs, as the source has them: models write `N / D` for `N/A`, `( see below)`, `2710 -000`.

They also write slashes without those that stand between blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import combining, normalize

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.text.origin import DerivedText

_SIGNS = "/&+<>*()"
_BEFORE = {sign: re.compile(rf"([\w\s)])[{sign}]") for sign in _SIGNS}
_AFTER = {sign: re.compile(rf"[{sign}]([\w\s])") for sign in _SIGNS}
_ANY = re.compile(rf"[{_SIGNS}\-:]")
_JOINED = re.compile(r"(?<!\w)(?P<first>\w+)(?P<sign>[\-&+:])(?=(?P<second>\w+))")
_MAYBE_JOINED = re.compile(r"(?<!\w)(?P<first>\w+)(?P<between>[ ]?(?P<sign>[\-&+:])[ ]?)(?=(?P<second>\w+))")
_TIGHT_SLASH = re.compile(r"(?<=\w)/(?=\w)")
_LOOSE_SLASH = re.compile(r"(?<=\S)[ ]/[ ](?=\S)")


@dataclass(frozen=True, slots=True)
class SignBlanks:
    """Takes away the blanks that the source has not, and puts those in that all its slashes have."""

    before: str
    """Signs that have no blank before them anywhere."""
    after: str
    """Likewise behind them."""
    joined: frozenset[tuple[str, str, str]]
    """Words, and what joins them; a hyphen in names and beside digits: `R&B`, `Wi-Fi`, `9h-17h`."""
    num_loose_slashes: int = 0

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with the blanks of its source."""
        text = written.text
        edits = [*self._between_words(text)]
        taken = [span for span, _ in edits]
        edits += [one for one in self._beside(text) if not any(overlap(one[0], span) for span in taken)]
        if self.num_loose_slashes and text.count("/") == self.num_loose_slashes:
            edits += ((match.span(), " / ") for match in _TIGHT_SLASH.finditer(text))
        return written.edited(sorted(edits))

    def _beside(self, text: str) -> Iterator[tuple[Span, str]]:
        for at in (match.start() for match in _ANY.finditer(text)):
            before, after = text[max(at - 2, 0) : at], text[at + 1 : at + 3]
            if text[at] in self.before and before[-1:] == " " and (before[:1].isalnum() or before[:1] == ")"):
                yield (at - 1, at), ""
            if text[at] in self.after and after[:1] == " " and after[1:].isalnum():
                yield (at + 1, at + 2), ""

    def _between_words(self, text: str) -> Iterator[tuple[Span, str]]:
        for match in _MAYBE_JOINED.finditer(text) if self.joined else ():
            if match["between"] != match["sign"] and _words(match) in self.joined:
                yield match.span("between"), match["sign"]


def sign_blanks(text: str) -> SignBlanks | None:
    """For a text with such signs; one that has a blank beside it somewhere may have it elsewhere."""
    signs = set(_ANY.findall(text))
    if not signs:
        return None
    has_joined = not signs.isdisjoint("-&+:")
    joined = frozenset(map(_words, filter(_is_kept, _JOINED.finditer(text)))) if has_joined else frozenset()
    found = [sign for sign in _SIGNS if sign in signs]
    before = "".join(sign for sign in found if _is_tight(_BEFORE[sign], text))
    after = "".join(sign for sign in found if _is_tight(_AFTER[sign], text))
    num_slashes = text.count("/") if "/" in signs else 0
    num_loose = num_slashes if num_slashes and len(_LOOSE_SLASH.findall(text)) == num_slashes else 0
    return SignBlanks(before, after, joined, num_loose) if before or after or joined or num_loose else None


def _is_kept(joined: re.Match[str]) -> bool:
    """Whether its words are likely to be in a translation as they are."""
    first, second = joined["first"], joined["second"]
    is_name = first[0].isupper() and second[0].isupper()
    return joined["sign"] != "-" or is_name or any(map(str.isdigit, first + second))


def _words(joined: re.Match[str]) -> tuple[str, str, str]:
    first, second = (_without_accents(joined[name].casefold()) for name in ("first", "second"))
    return first, joined["sign"], second


def _without_accents(word: str) -> str:
    """As the word may be in another language: `ômega-3`."""
    if word.isascii():
        return word
    return "".join(letter for letter in normalize("NFD", word) if not combining(letter))


def _is_tight(beside: re.Pattern[str], text: str) -> bool:
    """Whether a sign has words at this side of it, and a blank nowhere."""
    found = beside.findall(text)
    return bool(found) and not any(map(str.isspace, found))
