"""Members of JSON's objects where they stand, so that others are added beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True, slots=True)
class Member:
    """A key and its value."""

    key: str
    start: int
    """Of the key, with its quotation mark."""
    value: int
    end: int
    """Of the value."""


def members_of(text: str, start: int) -> Iterator[Member]:
    """Those of the object that begins at a place of a text that is known to be JSON."""
    depth, key, value = 0, None, None
    end = start
    for token in _TOKEN.finditer(text, start):
        sign = token[0]
        if depth == 1 and sign in {",", "}"} and key is not None and value is not None:
            yield Member(json.loads(key[0]), key.start(), value, end)
            key = value = None
        if sign in {"{", "["}:
            if depth == 1 and value is None:
                value = token.start()
            depth += 1
        elif sign in {"}", "]"}:
            depth -= 1
        elif depth == 1 and sign not in {":", ","}:
            if key is None:
                key = token
            else:
                value = token.start()
        end = token.end()
        if depth == 0:
            return
