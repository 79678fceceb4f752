"""How a sentence is given to a model so that all of it survives, and how it is tried again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.numbers.eras import era_in_target_form
from crosslate.service.pipeline.fidelity.numbers.number_forms import (
    in_target_form,
)
from crosslate.service.pipeline.fidelity.numbers.ordinals import ordinal_in_target_form
from crosslate.service.pipeline.fidelity.numbers.spelled_numbers import spelled_in_target
from crosslate.service.pipeline.fidelity.protected.date_forms import date_form_in_target
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected, without_overlaps
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits
from crosslate.service.pipeline.fidelity.stand_ins.masking import (
    Masked,
    Slot,
    adjoined,
    masked,
)
from crosslate.service.pipeline.fidelity.stand_ins.masks import masks_of_one_word
from crosslate.service.pipeline.fidelity.stand_ins.taking_out import TakenOut, tag_pairs, without
from crosslate.service.pipeline.fidelity.stand_ins.unknown import FoldedWord, unknown_in
from crosslate.service.pipeline.glossary.terms import Term
from crosslate.service.pipeline.layout.restoring.restoring import NO_LAYOUT, Layout
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.losses import Faults
from crosslate.service.pipeline.sentences.joining import sets_words_apart
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.text.passages import Wrap
from crosslate.service.pipeline.wording.capitals import Capitals
from crosslate.service.pipeline.wording.hours_in_full import hour_in_target_form

_REWRITTEN = frozenset({Kind.SIGN, Kind.NUMBER})
"""What figures are part of the language in: an amount has the separators of the target's."""

_NO_QUANTITIES = frozenset("§¶№#™®")
"""What stands beside the number of a section or a product: its full stops are no separators."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """One way to give a sentence to a model."""

    sent: str
    """The whole text that the sentence is of."""
    given: DerivedText
    protected: Sequence[Protected]
    """What is no language in it, in order."""
    habits: CopyHabits
    languages: Languages
    layout: Layout = NO_LAYOUT
    """What else the model does not read of it."""
    capitals: Capitals | None = None
    """What of it is in capitals as it was sent, though not as given: so is that of the output to be."""
    title: str | None = None
    """As it was sent, where that is one; it is given as a sentence."""
    emphasized: tuple[Span, ...] = ()
    """In the sent text: words in capitals amid others, which are given in small letters."""
    is_beginning: bool = True
    """Of a sentence, rather than of a further piece of one that is too long."""
    attempt: int = 0
    also: Sequence[Protected] = field(default=())
    """What did not survive an earlier attempt without a stand-in."""
    terms: tuple[Term, ...] = ()
    """Of the caller's glossary."""
    read: DerivedText | None = None
    """Of marked-up text what a reader sees of it: what stays stays as it is there."""
    by_links: Sequence[Protected] = field(default=())
    """What did not survive with any."""

    def masked(self) -> Masked:
        """The sentence as the model is to read it."""
        taken = without_overlaps([*self.protected, *self.also])
        given = self.given
        wraps: tuple[Wrap, ...] = ()
        if taken or self.by_links:
            out = self._taken_out(taken)
            given, taken, wraps = out.text, out.moved(taken), tuple(out.wraps)
        unknown = unknown_in(given.text, taken, self.habits.vocabulary)
        words = _unambiguous(given.text, unknown.words)
        ambiguous = [Protected(word.span, Kind.WORD) for word in unknown.words if word not in words]
        if not (taken or unknown.words or unknown.protected):
            return Masked(given, wraps=wraps)
        form = self.habits.forms[1 if self.attempt == 1 else 0]
        spans = without_overlaps([*taken, *unknown.protected, *ambiguous])
        has_blanks = sets_words_apart(self.languages.target)
        found = masked(
            given,
            spans,
            words,
            form=form,
            rewritten=self._rewritten,
            sent=self._as_sent,
            has_blanks=has_blanks,
            counted_in=self.languages.source if self.attempt == 0 else None,
            apart=frozenset(wrap.span for wrap in self.layout.wraps),
        )
        slots = [self._with_marks(slot) for slot in found.slots] if self.layout.wraps else found.slots
        return dataclasses.replace(found, slots=slots, wraps=wraps)

    def _with_marks(self, slot: Slot) -> Slot:
        """With the marks of Markdown that stand in it, whole: `*x* < 0`."""
        start, end = slot.source
        if self.read is not None:
            return slot
        crossing = [
            wrap for wrap in self.layout.wraps if any(overlap(mark, slot.source) for mark in wrap.marks)
        ]
        for wrap in crossing:
            start, end = min(start, wrap.span[0]), max(end, wrap.span[1])
        if not crossing or not all(
            slot.source[0] <= w.inner[0] and w.inner[1] <= slot.source[1] for w in crossing
        ):
            return slot
        source = start, end
        return dataclasses.replace(
            slot, source=source, text=self._rewritten(self._as_sent(source), slot.kind)
        )

    def _taken_out(self, protected: Sequence[Protected]) -> TakenOut:
        text = self.given.text
        pairs = [] if self.attempt == 1 else tag_pairs(text, protected)
        tags = {span for pair in pairs for span in (pair.opening, pair.closing)}
        wanted = protected if self.habits.prefers_links and self.attempt == 0 else self.by_links
        if self.attempt == 0:
            wanted = without_overlaps([*wanted, *masks_of_one_word(text, protected)])
        words = adjoined(text, (one for one in wanted if one.span not in tags))
        if not (pairs or words):
            return TakenOut(self.given)

        def written(span: Span, kind: Kind) -> str:
            seen = self._rewritten(self._as_sent(self.given.origin.span(span)), kind)
            return seen if self.read is None else self.layout.written(seen)

        return without(self.given, pairs, words, written)

    def again(self, faults: Faults) -> Treatment | None:
        """Another way, after what came of this one; None where there is none."""
        also = without_overlaps([*self.also, *self._placed(faults.without_stand_in())])
        by_links = self.by_links
        if self.attempt > 0:
            by_links = without_overlaps([*by_links, *self._placed(faults.with_stand_in())])
        other = dataclasses.replace(self, attempt=self.attempt + 1, also=also, by_links=by_links)
        found = other.masked()
        is_other = found.source.text != self.masked().source.text
        return other if is_other and found.has_language else None

    def _placed(self, spans: Iterable[tuple[Span, Kind]]) -> list[Protected]:
        """Spans of the sent text in the sentence, those of them that are in it."""
        places = ((place_in(self.given, span), kind) for span, kind in spans)
        return [Protected(place, kind) for place, kind in places if place is not None]

    def _as_sent(self, source: Span) -> str:
        """What stands at a span of the sent text."""
        if self.read is None:
            return self.sent[slice(*source)]
        place = place_in(self.read, source)
        return "" if place is None else self.read.text[slice(*place)]

    def _rewritten(self, text: str, kind: Kind) -> str:
        if kind is Kind.ORDINAL:
            return ordinal_in_target_form(text, self.languages.target)
        if kind is Kind.SIGN and (form := date_form_in_target(text, self.languages.target)) != text:
            return form
        if kind in _REWRITTEN and _NO_QUANTITIES.isdisjoint(text):
            languages = self.languages.source, self.languages.target
            for in_form in (era_in_target_form, spelled_in_target):
                if (written := in_form(text, *languages)) != text:
                    return written
            hour = hour_in_target_form(text, *languages) if kind is Kind.NUMBER else text
            return in_target_form(text, *languages) if hour == text else hour
        return text


def _unambiguous(text: str, words: Sequence[FoldedWord]) -> list[FoldedWord]:
    """Those whose reading is in the text for no other word."""
    if not words:
        return []
    readings: dict[str, set[str]] = {}
    for word in words:
        readings.setdefault(word.read.casefold(), set()).add(text[slice(*word.span)])
    plain = set(text.casefold().replace(",", " ").split())
    return [
        word
        for word in words
        if word.may_change
        or (
            len(word.read) > 1
            and len(readings[word.read.casefold()]) == 1
            and word.read.casefold() not in plain
        )
    ]
