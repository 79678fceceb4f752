"""Where the words of a paragraph of Markdown begin, and where they begin anew within it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.versions import UNITS
from crosslate.service.pipeline.layout.markdown.admonitions import end_of_edge, opening
from crosslate.service.pipeline.layout.plain.line_marks import commit_words
from crosslate.service.pipeline.layout.plain.lines import STEP, TRAIL

_LEADING = re.compile(r"(?:\[[ xX]\][ \t]+|\[\^[^\]\s]+\]:[ \t]*)+|:[ \t]+|\[![A-Za-z]{2,20}\][+-]?[ \t]*\n?")
"""Boxes, notes, what a term means below it, and the kind of an alert: `[!NOTE]`."""
_DEFINITION = re.compile(r":[ \t]+(?=\S)")
_HEADLINE = re.compile(r"[ \t>]*(?P<marks>\*{1,3}|_{1,3})(?=\S)[^*_\r\n]{1,80}(?<=\S)(?P=marks)[:.!?]?[ \t]*")
"""A line that is all emphasized."""
_SECTION = re.compile(
    rf"\d{{1,3}}(?:\.\d{{1,3}}){{1,4}}\.?[ \t\xa0]+(?=[A-ZÀ-Þ][^\W\d_]{{2}})(?!(?i:{UNITS})\b)"
)
"""The number of a section, before what begins with a capital."""
_SEPARATOR = re.compile(r"\s+[|•·]\s+")
_TARGET = re.compile(r"\]\([^()\s]*\)")
_LABEL = re.compile(r"\w[)\]*_~!?]*\Z")
_MOST_WORDS = 6
"""Of a label: what has more may be a sentence."""
_ANY_MARKS = re.compile(r"[*_`~]")


def before_words(content: str) -> Iterator[Span]:
    """What stands before the words of a paragraph, and what parts its title from them where it has one."""
    if (opened := opening(content)) is not None:
        yield from opened
        return
    found = _LEADING.match(content)
    first = found.end() if found else 0
    if (section := _SECTION.match(content, first)) is not None:
        first = section.end()
    else:
        first = commit_words(content, first, len(content), is_amid_commits=False)
    if first:
        yield 0, first


def begun_anew(sent: str, start: int, end: int) -> int | None:
    """Where the words begin of a line of which no other is the beginning; None where the one before is.

    Args:
        sent: the whole text.
        start: where the line end between the two begins.
        end: where the line behind it does.
    """
    if (definition := _DEFINITION.match(sent, end)) is not None:
        return definition.end()
    if (edge := end_of_edge(sent, end)) is not None:
        return edge
    line = max(sent.rfind("\n", 0, start), sent.rfind("\r", 0, start)) + 1
    is_headline = _HEADLINE.fullmatch(sent, line, start) is not None
    return end if is_headline and not sent[end].islower() else None


def between_steps(content: str, *, is_cell: bool) -> Iterator[Span]:
    """What stands between the steps of a way through menus (`**File** → *Save*`), or between their labels."""
    if TRAIL.fullmatch(_ANY_MARKS.sub("", content)) is not None:
        yield from (step.span() for step in STEP.finditer(content))
    elif not is_cell and _is_menu(content):
        yield from (mark.span() for mark in _SEPARATOR.finditer(content))


def _is_menu(content: str) -> bool:
    """Whether labels stand beside each other, as in `[Home](a) | [About us](b)`."""
    labels = _SEPARATOR.split(_TARGET.sub("]", content))
    return len(labels) > 1 and all(
        label.count(" ") < _MOST_WORDS and _LABEL.search(label) for label in labels
    )


def escapes_of_bars(sent: str, places: Sequence[int]) -> Iterator[tuple[Span, str]]:
    """Backslashes before bars of a cell, which no content has."""
    for before, place in pairwise(places):
        if place - before == 2 and sent.startswith("\\|", place - 1):
            yield (place - 1, place), ""
