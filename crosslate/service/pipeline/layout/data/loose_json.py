"""JSON as people and logs have it: cut off, with commas too many, comments, other quotation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from crosslate.service.pipeline.layout.data.values import DataValue, Style

_MAY_BE = re.compile(r"(?:\s|\ufeff|//[^\n]*\n|/\*[^*]*+\*/)*+[{\[]")
_TOKEN = re.compile(
    r"\s*+(?:(?P<double>\"(?:[^\"\\\r\n]|\\.)*+\")|(?P<single>'(?:[^'\\\r\n]|\\.)*+')"
    r"|//[ \t]*(?P<line>[^\r\n]*)|/\*\s*(?P<block>(?:[^*]|\*(?!/))*+)(?:\*/|\Z)"
    r"|(?P<mark>[{}\[\],:])|(?P<word>[\w$.+\-]+)|(?P<cut>[\"'][^\r\n]*)\s*\Z|(?P<end>;?\s*\Z))"
)
_LITERAL = re.compile(
    r"[+\-]?(?:\d[\w.+\-]*|\.\d+|Infinity)|NaN|true|false|null|undefined|True|False|None|\.\.\."
)
_LEAST_STRINGS = 2
"""Of a list without any key."""


class _Expected(Enum):
    """What may come next."""

    KEY = auto()
    COLON = auto()
    VALUE = auto()
    COMMA = auto()


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    open_ones: list[str] = field(default_factory=list)
    expected: _Expected = _Expected.VALUE
    num_pairs: int = 0
    num_strings: int = 0
    values: list[DataValue] = field(default_factory=list)

    @property
    def is_sure(self) -> bool:
        """Whether a sentence in brackets is out of the question."""
        return self.num_pairs > 0 or self.num_strings >= _LEAST_STRINGS

    def takes_mark(self, mark: str) -> bool:
        """Whether a mark may stand here."""
        if mark in "{[":
            if self.expected not in (_Expected.VALUE, _Expected.COMMA):
                return False
            self.open_ones.append(mark)
            self.expected = _Expected.KEY if mark == "{" else _Expected.VALUE
        elif mark in "}]":
            if not self.open_ones or self.expected is _Expected.COLON:
                return False
            self.open_ones.pop()
            self.expected = _Expected.COMMA
        elif mark == ":":
            if self.expected is not _Expected.COLON:
                return False
            self.expected = _Expected.VALUE
            self.num_pairs += 1
        else:
            return self._takes_comma()
        return True

    def takes_scalar(self, value: DataValue | None, *, is_literal: bool) -> bool:
        """Whether a string (`value`) or a word may stand here; a comma before it may be missing."""
        in_object = bool(self.open_ones) and self.open_ones[-1] == "{"
        if self.expected is _Expected.COMMA and value is not None:
            self.expected = _Expected.KEY if in_object else _Expected.VALUE
        if not self.open_ones:
            return False
        if self.expected is _Expected.KEY:
            self.expected = _Expected.COLON
            return True
        if self.expected is not _Expected.VALUE or (value is None and not is_literal):
            return False
        if value is not None:
            self.num_strings += 1
            self.values.append(value)
        self.expected = _Expected.COMMA
        return True

    def _takes_comma(self) -> bool:
        if self.expected is not _Expected.COMMA:
            return False
        if self.open_ones:
            self.expected = _Expected.KEY if self.open_ones[-1] == "{" else _Expected.VALUE
        return True


def loose_json_values(text: str) -> list[DataValue] | None:
    """The strings that are values, and the comments, of a text that is nearly JSON; None of any other.

    Some string has to have a key, or a list two strings: sentences stand in brackets, too.
    """
    if _MAY_BE.match(text) is None:
        return None
    reading = _Reading()
    for token in _tokens(text):
        if token is None or not _takes(reading, token):
            return None
    return reading.values if reading.is_sure else None


def _tokens(text: str) -> Iterator[re.Match[str] | None]:
    """In order; None where something else stands."""
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        yield token
        if token is None or token.end() == at:
            return
        at = token.end()


def _takes(reading: _Reading, token: re.Match[str]) -> bool:
    kind = token.lastgroup or "end"
    start, end = token.span(kind)
    match kind:
        case "mark":
            return reading.takes_mark(token[kind])
        case "word":
            return reading.takes_scalar(None, is_literal=_LITERAL.fullmatch(token[kind]) is not None)
        case "line" | "block":
            reading.values.append(DataValue((start, start + len(token[kind].rstrip()))))
        case "double" | "single":
            style = Style.ESCAPED_DOUBLE if kind == "double" else Style.ESCAPED_SINGLE
            return reading.takes_scalar(DataValue((start + 1, end - 1), style), is_literal=False)
        case "cut":
            style = Style.ESCAPED_DOUBLE if token[kind][0] == '"' else Style.ESCAPED_SINGLE
            is_value = reading.expected is _Expected.VALUE
            cut = DataValue((start + 1, end if is_value else start + 1), style)
            return reading.takes_scalar(cut, is_literal=False)
    return True
