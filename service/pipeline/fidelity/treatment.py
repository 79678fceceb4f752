"""How a sentence is given to a model so that all of it survives, and how it is tried again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.tokenizer import Span
from service.pipeline.fidelity.masking import Folded, Masked, masked
from service.pipeline.fidelity.numbers import Difference, Number, difference, in_target_form
from service.pipeline.fidelity.ordinals import ordinal_in_target_form
from service.pipeline.fidelity.patterns import Kind, Protected, blanked, without_overlaps
from service.pipeline.fidelity.restoring import Restored, restored
from service.pipeline.fidelity.stand_ins import FORMS, StandIn, occurrences
from service.pipeline.fidelity.unknown import FoldedWord, unknown_in
from service.pipeline.fidelity.vocabulary import Vocabulary
from service.pipeline.glossary.terms import Term
from service.pipeline.origin import DerivedText

_REWRITTEN = frozenset({Kind.SIGN, Kind.NUMBER})
"""What figures are part of the language in: an amount has the separators of the target's."""


@dataclass(frozen=True, slots=True)
class CopyHabits:
    """What is known of one model about copying."""

    vocabulary: Vocabulary | None = None
    """None: it knows everything."""
    forms: Sequence[StandIn] = FORMS
    """Stand-ins that it copies, the best first."""


@dataclass(frozen=True, slots=True)
class Languages:
    """From which into which."""

    source: str
    target: str


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
    is_in_capitals: bool = False
    """As it was sent, though not as given: so is the output to be."""
    title: str | None = None
    """As it was sent, where that is one; it is given as a sentence."""
    attempt: int = 0
    also: Sequence[Protected] = field(default=())
    """What did not survive an earlier attempt without a stand-in."""
    terms: tuple[Term, ...] = ()
    """Of the caller's glossary."""
    read: DerivedText | None = None
    """Of marked-up text what a reader sees of it: what stays stays as it is there."""

    def masked(self) -> Masked:
        """The sentence as the model is to read it."""
        taken = without_overlaps([*self.protected, *self.also])
        unknown = unknown_in(self.given.text, taken, self.habits.vocabulary)
        words = _unambiguous(self.given.text, unknown.words)
        ambiguous = [Protected(word.span, Kind.WORD) for word in unknown.words if word not in words]
        if not (taken or unknown.words or unknown.protected):
            return Masked(self.given)
        form = self.habits.forms[min(self.attempt, len(self.habits.forms) - 1)]
        spans = without_overlaps([*taken, *unknown.protected, *ambiguous])
        return masked(self.given, spans, words, form=form, rewritten=self._rewritten, sent=self._as_sent)

    def again(self, faults: Faults) -> Treatment | None:
        """Another way, after what came of this one; None where there is none."""
        spans = [
            Protected(span, kind)
            for item, kind in faults.without_stand_in()
            if (span := place_in(self.given, item)) is not None
        ]
        also = without_overlaps([*self.also, *spans])
        other = dataclasses.replace(self, attempt=self.attempt + 1, also=also)
        return None if other.masked().source.text == self.masked().source.text else other

    def _as_sent(self, source: Span) -> str:
        """What stands at a span of the sent text."""
        if self.read is None:
            return self.sent[slice(*source)]
        place = place_in(self.read, source)
        return "" if place is None else self.read.text[slice(*place)]

    def _rewritten(self, text: str, kind: Kind) -> str:
        if kind is Kind.ORDINAL:
            return ordinal_in_target_form(text, self.languages.target)
        if kind in _REWRITTEN:
            return in_target_form(text, self.languages.source, self.languages.target)
        return text


@dataclass(frozen=True, slots=True)
class Faults:
    """What an output lacks."""

    output: Restored
    numbers: Difference
    number_spans: Sequence[Span]
    """In the sent text: of the numbers that are missing."""

    @property
    def num(self) -> int:
        """How many."""
        return self.output.num_faults + len(self.numbers.missing) + len(self.numbers.added)

    def without_stand_in(self) -> list[tuple[Span, Kind]]:
        """Spans of the sent text that a stand-in may save."""
        words = [(one.source, Kind.WORD) for one in self.output.missing if isinstance(one, Folded)]
        return [*words, *((span, Kind.NUMBER) for span in self.number_spans)]


def faults_of(sentence: Masked, decoded: str, languages: Languages) -> Faults:
    """What became of a sentence: its output with all in it, and what it lacks."""
    output = restored(DerivedText.of(decoded), sentence.slots, sentence.folded)
    read, written = sentence.source.text, decoded
    for slot in sentence.slots:
        read = blanked(read, occurrences(slot.stand_in, read))
        written = blanked(written, occurrences(slot.stand_in, written))
    found = difference(read, languages.source, written, languages.target)
    spans = [_whole_number(sentence.source, number) for number in found.missing]
    return Faults(output, found, spans)


def _whole_number(source: DerivedText, number: Number) -> Span:
    """In the sent text, with the sign of a currency or percentage that touches it."""
    text = source.text
    start, end = number.span
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "([{\"'“,;":
        start -= 1
    while end < len(text) and not text[end].isspace() and text[end] not in ")]}\"'”,;":
        end += 1
    while end > number.span[1] and text[end - 1] in ".!?:":
        end -= 1
    return source.origin.span((start, end))


def place_in(given: DerivedText, source: Span) -> Span | None:
    """A span of the sent text in a part of it; None where nothing of it is there."""
    starts, ends = given.origin.starts[:-1], given.origin.ends[1:]
    first = int(np.searchsorted(ends, source[0], side="right"))
    last = int(np.searchsorted(starts, source[1], side="left"))
    return (first, last) if first < last else None


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
