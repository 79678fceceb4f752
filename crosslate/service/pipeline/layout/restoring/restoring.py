"""The layout of one part: what a model did not read of it, and how its translation gets it back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.restoring.placing import Edit, gap_edits, is_within, places_of
from crosslate.service.pipeline.layout.restoring.wraps import place_wraps
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.markup.rewrites import Rewrites
from crosslate.service.pipeline.placement.elements import Words
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.text.passage_forms import AS_IT_IS, Forms
from crosslate.service.pipeline.text.passages import (
    Gap,
    Passage,
    Wrap,
    extent_with_marks,
    gaps_within,
    wraps_within,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What stood in a part of a passage and is to stand in its translation."""

    gaps: tuple[Gap, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    protected: tuple[str, ...] = ()
    """What stands in the translation as it was sent, and is no place for layout."""
    whole: tuple[str, ...] = ()
    """What is no place for layout either, but is written in `forms`."""
    forms: Forms = AS_IT_IS
    read: DerivedText | None = None
    """Of marked-up text what a reader sees of the passage."""
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

    def keeping(self, words: Iterable[str]) -> Layout:
        """With more that is no place for layout: as it was sent, or of markup as it is read."""
        if self.read is not None:
            return replace(self, whole=tuple(dict.fromkeys([*self.whole, *words])))
        return replace(self, protected=tuple(dict.fromkeys([*self.protected, *words])))

    def within(self, inner: Span) -> Layout:
        """What of it is that of a smaller part, by its span in the sent text."""
        extent = extent_with_marks(inner, self.wraps)
        return replace(
            self,
            gaps=gaps_within(self.gaps, extent),
            wraps=wraps_within(self.wraps, extent),
            extent=extent,
        )

    def with_wraps(self, wraps: Iterable[Wrap]) -> Layout:
        """With more marks."""
        found = sorted([*self.wraps, *wraps], key=lambda wrap: (wrap.span[0], -wrap.span[1]))
        return replace(self, wraps=tuple(found))

    def written(self, text: str) -> str:
        """A text in the form that the source has for it, but for what stands there as it was sent."""
        written = [span for words in self.protected for span in _occurrences(words, text)]
        edits = list(self._written(text, written))
        return DerivedText.of(text).edited(edits).text

    def rewritten(self, text: str, rewrites: Rewrites) -> Layout:
        """With what is copied of the sent text copied with other words in it."""

        def copied(written: str, span: Span) -> str:
            return rewrites.copied(text, *span) if written == text[slice(*span)] else written

        return replace(
            self,
            gaps=tuple(gap._replace(text=copied(gap.text, gap.span)) for gap in self.gaps),
            wraps=tuple(one._replace(opening=copied(one.opening, one.opening_span)) for one in self.wraps),
        )

    def restored(
        self,
        answered: DerivedText,
        source: DerivedText,
        links: Sequence[Link],
        words: Words | None = None,
    ) -> tuple[DerivedText, list[Span]]:
        """The translation with its layout, and the marks in the sent text whose places are guessed.

        Args:
            answered: the translation, without layout.
            source: the part as it was read.
            links: from the text of `source` to that of `answered`; none where `needs_links` is false.
            words: of both texts, where they are known.
        """
        text = answered.text
        if self.read is not None:
            seen = source
            source, links = _as_read(self.read, source, links)
            words = words if seen.text == source.text else None
        written = [span for words in self.protected for span in _occurrences(words, text)]
        fixed = [*written, *(span for words in self.whole for span in _occurrences(words, text))]
        unbroken = fixed if self.read is None else written  # of what is read, copies have their own tags
        gaps = gap_edits(text, self.gaps, source.text, places_of(self.gaps, source.origin), fixed)
        placed = (
            place_wraps(text, self.wraps, links, source, fixed=unbroken, words=words) if self.wraps else None
        )
        marks = placed.edits if placed else []
        edits = sorted([*marks, *gaps, *self._written(text, written)], key=lambda edit: edit[0])
        return answered.edited(edits), placed.guessed if placed else []

    def _written(self, text: str, fixed: Sequence[Span]) -> list[Edit]:
        """Characters that would be taken for marks, in the form that the source has for them."""
        return (
            [edit for edit in self.forms.edits(text) if not is_within(edit[0][0], fixed)]
            if self.forms
            else []
        )


NO_LAYOUT = Layout()


def _as_read(
    read: DerivedText, source: DerivedText, links: Sequence[Link]
) -> tuple[DerivedText, Sequence[Link]]:
    """What a reader sees of a part, and the links from there: models read stand-ins for some of it."""
    first, last = place_in(read, source.span) or (0, 0)
    seen = read.part(first, last)
    if seen.text == source.text:
        return seen, links
    places = [(place_in(seen, source.origin.span(link.source)), link) for link in links]
    return seen, [link._replace(source=place) for place, link in places if place is not None]


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
        read=passage.text if passage.is_markup else None,
        extent=extent,
    )
