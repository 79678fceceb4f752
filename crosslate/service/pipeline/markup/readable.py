"""HTML and XML as plain text: what a reader sees of a page, but for what stands around its content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.blocks import BLANKS, RUN, end_of_element
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupFormat
from crosslate.service.pipeline.markup.pieces import Kind, Piece, moved
from crosslate.service.pipeline.markup.roles import HtmlRoles, Role, Roles, XmlRoles
from crosslate.service.pipeline.markup.xml_scan import scan_xml
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.readable import (
    FENCE,
    HEADING,
    ITEM,
    ROW,
    Break,
    ReadableText,
    ReadableWriter,
)
from crosslate.service.pipeline.text.words import is_ideograph

_AROUND = frozenset({"aside", "footer", "nav", "title"})
"""Of HTML: what a page has beside its content."""
_CONTROLS = frozenset({"button", "noscript", "select", "template", "textarea"})
"""And what a page shows only without its scripts, or by them."""
_UNREAD_XML = frozenset({"script", "style"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_XML_HEADINGS = _HEADINGS | {"head", "heading", "title"}
_ITEMS = frozenset({"li", "list-item", "listitem"})
_ROWS = frozenset({"row", "tr"})
_CELLS = frozenset({"cell", "entry", "td", "th"})
_NOT_SHOWN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def readable_markup(sent: str, markup: MarkupFormat) -> ReadableText:
    """The text of a page or fragment.

    Left out are comments, attributes, scripts, styles; of HTML also elements that are not shown, form
    controls, and (unless there is nothing else) navigation, asides, footers and the title in the head.

    Raises:
        ServiceError: 422 `invalid_markup`.
    """
    if markup == "xml":
        pieces = list(_with_cdata(sent, scan_xml(sent)))
        roles = XmlRoles.of_pieces(pieces, NO_OPTIONS)
        return _Reading(sent, pieces, roles, _UNREAD_XML, _XML_HEADINGS).read()
    pieces = list(scan_html(sent))
    html_roles = HtmlRoles.of_pieces(pieces, NO_OPTIONS)
    content = _Reading(sent, pieces, html_roles, _CONTROLS | _AROUND, _HEADINGS).read()
    if content.marked.text:
        return content
    return _Reading(sent, pieces, html_roles, _CONTROLS, _HEADINGS).read()


def _with_cdata(sent: str, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """With the text that CDATA is, or what it has as HTML, as feeds have their articles."""
    for piece in pieces:
        if piece.kind is not Kind.CDATA:
            yield piece
            continue
        start, end = piece.span[0] + len("<![CDATA["), piece.span[1] - len("]]>")
        content = sent[start:end]
        inner = list(scan_html(content))
        if not any(one.kind in (Kind.START, Kind.EMPTY) for one in inner):
            inner = [Piece(Kind.TEXT, (0, len(content)), content)]
        yield from (moved(one, start) for one in inner)


class _Reading:
    """Reads the pieces of a text once."""

    def __init__(
        self,
        sent: str,
        pieces: Sequence[Piece],
        roles: Roles,
        unread: frozenset[str],
        headings: frozenset[str],
    ) -> None:
        self._sent = sent
        self._whole = DerivedText.of(sent)
        self._pieces = pieces
        self._roles = roles
        self._unread = unread
        self._headings = headings
        self._out = ReadableWriter(sent)
        self._unclosed: set[str] = set()
        self._num_pre = 0
        self._is_fenced = False
        self._is_in_heading = False

    def read(self) -> ReadableText:
        """All of it."""
        at = 0
        while at < len(self._pieces):
            piece = self._pieces[at]
            at += 1
            match piece.kind:
                case Kind.TEXT:
                    self._text(piece)
                case Kind.REFERENCE:
                    self._reference(piece)
                case Kind.START if (behind := self._end_of_unread(piece, at)) is not None:
                    if self._roles.of(piece) in (Role.BLOCK, Role.KEPT_BLOCK):
                        self._out.end(Break.PARAGRAPH)
                    at = behind
                case Kind.START | Kind.EMPTY:
                    self._begin(piece, at)
                case Kind.END:
                    self._end(piece)
        return self._out.written()

    def _end_of_unread(self, piece: Piece, at: int) -> int | None:
        """Behind an element that is left out; what is never closed is not, or all behind it would be."""
        if piece.name in self._unclosed or not self._is_unread(piece):
            return None
        behind = end_of_element(self._pieces, at, self._roles)
        last = self._pieces[behind - 1]
        if behind == len(self._pieces) and not (last.kind is Kind.END and last.name == piece.name):
            self._unclosed.add(piece.name)
            return None
        return behind

    def _is_unread(self, piece: Piece) -> bool:
        if piece.name in self._unread or self._roles.of(piece) is Role.HIDDEN:
            return True
        attributes = piece.attributes
        return isinstance(self._roles, HtmlRoles) and bool(
            "hidden" in attributes
            or attributes.get("aria-hidden", "").lower() == "true"
            or _NOT_SHOWN.search(attributes.get("style", ""))
        )

    def _begin(self, piece: Piece, at: int) -> None:
        role, name = self._roles.of(piece), _local(piece.name)
        if role is Role.BREAK:
            self._line_end()
        if role not in (Role.BLOCK, Role.KEPT_BLOCK):
            return
        self._is_in_heading = False
        if piece.kind is Kind.EMPTY:
            self._out.end(_after(name))
        elif name == "pre":
            self._is_fenced = self._is_fenced if self._num_pre else self._is_code(at)
            self._num_pre += 1
            self._out.end(Break.PARAGRAPH, FENCE if self._is_fenced and self._num_pre == 1 else "")
        elif name in self._headings:
            self._is_in_heading = True
            self._out.end(Break.PARAGRAPH, HEADING)
        elif name in _ITEMS:
            self._out.end(Break.LINE, ITEM)
        elif name in _ROWS:
            self._out.end(Break.LINE, ROW)
        else:
            self._out.end(_after(name))

    def _end(self, piece: Piece) -> None:
        if self._roles.of(piece) not in (Role.BLOCK, Role.KEPT_BLOCK):
            return
        name = _local(piece.name)
        if name == "pre" and self._num_pre:
            self._num_pre -= 1
            if self._is_fenced and not self._num_pre and not self._out.is_marking:
                self._out.end_code()
        self._is_in_heading = self._is_in_heading and name not in self._headings
        if name not in _CELLS:
            self._out.unmark()
        self._out.end(_after(name))

    def _line_end(self) -> None:
        if self._is_in_heading:
            self._out.blank(" ")
        elif self._num_pre:
            self._out.more_blanks("\n")
        else:
            self._out.end_line()

    def _is_code(self, at: int) -> bool:
        """Whether a preformatted element, whose pieces are from `at`, is code, and can be fenced."""
        inside = (
            piece
            for piece in islice(self._pieces, at, None)
            if piece.kind is not Kind.TEXT or piece.text.strip()
        )
        first = next(inside, None)
        if first is None or first.kind is not Kind.START or first.name != "code":
            return False
        behind = end_of_element(self._pieces, at, self._roles)
        return not any("```" in piece.text for piece in self._pieces[at:behind])

    def _text(self, piece: Piece) -> None:
        for match in RUN.finditer(piece.text):
            span = piece.span[0] + match.start(), piece.span[0] + match.end()
            if match["blank"]:
                self._blank(match.group(), span)
            else:
                self._out.write(self._whole.part(*span))

    def _reference(self, piece: Piece) -> None:
        if re.fullmatch(f"[{BLANKS}]", piece.text):
            self._out.blank(" ")
        elif piece.text:
            part = self._whole.part(*piece.span)
            self._out.write(part.edited([((0, len(part.text)), piece.text)]))

    def _blank(self, blanks: str, span: Span) -> None:
        if self._num_pre:
            self._out.more_blanks(blanks)
            return
        before, after = self._sent[: span[0]][-1:], self._sent[span[1] : span[1] + 1]
        is_unspaced = "\n" in blanks and before and after and is_ideograph(before) and is_ideograph(after)
        self._out.blank("" if is_unspaced else " ")


def _local(name: str) -> str:
    """Without the prefix of its namespace."""
    return name.rpartition(":")[2]


def _after(name: str) -> Break:
    """What a block that is named so begins and ends with."""
    if name in _CELLS:
        return Break.CELL
    return Break.LINE if name in _ITEMS or name in _ROWS else Break.PARAGRAPH
