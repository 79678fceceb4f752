"""A stretch of a text on its way to a part: with what is not to be translated in it, and its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.protected.spans import Protected, without_overlaps
from crosslate.service.pipeline.layout.restoring.restoring import NO_LAYOUT, Layout, layout_of
from crosslate.service.pipeline.parts.part import Frame
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage


@dataclass(frozen=True, slots=True)
class Draft:
    """A stretch of a text, and what of it is not to be translated."""

    sent: str
    """The whole text, as it was sent."""
    given: DerivedText
    """The stretch, with what the model cannot read in it."""
    protected: Sequence[Protected]
    """In order."""
    layout: Layout = NO_LAYOUT
    frame: Frame | None = None
    read: DerivedText | None = None
    """Of marked-up text what a reader sees of the passage; None where that is what was sent."""
    messages_left: tuple[Span, ...] = ()
    """In the whole text: ICU messages that are not translated."""
    is_beginning: bool = True
    """Of a sentence."""

    def also_protecting(self, spans: Sequence[Protected]) -> Draft:
        """With these before its own, where they overlap."""
        return replace(self, protected=without_overlaps([*spans, *self.protected]))

    def part(self, start: int, end: int, of: Passage | None = None) -> Draft:
        """From character `start` to `end`, with its layout where that of its passage is given."""
        spans = [
            Protected((max(one.span[0], start) - start, min(one.span[1], end) - start), one.kind)
            for one in self.protected
            if overlap(one.span, (start, end))
        ]
        given = self.given.part(start, end)
        layout = NO_LAYOUT if of is None else layout_of(of, given.span)
        return Draft(self.sent, given, spans, layout, read=self.read)

    def as_sent(self, start: int, end: int) -> str:
        """The characters that were sent for some of it, without what else stands between them."""
        written, last = "", -1
        for at in range(start, end):
            first, end_of_cluster = self.given.origin.span((at, at + 1))
            written += self.sent[max(first, last) : end_of_cluster]
            last = end_of_cluster
        return written
