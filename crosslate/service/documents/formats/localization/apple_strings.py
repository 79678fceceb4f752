"""Messages of Apple's programs (`.strings`): `"key" = "value";`, with comments for translators."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.service.documents.document import Document, ReadOptions, has_words, unreadable
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.localization.string_spans import StringSpan, document_of_spans

_KIND = ".strings"
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_ENTRY = re.compile(
    rf"/\*.*?\*/|//[^\r\n]*|(?P<key>{_QUOTED}|[\w.-]+)\s*=\s*(?P<value>{_QUOTED})\s*;", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:[Uu]([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r"}
_WRITTEN = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def read_strings(data: bytes, options: ReadOptions) -> Document:
    """The values; keys and comments stay.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, _KIND, options.source_lang)
    spans = list(_values(file.text))
    if not spans and has_words(_ENTRY.sub("", file.text)):
        raise unreadable(_KIND, 'it has no message, such as "key" = "value";')
    return document_of_spans(file, spans)


def _values(text: str) -> Iterator[StringSpan]:
    for entry in _ENTRY.finditer(text):
        if entry["value"] is not None:
            start, end = entry.span("value")
            said = _ESCAPE.sub(_letter, entry["value"][1:-1])
            yield StringSpan(start + 1, end - 1, said, entry["key"].strip('"'), _written)


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _NAMED.get(escape[2], escape[2])


def _written(text: str) -> str:
    return text.translate(_WRITTEN)
