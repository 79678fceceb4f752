"""What became of what must survive in a sentence: lost, doubled, misplaced, or written as another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.eras import lost_eras
from crosslate.service.pipeline.fidelity.numbers.figure_dates import changed_dates
from crosslate.service.pipeline.fidelity.numbers.number_difference import Difference, difference
from crosslate.service.pipeline.fidelity.numbers.number_forms import (
    RewrittenNumbers,
    rewritten_numbers,
)
from crosslate.service.pipeline.fidelity.numbers.numbers import Number
from crosslate.service.pipeline.fidelity.numbers.spelled_numbers import wrong_words
from crosslate.service.pipeline.fidelity.protected.spans import Kind, blanked
from crosslate.service.pipeline.fidelity.signs.item_marks import lost_codes, lost_items
from crosslate.service.pipeline.fidelity.stand_ins.masking import (
    Folded,
    Masked,
    Slot,
)
from crosslate.service.pipeline.fidelity.stand_ins.restoring import Restored, restored
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import occurrences
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.text.origin import DerivedText

_PER = re.compile(r"/[^\W\d_]{3,}")
"""What an amount is for, as a word of its own: `$5/each`."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What an output lacks."""

    output: Restored
    numbers: Difference
    number_spans: Sequence[Span]
    """In the sent text: of the numbers that are missing."""

    guessed: Sequence[Span] = ()
    """In the sent text: what was placed without a link to tell where."""
    item_spans: Sequence[Span] = ()
    """In the sent text: of the marks of items, and of codes, that are missing."""

    @property
    def num_lost(self) -> int:
        """How much of what is protected is not as it should be."""
        return self.output.num_faults + len(self.guessed) + len(self.item_spans)

    @property
    def num(self) -> int:
        """How many."""
        return self.num_lost + len(self.number_spans) + len(self.numbers.added)

    def with_stand_in(self) -> list[tuple[Span, Kind]]:
        """Spans of the sent text that no stand-in has saved."""
        found = self.output
        slots = [one for one in (*found.missing, *found.doubled, *found.misplaced) if isinstance(one, Slot)]
        return [(slot.source, slot.kind) for slot in slots]

    def without_stand_in(self) -> list[tuple[Span, Kind]]:
        """Spans of the sent text that a stand-in may save."""
        words = [(one.source, Kind.WORD) for one in self.output.missing if isinstance(one, Folded)]
        marks = ((span, Kind.CODE) for span in self.item_spans)
        return [*words, *((span, Kind.NUMBER) for span in self.number_spans), *marks]


def other_numbers(read: str, written: str, languages: Languages) -> list[Span]:
    """Where dates, years with an era and numbers in words stand whose translations say others."""
    both = languages.source, languages.target
    return [
        *changed_dates(read, written),
        *lost_eras(read, written, *both),
        *wrong_words(read, written, *both),
    ]


def faults_of(sentence: Masked, decoded: str, languages: Languages, guessed: Sequence[Span] = ()) -> Faults:
    """What became of a sentence: its output with all in it, and what it lacks.

    Args:
        sentence: as the model read it.
        decoded: what it wrote.
        languages: of both.
        guessed: in the sent text, marks in it whose places in the answer are guessed.
    """
    output = restored(DerivedText.of(decoded), sentence.slots, sentence.folded)
    read, written = sentence.source.text, decoded
    for slot in sentence.slots:
        read = blanked(read, occurrences(slot.stand_in, read))
        written = blanked(written, occurrences(slot.stand_in, written))
    text = sentence.source.text
    if forms := rewritten_numbers(text, languages.source, languages.target):
        written = RewrittenNumbers(forms, languages.target, text).restored(DerivedText.of(written)).text
    found = difference(read, languages.source, written, languages.target)
    spans = [_whole_number(sentence.source, number) for number in found.missing]
    spans += [sentence.source.origin.span(span) for span in other_numbers(read, written, languages)]
    taken_out = {wrap.span for wrap in sentence.wraps}
    lost = (*lost_items(read, written), *lost_codes(read, written))
    items = [sentence.source.origin.span(span) for span in lost]
    return Faults(output, found, spans, [span for span in guessed if span in taken_out], items)


def _whole_number(source: DerivedText, number: Number) -> Span:
    """In the sent text, with the sign of a currency or percentage that touches it."""
    text = source.text
    start, end = number.span
    while start > 0 and not text[start - 1].isspace() and text[start - 1] not in "([{\"'“,;":
        start -= 1
    while end < len(text) and not text[end].isspace() and text[end] not in ")]}\"'”,;":
        if _PER.match(text, end):
            break
        end += 1
    while end > number.span[1] and text[end - 1] in ".!?:":
        end -= 1
    return source.origin.span((start, end))
