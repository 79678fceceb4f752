"""Messages of Fluent (`.ftl`), Mozilla's format: `key = Hello, { $name }`, with attributes and variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fluent.syntax import FluentParser, ast

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.localization.fluent_pattern import FluentPattern, spliced

_KIND = ".ftl"
_OF_PROGRAMS = ("key", "style")
"""How the names of attributes end that have letters to press, or sizes."""


def read_ftl(data: bytes, options: ReadOptions) -> Document:
    """Messages and their attributes; terms, which are names, and everything in braces but variants stay.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, _KIND, options.source_lang)
    try:
        body = FluentParser(with_spans=True).parse(file.text).body
    except RecursionError:
        raise unreadable(_KIND, "its braces are nested too deeply") from None
    for entry in body:
        if isinstance(entry, ast.Junk):
            raise unreadable(_KIND, _fault(entry, file.text))
    found = list(_texts(body))
    patterns = [FluentPattern(one.pattern, file.text, one.place) for one in found]
    terms = [f"-{entry.id.name}" for entry in body if isinstance(entry, ast.Term)]
    told = (f"Terms are as they were, since most are names: {', '.join(terms)}.",) if terms else ()

    def finish() -> bytes:
        return file.encoded(spliced(file.text, 0, len(file.text), patterns))

    units = [part for pattern in patterns for part in pattern.parts()]
    return document_of(units, finish, (*file.notices, *told))


@dataclass(frozen=True, slots=True)
class _Text:
    pattern: ast.Pattern
    place: str


def _texts(body: list[ast.EntryType]) -> Iterator[_Text]:
    for entry in body:
        if not isinstance(entry, ast.Message):
            continue
        if entry.value is not None:
            yield _Text(entry.value, entry.id.name)
        for attribute in entry.attributes:
            if not attribute.id.name.endswith(_OF_PROGRAMS):
                yield _Text(attribute.value, f"{entry.id.name}.{attribute.id.name}")


def _fault(junk: ast.Junk, text: str) -> str:
    fault = junk.annotations[0]
    assert fault.span is not None
    line = text.count("\n", 0, fault.span.start) + 1
    return f"{(fault.message or 'it is no message')[:1].lower()}{(fault.message or ' ')[1:]} in line {line}"
