"""BBCode, the tags of forums and shops: `[b]words[/b]`, `[url=https://…]words[/url]`, `[img]…[/img]`.

What is written in brackets in a sentence, `[i]t was said`, is none: a tag has its closing one, or a value, or
words against it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

_SHORT = "b|i|u|s|h[1-6]"
_LONG = (
    "bold|italic|underline|strike|del|ins|sub|sup|url|link|email|color|colour|size|font|style|highlight|quote|list|ol|ul|"
    "li|table|tr|td|th|center|left|right|justify|indent|spoiler|hide|align|background|bg|user|mention|topic|post|tooltip|abbr"
)
_CLOSED = r"(?=[^\n]{0,500}?\[/(?P=name)\])"
_CODE = re.compile(
    r"\[(?P<name>img|code|php|html|pre|noparse|icode|youtube|video|media|audio|attach|gif|math|tex)"
    r"(?:[= ][^\[\]\n]{0,200})?\][^\n]{0,1000}?\[/(?P=name)\]"
    r"|\[(?P<address>url|email|link)\][^\s\[\]]{1,1000}\[/(?P=address)\]",
    re.IGNORECASE,
)
_TAG = re.compile(
    rf"\[(?P<name>{_SHORT})\]{_CLOSED}|\[/(?:{_SHORT}|{_LONG})\]"
    rf"|\[(?:{_LONG})=[^\[\]\n]{{1,300}}\]|\[(?:{_LONG})\](?=[^\W_]|\[)|\[(?:hr|br|\*)\]",
    re.IGNORECASE,
)


def forum_code(text: str) -> Iterator[Span]:
    """Where elements stand of which nothing is read, in order: pictures, code, addresses."""
    return (match.span() for match in _CODE.finditer(text))


def forum_tags(text: str) -> Iterator[Span]:
    """Where other tags stand, in order."""
    return (match.span() for match in _TAG.finditer(text))


_LINE = re.compile(
    rf"^[ \t]*(?:\[/?(?:{_SHORT}|{_LONG})(?:=[^\[\]\n]{{1,300}})?\][ \t]*)+\r?$",
    re.IGNORECASE | re.MULTILINE,
)
_EDGE_OF_CODE = re.compile(
    r"\[(?P<end>/?)(?P<name>code|php|html|pre|noparse|tex)(?:=[^\[\]\n]{0,100})?\]", re.I
)


def forum_lines(text: str) -> list[Span]:
    """Lines of nothing but tags, and of code between them, in order."""
    if "[/" not in text or "\n" not in text:
        return []
    code = list(_code_of_lines(text))
    lines = (match.span() for match in _LINE.finditer(text))
    starts = [start for start, _ in code]

    def is_code(place: int) -> bool:
        number = bisect_right(starts, place) - 1
        return number >= 0 and place < code[number][1]

    return sorted([*code, *(line for line in lines if not is_code(line[0]))])


def _code_of_lines(text: str) -> Iterator[Span]:
    """From the line that opens code to where it is closed; what is never closed opens nothing."""
    opening: re.Match[str] | None = None
    for edge in _EDGE_OF_CODE.finditer(text):
        if opening is None and not edge["end"]:
            opening = edge
        elif opening is not None and edge["end"] and edge["name"].lower() == opening["name"].lower():
            if "\n" in text[opening.end() : edge.start()]:
                yield opening.start(), edge.end()
            opening = None
