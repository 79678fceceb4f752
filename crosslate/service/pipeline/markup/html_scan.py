"""HTML in pieces, as browsers read it (HTML Standard, 13.2.5); nothing is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

import turbohtml

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.pieces import Kind, Piece, moved

VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen"}
    | {"link", "meta", "param", "source", "track", "wbr"}
)
_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"})
"""Elements whose content is no markup, nor text to be read."""
_NOSCRIPT = "noscript"
"""Its content is markup where no scripts run, though to the tokenizer it is not."""
_NOTHING = "</>"
"""A browser drops this from a text without a word."""
_NOTHING_ALIKE = "\ue000" * len(_NOTHING)
_CODE = re.compile(r"(<%)(.*?%>)|(<\?)((?:php\b|=).*?)(?=\?>)", re.DOTALL)
"""What programs are in templates: `<% if a < b %>` is text to a browser, `<?php f($a->b) ?>` a comment."""
_SIGNS_OF_MARKUP = str.maketrans("<>&", "\ue000" * 3)
_TURBO_KINDS = {
    turbohtml.TokenType.START_TAG: Kind.START,
    turbohtml.TokenType.END_TAG: Kind.END,
    turbohtml.TokenType.CHARACTER_REFERENCE: Kind.REFERENCE,
    turbohtml.TokenType.TEXT: Kind.TEXT,
}


def scan_html(text: str, *, has_scripts: bool = False) -> Iterator[Piece]:
    """The pieces of a document or fragment, in order, without gaps.

    Where it `has_scripts`, what is in `noscript` is no markup.
    """
    at, raw, has_nothing, has_crlf = 0, "", _NOTHING in text, "\r\n" in text
    for token in turbohtml.tokenize(_alike(text), resolve_references=False, capture_source=True):
        source = token.source if token.source is not None else token.data or ""
        span = at, (_end(text, at, len(source)) if has_crlf else at + len(source))
        at = span[1]
        kind = _TURBO_KINDS.get(token.type, Kind.OTHER)
        name = token.tag or ""
        if kind is Kind.START:
            raw = name if name in _RAW or name == _NOSCRIPT else ""
            attributes = dict(token.attrs) if token.attrs else {}
            kind = Kind.EMPTY if name in VOID or token.self_closing else Kind.START
            yield Piece(kind, span, name=name, attributes=attributes)
        elif kind is Kind.END:
            raw = ""
            yield Piece(kind, span, name=name)
        elif kind is Kind.REFERENCE:
            yield Piece(kind, span, text=token.data or "")
        elif kind is Kind.TEXT and raw == _NOSCRIPT and not has_scripts:
            inner = scan_html(text[slice(*span)], has_scripts=True)  # which stand in each other once
            yield from (moved(piece, span[0]) for piece in inner)
        elif kind is Kind.TEXT and not raw:
            yield from _text(text, span) if has_nothing else (Piece(kind, span, text[slice(*span)]),)
        else:
            yield Piece(Kind.OTHER, span)
    if at < len(text):  # a tag that the text ends in is none
        yield Piece(Kind.TEXT, (at, len(text)), text[at:])


def _alike(text: str) -> str:
    """What is read in the same way, without what a tokenizer drops or replaces; CR LF is one character."""
    if "<%" in text or "<?" in text:
        text = _CODE.sub(_without_signs, text)
    return (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\x00", "\ufffd")
        .replace(_NOTHING, _NOTHING_ALIKE)
    )


def _without_signs(code: re.Match[str]) -> str:
    if code[1]:
        return code.group().translate(_SIGNS_OF_MARKUP)
    return code[3] + code[4].translate(_SIGNS_OF_MARKUP)


def _end(text: str, start: int, length: int) -> int:
    """Where so many characters end, a CR LF being one."""
    end = start + length
    if "\r\n" not in text[start : end + 1]:
        return end
    end = start
    for _ in range(length):
        end += 2 if text.startswith("\r\n", end) else 1
    return end


def _text(text: str, span: Span) -> Iterator[Piece]:
    at = span[0]
    for match in re.compile(_NOTHING).finditer(text, *span):
        if at < match.start():
            yield Piece(Kind.TEXT, (at, match.start()), text[at : match.start()])
        yield Piece(Kind.OTHER, match.span())
        at = match.end()
    if at < span[1]:
        yield Piece(Kind.TEXT, (at, span[1]), text[at : span[1]])
