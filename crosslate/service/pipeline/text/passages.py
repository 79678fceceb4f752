"""What a model reads of a text, and what of its layout stands between the words that it reads."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap
from crosslate.service.pipeline.text.passage_forms import AS_IT_IS, Forms

_FEW = 16
"""Marks up to which a look at each takes less time than a search."""
_BLANKS = " \t\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
_NAMED_BLANKS = re.compile(
    r"&(?:(?i:nbsp|ensp|emsp|emsp1[34]|numsp|puncsp|thinsp|hairsp|nonbreakingspace)|#160|#8239|#820[0-2]|#819[2-9]"
    r"|#[xX]0*(?:[aA]0|202[fF]|200[0-9aA]));"
)
"""As markup may have them."""


class Gap(NamedTuple):
    """Layout between two words, where a model reads one blank or nothing: a line end, a run of blanks."""

    span: Span
    """In the sent text."""
    text: str
    """What is to stand between two words of the translation."""

    @property
    def is_line_end(self) -> bool:
        """Whether a new line begins after it."""
        return _NAMED_BLANKS.sub("", self.text).strip(_BLANKS) != ""

    @property
    def has_to_stay(self) -> bool:
        """Whether it must not be left out: it is more than blanks."""
        return self.text.strip(_BLANKS) != ""


class Wrap(NamedTuple):  # of marked-up texts there are many: a frozen dataclass takes twice as long to make
    """Marks around words, such as `**` and `**`, `[` and `](address)`; none of it is read by a model."""

    inner: Span
    """The words, in the sent text; empty where the mark stands at a place, as that of a footnote does."""
    opening: str
    """What is to stand before their translation."""
    closing: str
    span: Span
    """All of it, marks included, in the sent text."""
    is_word: bool = False
    """Of one at a place: whether blanks part it from the words beside it."""

    @property
    def is_point(self) -> bool:
        """Whether there are no words in it."""
        return self.inner[0] == self.inner[1]

    @property
    def marks(self) -> tuple[Span, Span]:
        """What of it is no words, in the sent text."""
        return (self.span[0], self.inner[0]), (self.inner[1], self.span[1])

    @property
    def opening_span(self) -> Span:
        """Where `opening` stands in the sent text."""
        return self.span if self.is_point else (self.span[0], self.inner[0])

    def within(self, extent: Span) -> Wrap | None:
        """What of it stands inside a span of the sent text; None where nothing does."""
        start, end = extent
        first, last = self.inner
        if self.is_point:
            return self if start < first < end else None
        if start < first and last < end:
            return self
        opening = self.opening if start < first < end else ""
        closing = self.closing if start < last < end else ""
        if not opening and not closing:
            return None
        return self._replace(inner=(max(first, start), min(last, end)), opening=opening, closing=closing)


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """Where the translation of a string stands that is not to stand in its own place."""

    span: Span
    """In the sent text."""
    string: DerivedText
    """All of it, as it is written there; its passages have the same seat."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A stretch of a text that reads on: a paragraph, an item of a list, a cell of a table.

    What stands between two passages is no text to a model: it is copied.
    """

    text: DerivedText
    """As it is read, without its layout."""
    gaps: tuple[Gap, ...] = ()
    """In order."""
    wraps: tuple[Wrap, ...] = ()
    """In the order of their beginnings, outer ones before inner ones."""
    protected: tuple[tuple[Span, str], ...] = ()
    """What is to stay as it is: code, addresses. Spans of the sent text, in order, and what is there."""
    forms: Forms = AS_IT_IS
    """Of characters that have to be written in another way, such as `<` as `&lt;`."""
    is_markup: bool = False
    """Whether `text`, but for what is protected, is what a reader sees, not what was sent for it."""
    seat: Seat | None = None
    """Where its translation is to stand; None: in its own place."""

    @cached_property
    def _bounds(self) -> npt.NDArray[np.int64]:
        """`(2, W)`: where each wrap begins and ends."""
        return np.array([wrap.span for wrap in self.wraps], dtype=np.int64).reshape(-1, 2).T

    def wraps_at(self, extent: Span) -> tuple[Wrap, ...]:
        """Those that touch a span of the sent text; there may be thousands, and thousands of spans."""
        if len(self.wraps) <= _FEW:
            return tuple(one for one in self.wraps if one.span[0] <= extent[1] and one.span[1] >= extent[0])
        starts, ends = self._bounds
        touching = np.flatnonzero((starts <= extent[1]) & (ends >= extent[0]))
        return tuple(self.wraps[int(index)] for index in touching)

    @property
    def has_layout(self) -> bool:
        """Whether it is more than its text; most are not."""
        return bool(self.gaps or self.wraps or self.protected or self.forms)

    def of(self, origin: OriginMap) -> Passage:
        """The same where the text that it is of is itself a derived one, that `origin` leads back from."""
        return replace(
            self,
            text=DerivedText(self.text.text, self.text.origin.then(origin)),
            gaps=tuple(Gap(origin.span(gap.span), gap.text) for gap in self.gaps),
            wraps=tuple(
                wrap._replace(inner=origin.span(wrap.inner), span=origin.span(wrap.span))
                for wrap in self.wraps
            ),
            protected=tuple((origin.span(span), words) for span, words in self.protected),
        )


def gaps_within(gaps: Sequence[Gap], extent: Span) -> tuple[Gap, ...]:
    """Those, of ones in order, inside a span of the sent text; one at its border stands between two parts."""
    first = bisect_right(gaps, extent[0], key=lambda gap: gap.span[0])
    last = bisect_left(gaps, extent[1], lo=first, key=lambda gap: gap.span[1])
    return tuple(gaps[first:last])


def wraps_within(wraps: Sequence[Wrap], extent: Span) -> tuple[Wrap, ...]:
    """What of them stands inside a span of the sent text."""
    return tuple(inside for wrap in wraps if (inside := wrap.within(extent)) is not None)


def extent_with_marks(extent: Span, wraps: Sequence[Wrap]) -> Span:
    """A part of a passage in the sent text, with the marks around its first, or last, words.

    What stands before a part is copied. If the marks around its first words were, its translation would have
    to begin with the translation of these. Marks around all of it are copied.
    """
    start, end = first, last = extent
    for wrap in reversed(wraps):  # inner ones before outer ones
        if wrap.is_point:
            continue
        if wrap.inner[0] == first and wrap.inner[1] < end:
            first = wrap.span[0]
        if wrap.inner[1] == last and wrap.inner[0] > start:
            last = wrap.span[1]
    return first, last
