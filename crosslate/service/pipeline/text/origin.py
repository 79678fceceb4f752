"""From a derived text back to the text that was sent: the one way for translations, summaries and alignments.

What a model reads is seldom what was sent: characters are left out, replaced, put in, lines are joined, parts
are cut out. Each step is a text with a map to the one before it, and maps compose.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crosslate.models.language.graphemes import boundaries, is_of_single_characters
from crosslate.models.tokenizers.tokenizer import Span, overlap

_Index = npt.NDArray[np.int32]

_PLACES: _Index = np.arange(1 << 14, dtype=np.int32)
_PLACES.setflags(write=False)
"""Of most texts. `arange` lets go of the interpreter's lock, which may take a thousand times as long to get
back from an engine that computes."""


def _places(size: int) -> _Index:
    """0, 1, 2, ...; not to be written to."""
    return _PLACES[:size] if size <= len(_PLACES) else np.arange(size, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class OriginMap:
    """Where each character of a derived text of length `N` begins and ends in the text it came from.

    Kept for the `N + 1` places between characters, so that to compose two maps is to look one up in the
    other. At a place from which characters were left out, `ends` is before `starts`.
    """

    starts: _Index
    """`(N + 1,)`: where that begins which follows each place. Never falls."""
    ends: _Index
    """`(N + 1,)`: where that ends which precedes each place. Never falls."""

    @classmethod
    def of(cls, text: str) -> OriginMap:
        """A sent text to itself. A character stands for its whole grapheme cluster: none is ever cut."""
        if is_of_single_characters(text):
            return cls.identity(len(text))
        clusters = np.array(boundaries(text), dtype=np.int32)
        sizes = np.diff(clusters)
        return cls.of_characters(
            np.repeat(clusters[:-1], sizes), np.repeat(clusters[1:], sizes), (0, len(text))
        )

    @classmethod
    def identity(cls, length: int) -> OriginMap:
        """Each character to itself alone."""
        places = _places(length + 1)
        return cls(places, places)

    @classmethod
    def of_characters(cls, starts: _Index, ends: _Index, whole: Span) -> OriginMap:
        """From both of each character, `(N,)`, and where the derived text stands in the one it came from."""
        first, last = whole
        size = len(starts) + 1
        # NumPy's own `append` and `insert` take ten times as long.
        placed = np.empty((2, size), dtype=np.int32)
        placed[0, :-1], placed[0, -1] = starts, last
        placed[1, 0], placed[1, 1:] = first, ends
        return cls(placed[0], placed[1])

    def __len__(self) -> int:
        """Of the derived text."""
        return len(self.starts) - 1

    def then(self, outer: OriginMap) -> OriginMap:
        """To the text that `outer` leads to, where this one leads to the text that `outer` is of."""
        return OriginMap(outer.starts[self.starts], outer.ends[self.ends])

    def edited(self, edits: Iterable[tuple[Span, int]]) -> OriginMap:
        """With spans of the derived text, in order, replaced by so many characters each.

        Each of these stands for the whole span. None are a deletion; an empty span is an insertion, whose
        characters stand for nothing.
        """
        starts: list[_Index] = []
        ends = [self.ends[:1]]
        at = 0
        for (start, end), new in edits:
            if at < start:
                starts.append(self.starts[at:start])
                ends.append(self.ends[at + 1 : start + 1])
            if new:
                starts.append(self.starts[start : start + 1].repeat(new))
                ends.append(self.ends[end : end + 1].repeat(new))
            at = end
        starts.append(self.starts[at:])
        ends.append(self.ends[at + 1 :])
        return OriginMap(np.concatenate(starts), np.concatenate(ends))

    def part(self, start: int, end: int) -> OriginMap:
        """Of the characters from `start` to `end` of the derived text."""
        return OriginMap(self.starts[start : end + 1], self.ends[start : end + 1])

    def inverted(self, length: int) -> OriginMap:
        """From the text that it leads to, of `length`, to the derived text.

        A character stands for all characters that came from it, in whole or in part, and for none where it
        was left out.
        """
        characters = _places(length)
        # Both rise with the characters, so that those which overlap one stand in a row.
        firsts = np.searchsorted(self.ends[1:], characters, side="right").astype(np.int32)
        lasts = np.searchsorted(self.starts[:-1], characters, side="right").astype(np.int32)
        return OriginMap.of_characters(firsts, lasts, (0, len(self)))

    def span(self, span: Span) -> Span:
        """A span of the derived text where it came from; empty for what is from nowhere."""
        start, end = span
        first = self.starts.item(start)
        if start == end:
            return first, first
        last = self.ends.item(end)
        return min(first, last), last

    def spans(self, spans: Sequence[Span | None]) -> list[Span | None]:
        """Where each came from; None for None and for characters that are from nowhere."""
        return [None if span is None else self._known(span) for span in spans]

    @property
    def extent(self) -> Span:
        """Where the whole derived text came from."""
        return self.span((0, len(self)))

    def _known(self, span: Span) -> Span | None:
        origin = self.span(span)
        return origin if origin[0] < origin[1] or span[0] == span[1] else None


@dataclass(frozen=True, slots=True)
class DerivedText:
    """A text and the way back to the one that was sent."""

    text: str
    origin: OriginMap

    @classmethod
    def of(cls, text: str) -> DerivedText:
        """The sent text itself."""
        return cls(text, OriginMap.of(text))

    def edited(self, edits: Sequence[tuple[Span, str]]) -> DerivedText:
        """With spans of it, in order and apart from each other, replaced."""
        if not edits:
            return self
        parts: list[str] = []
        at = 0
        for (start, end), replacement in edits:
            parts += self.text[at:start], replacement
            at = end
        parts.append(self.text[at:])
        return DerivedText("".join(parts), self.origin.edited([(span, len(new)) for span, new in edits]))

    def edited_beside(self, edits: Iterable[tuple[Span, str]], kept: Sequence[Span]) -> DerivedText:
        """As `edited`, but for what overlaps spans that stay as they are."""
        return self.edited([edit for edit in edits if not any(overlap(edit[0], span) for span in kept)])

    def part(self, start: int, end: int) -> DerivedText:
        """From character `start` to `end`."""
        return DerivedText(self.text[start:end], self.origin.part(start, end))

    @property
    def span(self) -> Span:
        """Where it stands in the sent text, in code points."""
        return self.origin.extent


def joined(parts: Sequence[DerivedText], separator: str) -> DerivedText:
    """Parts of one sent text, in order, with something between them that is from nowhere."""
    return concatenated([one for part in parts for one in (separator, part)][1:])


def concatenated(parts: Sequence[DerivedText | str]) -> DerivedText:
    """Parts of one sent text, in order, one at least; the strings between them are from nowhere."""
    derived = [part for part in parts if isinstance(part, DerivedText)]
    whole = int(derived[0].origin.ends[0]), int(derived[-1].origin.starts[-1])
    starts: list[_Index] = []
    ends: list[_Index] = []
    at = whole[0]
    for part in parts:
        if isinstance(part, DerivedText):
            starts.append(part.origin.starts[:-1])
            ends.append(part.origin.ends[1:])
            at = int(part.origin.ends[-1])
        else:
            nowhere = np.full(len(part), at, dtype=np.int32)
            starts.append(nowhere)
            ends.append(nowhere)
    origin = OriginMap.of_characters(np.concatenate(starts), np.concatenate(ends), whole)
    return DerivedText("".join(part if isinstance(part, str) else part.text for part in parts), origin)


def place_in(given: DerivedText, source: Span) -> Span | None:
    """A span of the sent text in a part of it; None where nothing of it is there."""
    starts, ends = given.origin.starts[:-1], given.origin.ends[1:]
    first, last = bisect_right(ends, source[0]), bisect_left(starts, source[1])
    return (first, last) if first < last else None


def places_in(given: DerivedText, sources: Iterable[Span]) -> list[Span]:
    """Spans of the sent text in a part of it, but for those of which nothing is there."""
    return [place for source in sources if (place := place_in(given, source)) is not None]
