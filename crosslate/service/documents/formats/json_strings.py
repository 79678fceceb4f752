"""JSON: the strings that are values, or those at certain paths; every other byte of the file stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.encoding import read_text

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_NON_ASCII_ESCAPE = re.compile(r"\\u(?!00[0-7])")


@dataclass(frozen=True, slots=True)
class _Value:
    """A string that is a value."""

    start: int
    end: int
    path: tuple[str, ...]


@dataclass(slots=True)
class _Container:
    is_object: bool
    index: int = 0
    key: str | None = None

    @property
    def place(self) -> str:
        return (self.key or "") if self.is_object else str(self.index)


def read_json(data: bytes, options: ReadOptions) -> Document:
    """The strings, in the order of the file.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".json", options.source_lang)
    try:
        json.loads(file.text)
    except json.JSONDecodeError as error:
        raise unreadable(".json", f"{error.msg.lower()} in line {error.lineno}") from None
    except RecursionError:
        raise unreadable(".json", "it is nested too deeply") from None
    is_ascii = file.text.isascii() and _NON_ASCII_ESCAPE.search(file.text) is not None
    wanted = [path.split(".") for path in options.paths]
    values = [
        (value, text)
        for value in _values(file.text)
        if _is_wanted(value.path, wanted)
        and has_words(text := json.loads(file.text[value.start : value.end]))
    ]

    def write(translations: Sequence[str]) -> bytes:
        pieces, at = [], 0
        for (value, _), text in zip(values, translations, strict=True):
            pieces += [file.text[at : value.start], json.dumps(text, ensure_ascii=is_ascii)]
            at = value.end
        return file.encoded("".join([*pieces, file.text[at:]]))

    segments = [Segment(text, "text", ".".join(value.path)) for value, text in values]
    return Document(segments, write, file.notices)


def _is_wanted(path: Sequence[str], wanted: Sequence[Sequence[str]]) -> bool:
    return not wanted or any(len(path) == len(one) and all(map(fnmatchcase, path, one)) for one in wanted)


def _values(text: str) -> Iterator[_Value]:
    """The string values of a text that is known to be JSON."""
    open_ones: list[_Container] = []
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        inner = open_ones[-1] if open_ones else None
        if first in "{[":
            open_ones.append(_Container(first == "{"))
        elif first in "}]":
            open_ones.pop()
        elif first == "," and inner is not None:
            inner.index, inner.key = inner.index + 1, None
        elif first == '"':
            if inner is not None and inner.is_object and inner.key is None:
                inner.key = json.loads(token[0])
            else:
                yield _Value(token.start(), token.end(), tuple(one.place for one in open_ones))
