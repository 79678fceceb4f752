"""The strings of JSON that are values, where they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True)
class Value:
    """A string that is a value, with its quotation marks."""

    start: int
    end: int
    path: tuple[str, ...]
    """The keys and indices that lead to it."""


@dataclass(slots=True)
class _Container:
    is_object: bool
    index: int = 0
    key: str | None = None

    @property
    def place(self) -> str:
        return (self.key or "") if self.is_object else str(self.index)


def values_of(text: str) -> Iterator[Value]:
    """The values of a text that is known to be JSON, one document or several."""
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
                yield Value(token.start(), token.end(), tuple(one.place for one in open_ones))


def is_about_others(path: tuple[str, ...]) -> bool:
    """Whether programs alone read a value: `@type` of JSON-LD, `@@locale` and placeholders of ARB."""
    key = next((key for key in reversed(path) if not key.isdigit()), "")
    return key.startswith("@") or any(
        first.startswith("@") and second == "placeholders" for first, second in pairwise(path)
    )
