"""Grapheme clusters for tests, after UAX #29."""

from __future__ import annotations

from collections.abc import Iterator

import regex

CLUSTERS = (
    "🏳️‍🌈", "👨‍👩‍👧‍👦", "👍🏽", "🇵🇹", "🇧🇷", "❤️", "1️⃣", "e\u0301", "か\u3099", "\u1112\u1161\u11ab", "한",
    "क्षि", "நி", "กำ",
    "葛\U000e0100", "a\u0301\u0323", "!\ufe0f", "—\u0301",
)  # fmt: skip
"""Each is one."""


def inner_positions(text: str) -> Iterator[int]:
    """Positions within the clusters of a text, by the library alone."""
    for match in regex.finditer(r"\X", text):
        yield from range(match.start() + 1, match.end())
