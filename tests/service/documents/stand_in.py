"""Translations that a test can foresee: words in capitals, tags left alone."""

from __future__ import annotations

import re

from crosslate.service.documents.document import ReadOptions, Segment
from crosslate.service.documents.formats.registry import read_document

_TAG = re.compile(r"(<[^<>]*>|&\w+;)")


def in_capitals(segment: Segment) -> str:
    if segment.format == "text":
        return segment.text.upper()
    return "".join(
        piece if number % 2 else piece.upper() for number, piece in enumerate(_TAG.split(segment.text))
    )


def translated(name: str, data: bytes, options: ReadOptions | None = None) -> bytes:
    document = read_document(name, data, options or ReadOptions(target_lang="pt"))
    return document.write([in_capitals(segment) for segment in document.segments])


def texts_of(name: str, data: bytes, options: ReadOptions | None = None) -> list[str]:
    document = read_document(name, data, options or ReadOptions(target_lang="pt"))
    return [segment.text for segment in document.segments]
