"""A text with stand-ins for what is protected in it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.fidelity.stand_ins.counts import FIGURES, ONE, is_count, is_one
from crosslate.service.pipeline.fidelity.stand_ins.masks import mask_pairs
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import StandIn
from crosslate.service.pipeline.fidelity.stand_ins.unknown import FoldedWord
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Wrap
from crosslate.service.pipeline.text.words import is_unspaced

_OPENING = "([{\"'“‘«‹-–—/¿¡"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_APART = frozenset({Kind.TAG, Kind.MASK, Kind.EMOJI, Kind.SIGN})
"""Kinds of what is no word with the letters that it stands against."""
_TAG = re.compile(r"(?:[<\[]|[$#%]?\{{1,2}#?\s?)(?P<closing>/?)(?P<name>[A-Za-z0-9][\w:.\-]*)(?![^<>]*/>)")


@dataclass(frozen=True, slots=True)
class Slot:
    """One protected span, and what the model reads in its place."""

    source: Span
    """In the sent text."""
    stand_in: str
    text: str
    """What is to stand in the translation."""
    kind: Kind
    sticks_before: bool = False
    """Without a blank to what stands before it; the stand-in has one there."""
    sticks_after: bool = False
    closes: str | None = None
    """The stand-in of the tag that it closes, where there are words between them."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A word that the model reads in other letters."""

    source: Span
    """In the sent text."""
    read: str
    text: str
    """As it was sent."""
    may_change: bool = False
    """It may be translated."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as a model reads it, and all that is different in it."""

    source: DerivedText
    slots: Sequence[Slot] = ()
    folded: Sequence[Folded] = ()
    wraps: Sequence[Wrap] = ()
    """What the model does not read, to be placed in its output by links; outer ones before inner ones."""

    @property
    def is_changed(self) -> bool:
        """Whether something is to be put back into what the model wrote, in the place of other words."""
        return bool(self.slots or self.folded)

    @property
    def has_language(self) -> bool:
        """Whether there is a letter or digit beside the stand-ins."""
        rest = self.source.text
        for slot in self.slots:
            rest = rest.replace(slot.stand_in, " ")
        return any(map(str.isalnum, rest))


def masked(
    given: DerivedText,
    protected: Sequence[Protected],
    words: Sequence[FoldedWord],
    *,
    form: StandIn,
    rewritten: Callable[[str, Kind], str],
    sent: Callable[[Span], str],
    has_blanks: bool = True,
    counted_in: str | None = None,
    apart: Container[Span] = (),
) -> Masked:
    """The text with stand-ins and folded words.

    Args:
        given: a text or a part of one.
        protected: spans of it, in order.
        words: of it, in order; those that `protected` covers are not folded.
        form: what stand-ins look like.
        rewritten: what a span of this kind is to be in the translation.
        sent: what stands at a span of the whole text that `given` leads to.
        has_blanks: whether the translation is in a language that sets words apart.
        counted_in: the language of the text, where placeholders for numbers are read as figures.
        apart: places in the whole text of which each is looked after by itself.
    """
    text = given.text
    names, figures, single = form.names(text), FIGURES.names(text), iter([ONE])
    edits: list[tuple[Span, str]] = []
    slots: list[Slot] = []
    spans = adjoined(text, protected)
    for one in spans:
        source = _with_directions(given.origin.span(one.span), given.span, sent, apart)
        before, after = _sticks(text, one.span)
        is_figure = counted_in is not None and is_count(text, one, counted_in)
        is_single = counted_in is not None and not is_figure and is_one(text, one, counted_in)
        name = next(figures if is_figure else names)
        name = next(single, name) if is_single else name
        slot = Slot(source, name, rewritten(sent(source), one.kind), one.kind)
        edits.append((one.span, " " * before + slot.stand_in + " " * after))
        slots.append(
            dataclasses.replace(
                slot,
                sticks_before=before and not (has_blanks and is_unspaced(text[one.span[0] - 1])),
                sticks_after=after and not (has_blanks and is_unspaced(text[one.span[1]])),
            )
        )
    slots = _paired(slots, given.edited(edits).text)
    slots = _with_masks_paired(slots, spans, mask_pairs(text, protected))
    folded = []
    for word in words:
        if any(overlap(word.span, one.span) for one in spans):
            continue
        source = given.origin.span(word.span)
        edits.append((word.span, word.read))
        folded.append(Folded(source, word.read, sent(source), word.may_change))
    return Masked(given.edited(sorted(edits)), slots, folded)


def _with_directions(span: Span, whole: Span, sent: Callable[[Span], str], apart: Container[Span]) -> Span:
    """With the marks of direction that it stands between: they are invisible, and no model reads them."""
    start, end = span

    def is_one(place: Span) -> bool:
        return sent(place) in _DIRECTIONS and place not in apart

    while start > whole[0] and is_one((start - 1, start)):
        start -= 1
    while end < whole[1] and is_one((end, end + 1)):
        end += 1
    return start, end


def _paired(slots: Sequence[Slot], text: str) -> list[Slot]:
    """With what each closing tag closes; `text` has the stand-ins."""
    found: list[Slot] = []
    opened: list[tuple[str, str]] = []
    for slot in slots:
        closes = None
        for tag in _TAG.finditer(slot.text) if slot.kind is Kind.TAG else ():
            if not tag["closing"]:
                opened.append((tag["name"], slot.stand_in))
            elif opened and opened[-1][0] == tag["name"]:
                _, name = opened.pop()
                if closes is None and name != slot.stand_in and _has_words(text, name, slot.stand_in):
                    closes = name
        found.append(dataclasses.replace(slot, closes=closes) if closes else slot)
    return found


def _with_masks_paired(
    slots: Sequence[Slot], spans: Sequence[Protected], pairs: Sequence[tuple[Span, Span]]
) -> list[Slot]:
    """Likewise of masks that stand around words; `spans` are those of the slots."""
    names = {one.span: slot.stand_in for one, slot in zip(spans, slots, strict=True)}
    opening_of = {closing: opening for opening, closing in pairs}
    return [
        slot
        if (name := names.get(opening_of.get(one.span, (0, 0)))) is None
        else dataclasses.replace(slot, closes=name)
        for one, slot in zip(spans, slots, strict=True)
    ]


def _has_words(text: str, first: str, last: str) -> bool:
    between = text.partition(first)[2].partition(last)[0]
    return any(map(str.isalpha, between))


def adjoined(text: str, protected: Iterable[Protected]) -> list[Protected]:
    """Spans that touch each other as one; with a placeholder, the letters that it is one word with."""
    found: list[Protected] = []
    for one in protected:
        span = one.span if one.kind in _APART else _whole_word(text, one.span)
        if found and found[-1].span[1] >= span[0]:
            last = found.pop()
            kind = last.kind if last.kind is one.kind or one.kind is Kind.TAG else one.kind
            span = last.span[0], max(span[1], last.span[1])
            found.append(Protected(span, kind))
        else:
            found.append(Protected(span, one.kind))
    return found


def _whole_word(text: str, span: Span) -> Span:
    start, end = span
    while start > 0 and _is_of_word(text[start - 1]):
        start -= 1
    while end < len(text) and (_is_of_word(text[end]) or (end > span[1] and _is_within_word(text, end))):
        end += 1
    return start, end


def _is_within_word(text: str, place: int) -> bool:
    """Whether an apostrophe stands there between letters, as in `Don't`."""
    return text[place] in "'’" and text[place - 1].isalpha() and text[place + 1 : place + 2].isalpha()


def _is_of_word(character: str) -> bool:
    is_hangul = "\uac00" <= character <= "\ud7a3"  # small words stand behind names without a blank
    return (character.isalnum() or character == "_") and not (is_hangul or is_unspaced(character))


def _sticks(text: str, span: Span) -> tuple[bool, bool]:
    """Whether a blank has to part a stand-in from what stands at its sides."""
    before, after = text[: span[0]][-1:], text[span[1] : span[1] + 1]
    return bool(before) and not before.isspace() and before not in _OPENING, after.isalnum()
