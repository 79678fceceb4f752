"""Marked-up text into passages: what a model reads of it, and the tags that are put into the translation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.markup.attributes import attributes_of
from crosslate.service.pipeline.markup.blanks import joints
from crosslate.service.pipeline.markup.blocks import Item, Part, blocks_of
from crosslate.service.pipeline.markup.escaping import escaped_quotes, forms_of
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import MarkupFormat, MarkupOptions
from crosslate.service.pipeline.markup.pairs import with_empty_elements, wraps_of
from crosslate.service.pipeline.markup.pieces import Piece
from crosslate.service.pipeline.markup.roles import HtmlRoles, XmlRoles
from crosslate.service.pipeline.markup.xml_scan import scan_part_of_xml, scan_xml
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Gap, Passage
from crosslate.service.pipeline.text.words import is_ideograph

_FIGURES = re.compile(r"(?:>|^)[^<>A-Za-z]{0,40}\d[^<>A-Za-z]{0,40}(?:<|$)")
"""Between two tags, without a letter."""


@dataclass(frozen=True, slots=True)
class ScannedMarkup:
    """A marked-up text in pieces, which is what takes long: it is done once."""

    sent: str
    markup: MarkupFormat
    options: MarkupOptions
    pieces: Sequence[Piece]

    @classmethod
    def of(cls, sent: str, markup: MarkupFormat, options: MarkupOptions) -> ScannedMarkup:
        """A text that was sent; raises `ServiceError` 422 `invalid_markup`."""
        pieces = list(scan_html(sent)) if markup == "html" else _xml_pieces(sent, options)
        return cls(sent, markup, options, pieces)

    def passages(self) -> list[Passage]:
        """The passages of the text, in order; those without a letter are left out.

        Raises `ServiceError` 413 `markup_too_deep`.
        """
        return _passages(self.sent, self.markup, self._blocks())

    def figures(self) -> Iterator[tuple[Span, str]]:
        """Where the text of a block is in one piece, and has a figure and no letters; no model reads it."""
        if _FIGURES.search(self.sent) is None:
            return
        for block in self._blocks():
            words = [item for item in block if item.part.is_read]
            if len(words) == 1 and words[0].part is Part.WORDS and not any(map(str.isalpha, words[0].text)):
                yield words[0].span, words[0].text

    def _blocks(self) -> Iterable[list[Item]]:
        roles = (HtmlRoles if self.markup == "html" else XmlRoles).of_pieces(self.pieces, self.options)
        return blocks_of(self.sent, self.pieces, roles)

    def seen(self) -> str:
        """What a reader sees of the text, with blanks in the place of tags."""
        seen = "".join([piece.text or " " for piece in self.pieces])
        attributes = attributes_of(self.sent, self.markup, self.options)
        return " ".join([seen, *(attribute.text for attribute in attributes)])


def markup_passages(sent: str, markup: MarkupFormat, options: MarkupOptions) -> list[Passage]:
    """The passages of a text, in order; those without a letter are left out.

    Raises:
        ServiceError: 422 `invalid_markup`, 413 `markup_too_deep`.
    """
    return ScannedMarkup.of(sent, markup, options).passages()


def passages_of_part(sent: str, markup: MarkupFormat, options: MarkupOptions) -> list[Passage]:
    """The same of a part of a text that is one block."""
    flat = replace(options, splitting=frozenset(), finds_outline=False)
    if markup == "html":
        pieces, roles = list(scan_html(sent)), HtmlRoles(flat)
        return _passages(sent, markup, blocks_of(sent, pieces, roles, keeps_lines=True))
    pieces = list(scan_part_of_xml(sent))
    return _passages(sent, markup, blocks_of(sent, pieces, XmlRoles.of_pieces(pieces, flat)))


def _xml_pieces(sent: str, options: MarkupOptions) -> list[Piece]:
    try:
        return list(scan_xml(sent))
    except ServiceError:
        if not options.is_lenient:
            raise
    return list(scan_html(sent))


def _passages(sent: str, markup: MarkupFormat, blocks: Iterable[list[Item]]) -> list[Passage]:
    whole = DerivedText.of(sent)
    read = (list(joints(with_empty_elements(block))) for block in blocks)
    found = (_passage(whole, items, markup) for items in read)
    return [passage for passage in found if any(map(str.isalpha, passage.text.text))]


def _passage(whole: DerivedText, items: Sequence[Item], markup: MarkupFormat) -> Passage:
    """One block."""
    start, end = items[0].span[0], items[-1].span[1]
    edits: list[tuple[Span, str]] = []
    gaps: list[Gap] = []
    protected: list[tuple[Span, str]] = []
    at = start
    for item in items:
        if at < item.span[0]:  # blanks at an end
            edits.append(((at, item.span[0]), ""))
        at = item.span[1]
        written = whole.text[slice(*item.span)]
        match item.part:
            case Part.WORDS:
                if item.text != written:
                    edits.append((item.span, item.text))
            case Part.BLANK:
                if written != " ":  # which is read as it is
                    is_unspaced = "\n" in written and _is_between_ideographs(whole.text, item.span)
                    edits.append((item.span, "" if is_unspaced else " "))
                    if written:
                        gaps.append(Gap(item.span, written))
            case Part.KEPT:
                protected.append((item.span, written))
            case _:
                edits.append((item.span, ""))
    if markup == "xml" and "\\" in whole.text:
        edits = sorted([*edits, *escaped_quotes(whole.text, items)])
    inner = [((a - start, b - start), text) for (a, b), text in edits]
    return Passage(
        text=whole.part(start, end).edited(inner),
        gaps=tuple(gaps),
        wraps=tuple(wraps_of(whole.text, items)),
        protected=tuple(protected),
        forms=forms_of(whole.text, items, markup),
        is_markup=True,
    )


def _is_between_ideographs(text: str, blank: Span) -> bool:
    """Whether it stands between two characters of a script without blanks."""
    before, after = text[max(blank[0] - 1, 0) : blank[0]], text[blank[1] : blank[1] + 1]
    return bool(before and after) and is_ideograph(before) and is_ideograph(after)
