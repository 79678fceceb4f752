"""HTML blocks of Markdown: their texts are read as those of HTML, and tags and lines stay where they are.

What stands between two of them (`<details>`, a blank line, a paragraph, `</details>`) is Markdown, so that
each block may have only the beginning, or the end, of an element.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.markup.pieces import Kind, Piece
from crosslate.service.pipeline.markup.reading import ScannedMarkup
from crosslate.service.pipeline.markup.roles import HtmlRoles, Role, is_untranslated
from crosslate.service.pipeline.text.origin import OriginMap, place_in
from crosslate.service.pipeline.text.passages import Gap, Passage, Wrap

CODE_TAGS = frozenset({"<code", "<kbd", "<samp", "<var", "<tt", "<pre", "<svg", "<math", "<script", "<style"})
EMPTY_TAGS = frozenset({"<br", "<hr", "<img", "<input", "<wbr"})
"""Within paragraphs: of code, and of elements that have nothing in them."""
_FENCED = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?:.*\n)*?[ \t]*(?P=fence)[`~]*[ \t]*(?:\n|\Z)", re.MULTILINE
)
_MARK = re.compile(
    r"^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)|#{1,6}[ \t]+(?=\S)|\|[ \t]*)"
    r"|(?<![ \t])[ \t]+\|(?:[ \t]+|$)",
    re.MULTILINE,
)
"""What begins an item, a heading or a cell, as who writes Markdown means it even here."""
_STAY = frozenset({Role.KEPT, Role.KEPT_BLOCK, Role.HIDDEN})
_PARAGRAPH = "p"


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """One block, in pieces."""

    content: str
    """Without what stands before its lines in a quotation or an item."""
    origin: OriginMap
    """To the text that was sent."""
    pieces: Sequence[Piece]

    @classmethod
    def of(cls, content: str, places: Sequence[int]) -> HtmlBlock:
        """`places` tells of each place in the content where it is in the sent text."""
        at = np.array(places, dtype=np.int32)
        ends = np.where([character == "\n" for character in content], at[1:], at[:-1] + 1).astype(np.int32)
        origin = OriginMap.of_characters(at[:-1], np.maximum.accumulate(ends), (places[0], places[-1]))
        return cls(content, origin, list(_pieces(content)))

    def passages(self, sent: str) -> Iterator[Passage]:
        """What is read of it, in order; with what stays of it as it was sent."""
        origin = OriginMap.of(self.content).then(self.origin)
        for passage in ScannedMarkup(self.content, "html", NO_OPTIONS, self.pieces).passages():
            yield _as_sent(passage.of(origin), sent)


def elements_that_stay(blocks: Sequence[HtmlBlock]) -> list[Span]:
    """Where elements stand that say that nothing in them is to be translated, over several blocks; apart."""
    pieces = [p._replace(span=one.origin.span(p.span)) for one in blocks for p in one.pieces]
    roles = HtmlRoles.of_pieces(pieces, NO_OPTIONS)
    found: list[Span] = []
    for opening, end in sorted(_elements(pieces)):
        piece = pieces[opening]
        is_inside = bool(found) and piece.span[0] < found[-1][1]
        if not is_inside and roles.of(piece) in _STAY:
            found.append((piece.span[0], end))
    return found


def _elements(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Of each element that is closed, the number of the piece that opens it, and where it ends."""
    opened: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        if piece.kind is Kind.START:
            opened.setdefault(piece.name, []).append(number)
        elif piece.kind is Kind.END and opened.get(piece.name):
            yield opened[piece.name].pop(), piece.span[1]


def is_in(place: int, spans: Sequence[Span]) -> bool:
    """Whether a place is in one of some spans, which are in order and apart."""
    number = bisect_right(spans, (place, math.inf)) - 1
    return number >= 0 and place < spans[number][1]


def says_that_it_stays(tag: str) -> bool:
    """Whether a tag within a paragraph says that nothing in its element is to be translated."""
    return any(is_untranslated(piece) for piece in scan_html(tag))


def _pieces(content: str) -> Iterator[Piece]:
    """As of HTML, with fenced code as one that stays, and lines with marks as texts of their own."""
    at = 0
    for fence in _FENCED.finditer(content):
        yield from _scanned(content, at, fence.start())
        yield _ending(fence.start())
        yield Piece(Kind.OTHER, fence.span())
        yield _ending(fence.end())
        at = fence.end()
    yield from _scanned(content, at, len(content))


def _scanned(content: str, start: int, end: int) -> Iterator[Piece]:
    for piece in scan_html(content[start:end]):
        placed = piece._replace(span=(piece.span[0] + start, piece.span[1] + start))
        if piece.kind is Kind.TEXT and "\n" in piece.text:
            yield from _lines(content, placed.span)
        else:
            yield placed


def _lines(content: str, span: Span) -> Iterator[Piece]:
    at, end = span
    for mark in _MARK.finditer(content, *span):
        if at < mark.start():
            yield Piece(Kind.TEXT, (at, mark.start()), content[at : mark.start()])
        yield _ending(mark.start())
        yield Piece(Kind.OTHER, mark.span())
        yield _ending(mark.end())
        at = mark.end()
    if at < end:
        yield Piece(Kind.TEXT, (at, end), content[at:end])


def _ending(place: int) -> Piece:
    """What a sentence ends at, without anything being written there."""
    return Piece(Kind.END, (place, place), name=_PARAGRAPH)


def _as_sent(passage: Passage, sent: str) -> Passage:
    """With all that stays written as it was: lines in quotations have marks before them."""
    protected = tuple((span, sent[slice(*span)]) for span, _ in passage.protected)
    places = [(place_in(passage.text, span), written) for span, written in protected]
    return Passage(
        text=passage.text.edited([(place, written) for place, written in places if place is not None]),
        gaps=tuple(Gap(gap.span, sent[slice(*gap.span)]) for gap in passage.gaps),
        wraps=tuple(map(partial(_wrap_as_sent, sent), passage.wraps)),
        protected=protected,
        forms=passage.forms,
        is_markup=True,
    )


def _wrap_as_sent(sent: str, wrap: Wrap) -> Wrap:
    if wrap.is_point:
        return wrap._replace(opening=sent[slice(*wrap.span)])
    (start, first), (last, end) = wrap.marks
    return wrap._replace(opening=sent[start:first], closing=sent[last:end])
