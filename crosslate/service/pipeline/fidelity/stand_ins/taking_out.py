"""What is taken out of a text before a model reads it, and put into the translation by links.

Tags go around the words that are linked to those that they stood around: the model reads a sentence as people
write them. A placeholder that a model copies in no form stands behind the word that it stood behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected, blanked
from crosslate.service.pipeline.fidelity.signs.note_marks import is_note_mark
from crosslate.service.pipeline.fidelity.stand_ins.masking import adjoined
from crosslate.service.pipeline.fidelity.stand_ins.masks import mask_pairs
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Wrap
from crosslate.service.pipeline.text.words import is_unspaced

_TAG = re.compile(
    r"(?:[<\[]|[$#%]?\{{1,2}#?\s?(?=/?[\w\-]+(?:=[^{}\s]*)?\s?\}))(?P<closing>/?)(?P<name>[A-Za-z0-9][\w:.\-]*)"
)
_PAIRS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›"}


@dataclass(frozen=True, slots=True)
class TagPair:
    """An opening and a closing tag with words between them; spans of the text."""

    opening: Span
    closing: Span


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A text without something that stood in it, and that to be placed in its translation."""

    text: DerivedText
    edits: Sequence[tuple[Span, str]] = ()
    """What was done to it, in order."""
    wraps: Sequence[Wrap] = ()
    """Outer ones before inner ones."""

    def moved(self, spans: Iterable[Protected]) -> list[Protected]:
        """Those that are still there, where they are now; in order, as they were given."""
        found: list[Protected] = []
        number, offset = 0, 0
        for one in spans:
            while number < len(self.edits) and self.edits[number][0][0] < one.span[1]:
                (start, end), words = self.edits[number]
                offset += len(words) - (end - start)
                number += 1
            if number == 0 or self.edits[number - 1][0][1] <= one.span[0]:
                found.append(Protected((one.span[0] + offset, one.span[1] + offset), one.kind))
        return found


def without(
    given: DerivedText,
    pairs: Sequence[TagPair],
    words: Sequence[Protected],
    written: Callable[[Span, Kind], str],
) -> TakenOut:
    """A text without some tags and words.

    Args:
        given: a text or a part of one.
        pairs: of tags, which are to stand around the same words.
        words: spans of it, in order, each of which is to stand behind the same word; brackets and quotation
            marks around nothing else go with them.
        written: what a span of this kind is to be in the translation.
    """
    found = [*_without_tags(given, pairs, written), *_without_words(given, words, written)]
    edits: list[tuple[Span, str]] = []
    last = 0
    for (start, end), words_left in sorted(edit for some, _ in found for edit in some):
        edits.append(((max(start, last), end), words_left))  # a blank between two goes with the first
        last = end
    wraps = sorted((wrap for _, wrap in found), key=lambda wrap: (wrap.span[0], -wrap.span[1]))
    return TakenOut(given.edited(edits), edits, wraps)


def tag_pairs(text: str, protected: Sequence[Protected]) -> list[TagPair]:
    """Tags that stand around words, and placeholders for tags, in the order of those that open.

    Args:
        text: a text or a part of one.
        protected: all that is no language in it, in order.
    """
    masks = [TagPair(*pair) for pair in mask_pairs(text, protected)]
    tags = [(one.span, tag) for one in protected if one.kind is Kind.TAG and (tag := _tag(text, one.span))]
    if len(tags) < 2:
        return masks
    words = blanked(text, (one.span for one in adjoined(text, protected)))
    opened: list[tuple[Span, str]] = []
    found: list[TagPair] = []
    for span, tag in tags:
        if not tag["closing"]:
            opened.append((span, tag["name"]))
        elif opened and opened[-1][1] == tag["name"]:
            opening, _ = opened.pop()
            if any(map(str.isalnum, words[opening[1] : span[0]])):
                found.append(TagPair(opening, span))
    found += [mask for mask in masks if not any(_crosses(mask, pair) for pair in found)]
    return sorted(found, key=lambda pair: pair.opening)


def _crosses(one: TagPair, other: TagPair) -> bool:
    """Whether only one of a pair stands between the other two."""
    inside = [other.opening < tag < other.closing for tag in (one.opening, one.closing)]
    return inside[0] != inside[1]


def _tag(text: str, span: Span) -> re.Match[str] | None:
    """None for what closes itself, and for entities and comments."""
    return None if text.endswith("/>", *span) else _TAG.match(text, *span)


_Edits = Sequence[tuple[Span, str]]


def _without_tags(
    given: DerivedText, pairs: Sequence[TagPair], written: Callable[[Span, Kind], str]
) -> Iterator[tuple[_Edits, Wrap]]:
    text = given.text
    for pair in pairs:
        opening, closing = _with_blank_behind(text, pair.opening), pair.closing
        inner = given.origin.span((opening[1], closing[0]))
        whole = given.origin.span((opening[0], closing[1]))
        wrap = Wrap(inner, written(opening, Kind.TAG), written(closing, Kind.TAG), whole)
        yield [(span, _between(text, span)) for span in (opening, closing)], wrap


def _with_blank_behind(text: str, span: Span) -> Span:
    """With the blank behind it, where there is one before it too."""
    start, end = span
    is_between = text[end : end + 1] == " " and (start == 0 or text[start - 1].isspace())
    return start, end + is_between


def _between(text: str, span: Span) -> str:
    """What keeps the words apart that a span stands between."""
    start, end = span
    before, after = text[start - 1 : start], text[end : end + 1]
    if not (before.isalnum() and after.isalnum()):
        return ""
    return "" if is_unspaced(before) or is_unspaced(after) else " "


def _without_words(
    given: DerivedText, spans: Sequence[Protected], written: Callable[[Span, Kind], str]
) -> Iterator[tuple[_Edits, Wrap]]:
    text = given.text
    for outer, one in _apart(text, spans):
        words = text[outer[0] : one.span[0]] + written(one.span, one.kind) + text[one.span[1] : outer[1]]
        start, end = outer
        is_word = one.kind not in {Kind.TAG, Kind.MASK} and not is_note_mark(text, outer)
        has_blank, goes_on = text[start - 1 : start] == " ", text[end : end + 1] == " "
        if has_blank and (is_word or goes_on):
            start, words = start - 1, words if is_word else f" {words}"
        elif is_word and start == 0 and goes_on:
            end += 1
        place, _ = source = given.origin.span(outer)
        wrap = Wrap((place, place), words, "", source, is_word=is_word)
        yield [((start, end), _between(text, (start, end)))], wrap


def _apart(text: str, spans: Sequence[Protected]) -> Iterator[tuple[Span, Protected]]:
    """With what goes out with each; what overlaps one before it is left where it is."""
    last = 0
    for one in spans:
        outer = _with_quotes(text, one.span)
        if outer[0] < last:
            outer = one.span
        last = outer[1]
        yield outer, one


def _with_quotes(text: str, span: Span) -> Span:
    start, end = span
    while start > 0 and end < len(text) and _PAIRS.get(text[start - 1]) == text[end]:
        start, end = start - 1, end + 1
    return start, end
