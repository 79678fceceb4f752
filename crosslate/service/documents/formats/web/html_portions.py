"""Where a page may be divided: between blocks, each of which is read by itself anyway."""

from __future__ import annotations

from collections.abc import Iterator

from crosslate.service.pipeline.markup.blocks import end_of_element
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.markup.pieces import Kind
from crosslate.service.pipeline.markup.roles import HtmlRoles, Role


def html_portions(page: str, least: int) -> Iterator[str]:
    """The page in portions of at least so many characters, the last one aside; together they are it."""
    start = 0
    for cut in _borders(page):
        if cut - start >= least:
            yield page[start:cut]
            start = cut
    if start < len(page):
        yield page[start:]


def _borders(page: str) -> Iterator[int]:
    """Before each block begins and after it ends, but in elements that nothing is read of."""
    roles, pieces = HtmlRoles(NO_OPTIONS), list(scan_html(page))
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece.kind is Kind.END and roles.of(piece) is Role.BLOCK:
            yield piece.span[1]
        elif piece.kind in (Kind.START, Kind.EMPTY):
            role = roles.of(piece)
            if role is Role.BLOCK:
                yield piece.span[0]
            elif piece.kind is Kind.START and role in (Role.KEPT, Role.KEPT_BLOCK, Role.HIDDEN):
                at = end_of_element(pieces, at, roles)
