"""The layout of one part: what a model did not read of it, and how its translation gets it back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.tokenizer import Span
from service.pipeline.layout.passages import Gap, Passage, Wrap, extent_with_marks, gaps_within, wraps_within
from service.pipeline.layout.placing import Edit, gap_edits, is_within, places_of
from service.pipeline.layout.wraps import place_wraps
from service.pipeline.origin import DerivedText
from service.pipeline.types import Link


@dataclass(frozen=True, slots=True)
class Layout:
    """What stood in a part of a passage and is to stand in its translation."""

    gaps: tuple[Gap, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    protected: tuple[str, ...] = ()
    """What stands in the translation as it was sent, and is no place for layout."""
    forms: Mapping[str, str] = field(default_factory=dict)
    extent: Span | None = None
    """Of the part with the marks at its ends, in the sent text; None where there are none."""

    @property
    def is_empty(self) -> bool:
        """Whether a translation is to be as it is written."""
        return not (self.gaps or self.wraps or self.forms)

    @property
    def needs_links(self) -> bool:
        """Whether it takes the alignment of the part with its translation to place it."""
        return bool(self.wraps)

    def within(self, inner: Span) -> Layout:
        """What of it is that of a smaller part, by its span in the sent text."""
        extent = extent_with_marks(inner, self.wraps)
        return replace(
            self,
            gaps=gaps_within(self.gaps, extent),
            wraps=wraps_within(self.wraps, extent),
            extent=extent,
        )

    def restored(
        self, answered: DerivedText, source: DerivedText, links: Sequence[Link]
    ) -> tuple[DerivedText, list[Span]]:
        """The translation with its layout, and the marks in the sent text whose places are guessed.

        Args:
            answered: the translation, without layout.
            source: the part as it was read.
            links: from the text of `source` to that of `answered`; none where `needs_links` is false.
        """
        text = answered.text
        fixed = [span for words in self.protected for span in _occurrences(words, text)]
        gaps = gap_edits(text, self.gaps, source.text, places_of(self.gaps, source.origin), fixed)
        placed = place_wraps(text, self.wraps, links, source, fixed) if self.wraps else None
        marks = placed.edits if placed else []
        edits = sorted([*marks, *gaps, *self._written(text, fixed)], key=lambda edit: edit[0])
        return answered.edited(edits), placed.guessed if placed else []

    def _written(self, text: str, fixed: Sequence[Span]) -> list[Edit]:
        """Characters that would be taken for marks, in the form that the source has for them."""
        if not self.forms:
            return []
        places = [i for i, one in enumerate(text) if one in self.forms]
        return [((i, i + 1), self.forms[text[i]]) for i in places if not is_within(i, fixed)]


NO_LAYOUT = Layout()


def _occurrences(words: str, text: str) -> Iterator[Span]:
    at = text.find(words)
    while at >= 0:
        yield at, at + len(words)
        at = text.find(words, at + len(words))


def _start(protected: tuple[Span, str]) -> int:
    return protected[0][0]


def layout_of(passage: Passage, source: Span) -> Layout:
    """That of a part of a passage, by its span in the text that was sent."""
    if not passage.has_layout:
        return Layout(extent=source)
    wraps = passage.wraps_at(source)
    extent = extent_with_marks(source, wraps)
    first = bisect_left(passage.protected, extent[0], key=_start)
    last = bisect_left(passage.protected, extent[1], lo=first, key=_start)
    protected = {words: None for _, words in passage.protected[first:last]}
    return Layout(
        gaps=gaps_within(passage.gaps, extent),
        wraps=wraps_within(wraps, extent),
        protected=tuple(protected),
        forms=passage.forms,
        extent=extent,
    )
