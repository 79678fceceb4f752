"""Messages of Java programs (`.properties`): `key = value`, over several lines that end in a backslash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.localization.string_spans import StringSpan, document_of_spans

_KIND = ".properties"
_LINE = re.compile(
    r"^[ \t\f]*+(?![#!])(?P<key>(?:\\(?:\r\n|[^\r])|[^\\\s:=])++)[ \t\f]*+(?:[:=][ \t\f]*+)?"
    r"(?P<value>(?:\\(?:\r\n|.)|[^\\\r\n])*+)",
    re.MULTILINE | re.DOTALL,
)
_GOES_ON = re.compile(r"\\(?:\r\n|\r|\n)[ \t\f]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_TO_ESCAPE = re.compile(r"[\\\n\t\r\f]|^ ")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ARGUMENT = re.compile(r"\{\d")
_LONE_QUOTE = re.compile(r"(?<!')'(?!')")
_OLD_ENCODING = "iso-8859-1"
"""In which Java reads these files up to version 8, and `Properties` does still."""


def read_properties(data: bytes, options: ReadOptions) -> Document:
    """The values. Letters that are not in ASCII are escaped, unless the file has such letters as they are.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, _KIND, options.source_lang, _OLD_ENCODING)
    is_escaped = file.text.isascii() or not file.encoding.startswith("utf")
    return document_of_spans(file, list(_values(file.text, is_escaped=is_escaped)))


def _values(text: str, *, is_escaped: bool) -> Iterator[StringSpan]:
    for line in _LINE.finditer(text):
        said = _read(line["value"])
        # What has arguments is read by MessageFormat, to which one quote is a beginning, and two are a quote.
        has_quotes = _ARGUMENT.search(said) is not None and _LONE_QUOTE.search(said) is None
        start, end = line.span("value")
        yield StringSpan(
            start,
            end,
            said.replace("''", "'") if has_quotes else said,
            _read(line["key"]),
            _writer(is_escaped=is_escaped, has_quotes=has_quotes),
        )


def _writer(*, is_escaped: bool, has_quotes: bool) -> Callable[[str], str]:
    return partial(_written, is_escaped=is_escaped, has_quotes=has_quotes)


def _read(value: str) -> str:
    joined = _ESCAPE.sub(_letter, _GOES_ON.sub("", value))
    # Letters beyond the first plane are written as two halves.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _NAMED.get(escape[2], escape[2])


def _written(text: str, *, is_escaped: bool, has_quotes: bool) -> str:
    quoted = text.replace("'", "''") if has_quotes else text
    escaped = _TO_ESCAPE.sub(_escaped, quoted)
    return _NOT_ASCII.sub(_in_numbers, escaped) if is_escaped else escaped


def _escaped(sign: re.Match[str]) -> str:
    names = {value: name for name, value in _NAMED.items()}
    return f"\\{names.get(sign[0], sign[0])}"


def _in_numbers(letter: re.Match[str]) -> str:
    units = letter[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
