"""XML in pieces: a document, or a fragment with text and elements beside each other.

It is read strictly, by expat; no entity is declared or expanded, nothing is fetched. What expat has found
well formed is cut by a pattern, which gives the places in code points.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.parsers import expat

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.markup.pieces import Kind, Piece

_NAME = r"[^\s<>/=\"'!?&][^\s<>/=\"'&]*"
_ATTRIBUTE = rf"({_NAME})\s*=\s*(\"[^\"]*\"|'[^']*')"
_PIECE = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?\]\]>)"
    r"|(?P<other><!--.*?-->|<\?.*?\?>|<!DOCTYPE(?:[^>\"']|\"[^\"]*\"|'[^']*')*>)"
    rf"|</(?P<end>{_NAME})\s*>"
    rf"|<(?P<start>{_NAME})(?P<attributes>(?:\s+{_ATTRIBUTE})*)\s*(?P<empty>/?)>"
    r"|(?P<reference>&(?:\#\d+|\#x[0-9a-fA-F]+|\w+);)"
    r"|(?P<text>[^<&]+)",
    re.DOTALL,
)
_IS_DOCUMENT = re.compile(r"\s*(?:<\?xml\s|<!DOCTYPE\s)")
_ROOT = "root"


def scan_xml(text: str) -> Iterator[Piece]:
    """The pieces of a document or fragment, in order, without gaps.

    Raises:
        ServiceError: 422 `invalid_markup`.
    """
    _check(text)
    yield from scan_part_of_xml(text)


def scan_part_of_xml(text: str) -> Iterator[Piece]:
    """The pieces of a part of a text that is well formed: tags may be without their other halves."""
    for match in _PIECE.finditer(text):
        span = match.span()
        match match.lastgroup:
            case "text":
                yield Piece(Kind.TEXT, span, match.group())
            case "reference":
                yield Piece(Kind.REFERENCE, span, html.unescape(match.group()))
            case "end":
                yield Piece(Kind.END, span, name=match["end"])
            case "cdata":
                yield Piece(Kind.CDATA, span)
            case "other":
                yield Piece(Kind.OTHER, span)
            case _:
                kind = Kind.EMPTY if match["empty"] else Kind.START
                yield Piece(kind, span, name=match["start"], attributes=_attributes(match["attributes"]))


def _attributes(written: str) -> dict[str, str]:
    return {name: html.unescape(value[1:-1]) for name, value in re.findall(_ATTRIBUTE, written)}


def _check(text: str) -> None:
    """Raises `ServiceError` where the text is not well formed, or declares anything itself."""
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_declarations
    before = "" if _IS_DOCUMENT.match(text) else f"<{_ROOT}>"
    try:
        parser.Parse(before.encode())
        parser.Parse(text.encode())
        parser.Parse(f"</{_ROOT}>".encode() if before else b"", True)
    except expat.ExpatError as error:
        line, column = error.lineno, error.offset - (len(before) if error.lineno == 1 else 0)
        said = expat.ErrorString(error.code)
        raise _invalid(f"it is not well formed at line {line}, column {column + 1}: {said}") from None


def _refuse_declarations(name: str, system: str | None, public: str | None, has_subset: bool) -> None:
    if has_subset:
        raise _invalid("its DOCTYPE has declarations, which are not followed: take them out")


def _invalid(fault: str) -> ServiceError:
    return ServiceError("invalid_markup", f"Of a text in XML {fault}.")
