"""Words and tokens as labels of a picture: short, and with nothing in them that cannot be seen or drawn."""

from __future__ import annotations

import unicodedata

import regex

MAX_LABEL_COLUMNS = 24
"""A longer label is cut and ends in an ellipsis. A letter has one column, an ideograph or emoji two."""

_ELLIPSIS = "…"
# No letter or emoji has more than these; a pile of accents can have any number, and covers its neighbours.
_MAX_CODE_POINTS, _MAX_MARKS = 16, 4
_CLUSTERS = regex.compile(r"\X")
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Grapheme_Cluster_Break=Control}]+")
_NOT_CHARACTERS = regex.compile(r"[\p{Noncharacter_Code_Point}\p{Cs}\x80-\x9f]")
_DOTTED_CIRCLE = "◌"


def short_label(text: str) -> str:
    """`text` as a picture shows it, at most `MAX_LABEL_COLUMNS` wide, cut between grapheme clusters.

    Control characters become their pictures (␉), what is no character a �, an accent without a letter
    stands on a dotted circle. What is invisible is left out, and named (U+200B) where nothing else is there.
    """
    clusters: list[str] = []
    columns = 0
    for match in _CLUSTERS.finditer(text, concurrent=False):
        if not (cluster := _drawable(match.group())):
            continue
        clusters.append(cluster)
        columns += _columns(cluster)
        if columns > MAX_LABEL_COLUMNS:
            return _cut(clusters)
    return "".join(clusters) or _named(text)


def _drawable(cluster: str) -> str:
    """The cluster as it is shown; empty where there is nothing to see."""
    first = cluster[0]
    if cluster == "\r\n":
        return "␍␊"
    if first < " ":
        return chr(0x2400 + ord(first))
    if first == "\x7f":
        return "␡"
    if _NOT_CHARACTERS.match(first, concurrent=False):
        return _bounded("\ufffd" + cluster[1:])
    if invisible := _INVISIBLE.match(
        cluster, concurrent=False
    ):  # a joiner, say, before a skin tone that can be seen
        rest = cluster[invisible.end() :]
        return _drawable(rest) if rest else ""
    return _bounded(_DOTTED_CIRCLE + cluster if _is_mark(first) else cluster)


def _bounded(cluster: str) -> str:
    num_marks = 0
    for i, character in enumerate(cluster):
        num_marks += _is_mark(character)
        if num_marks > _MAX_MARKS or i == _MAX_CODE_POINTS:
            return cluster[:i] + _ELLIPSIS
    return cluster


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _columns(cluster: str) -> int:
    return 2 if any(unicodedata.east_asian_width(character) in "WF" for character in cluster) else 1


def _cut(clusters: list[str]) -> str:
    """So many of the clusters that an ellipsis fits behind them."""
    columns = sum(map(_columns, clusters))
    while columns >= MAX_LABEL_COLUMNS:
        columns -= _columns(clusters.pop())
    return "".join(clusters) + _ELLIPSIS


def _named(text: str) -> str:
    """The code point of what nobody would see."""
    if not text:
        return ""
    return f"U+{ord(text[0]):04X}" + (_ELLIPSIS if len(text) > 1 else "")
