"""Attributes whose values are texts to a reader: where they are, and how their translations are written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.blocks import end_of_element
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import MarkupFormat, MarkupOptions
from crosslate.service.pipeline.markup.pieces import Kind, Piece
from crosslate.service.pipeline.markup.roles import HtmlRoles, Role, Roles, XmlRoles, is_untranslated
from crosslate.service.pipeline.markup.xml_scan import scan_part_of_xml

USUAL_ATTRIBUTES = frozenset(
    {"abbr", "alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription"}
    | {"aria-valuetext", "content", "label", "placeholder", "summary", "title", "value"}
)
"""Those of HTML that a reader gets to see or to hear."""
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'>/=][^\s>/=]*)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'>]+)))?"""
)
_META_TEXTS = frozenset(
    {"abstract", "application-name", "apple-mobile-web-app-title", "description", "keywords", "subject"}
    | {"title", "og:title", "og:description", "og:site_name", "og:image:alt", "twitter:title"}
    | {"twitter:description", "twitter:image:alt"}
)
_MEDIA = frozenset({"audio", "map", "object", "picture", "video"})
"""Elements without text to be read, in which others have such attributes: `<track label="…">`."""
_BUTTONS = frozenset({"button", "submit", "reset"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """A text that stands in a tag."""

    span: Span
    """Of its value in the sent text, without quotation marks."""
    text: str
    """As it is read."""
    quote: str
    """What it stands in; empty where in nothing."""

    def written(self, text: str) -> str:
        """Another text in its place."""
        quote = self.quote or '"'
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(quote, f"&#{ord(quote)};")
        return escaped if self.quote else f'"{escaped}"'


def attributes_of(sent: str, markup: MarkupFormat, options: MarkupOptions) -> list[Attribute]:
    """Those with letters in them whose names the caller gave, in order; none of what is not translated.

    The text has to be readable, see `markup_passages`.
    """
    if not options.attributes:
        return []
    is_html = markup == "html"
    pieces = list(scan_html(sent) if is_html else scan_part_of_xml(sent))
    roles = (HtmlRoles if is_html else XmlRoles).of_pieces(pieces, options)
    return list(_attributes(sent, pieces, roles, options))


def _attributes(
    sent: str, pieces: Sequence[Piece], roles: Roles, options: MarkupOptions
) -> Iterator[Attribute]:
    at = 0
    while at < len(pieces):
        piece, role = pieces[at], None
        at += 1
        if piece.kind not in (Kind.START, Kind.EMPTY):
            continue
        role = roles.of(piece)
        is_left = is_untranslated(piece) or piece.name in options.ignored or role is Role.KEPT
        if not is_left:
            yield from _of_tag(sent, piece, options)
        is_passed = role in (Role.KEPT, Role.KEPT_BLOCK) or (role is Role.HIDDEN and piece.name not in _MEDIA)
        if piece.kind is Kind.START and is_passed:
            at = end_of_element(pieces, at, roles)


def _of_tag(sent: str, piece: Piece, options: MarkupOptions) -> Iterator[Attribute]:
    found = set[str]()
    start, end = piece.span
    for match in _ATTRIBUTE.finditer(sent, start + 1 + len(piece.name), end):
        name = match["name"]
        wanted = name if name in options.attributes else name.lower()
        if wanted in found or wanted not in options.attributes or not _is_text(piece, wanted):
            continue
        found.add(wanted)  # of several with one name the first counts
        for group, quote in (("double", '"'), ("single", "'"), ("bare", "")):
            text = html.unescape(match[group] or "")
            if any(map(str.isalpha, text)):
                yield Attribute(match.span(group), text, quote)


def _is_text(piece: Piece, name: str) -> bool:
    """Whether an attribute is a text in this element: most of `content` and `value` is for machines."""
    attributes = piece.attributes
    match piece.name, name:
        case "meta", "content":
            about = attributes.get("name") or attributes.get("property") or ""
            return about.lower() in _META_TEXTS
        case "input", "value":
            return (attributes.get("type") or "").lower() in _BUTTONS
        case (("button" | "data" | "li" | "meter" | "option" | "param" | "progress"), "value"):
            return False
        case _:
            return True
