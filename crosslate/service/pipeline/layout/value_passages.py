"""From values of data to what a model reads of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.values import DataValue, Style
from crosslate.service.pipeline.layout.plain.line_tags import between_tags
from crosslate.service.pipeline.text.origin import DerivedText, joined
from crosslate.service.pipeline.text.passage_forms import Forms
from crosslate.service.pipeline.text.passages import Gap, Passage, Seat

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}"
    r"|(?P<code>x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})|.)",
    re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CELL = re.compile(r"[^\t\n\r\v\f\x00\x1c-\x1f\x85\u2028\u2029]+")
_CONTROLS = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_ALWAYS = {**_CONTROLS, "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def value_passages(
    whole: DerivedText, value: DataValue, plain: Callable[[str], list[Passage]]
) -> list[Passage]:
    """What is to be read of a value.

    Args:
        whole: the text that it is of.
        value: its place there.
        plain: how a text is read that is written as it is.
    """
    spans = value.pieces or (value.span,)
    parts = [whole.part(*span) for span in spans]
    if any(part.span != span for part, span in zip(parts, spans, strict=True)):
        return []  # a mark above one of its quotation marks
    inside = joined(parts, "")
    if value.style is Style.PLAIN:
        return [_of_pieces(passage, inside, whole) for passage in plain(inside.text)]
    mark = value.style.value[-1]
    if value.style in (Style.DOUBLED_DOUBLE, Style.DOUBLED_SINGLE):
        found = {match.span(): mark for match in re.finditer(mark * 2, inside.text)}
        return list(_lines(inside, found, {mark: mark * 2}))
    seat = None if value.seat is None else Seat(value.seat, inside)
    marks = mark if value.style is not Style.ESCAPED_COMMA else _escaped_marks(inside.text)
    return [replace(passage, seat=seat) for passage in escaped_passages(inside, marks)]


def _escaped_marks(text: str) -> str:
    """Of calendars: those with a backslash, unless one is there without."""
    return "".join(mark for mark in ",;" if re.search(rf"(?<!\\){mark}", text) is None)


def _of_pieces(passage: Passage, inside: DerivedText, whole: DerivedText) -> Passage:
    """A passage of the whole text, with what stands between its pieces wherever a line of it ends."""
    moved = passage.of(inside.origin)
    if all("\n" not in gap.text for gap in passage.gaps):
        return moved
    gaps = list(moved.gaps)
    for number, gap in enumerate(passage.gaps):
        if "\n" in gap.text:
            start, end = gap.span
            span = inside.origin.span((start - 1, start))[1], inside.origin.span((end, end + 1))[0]
            gaps[number] = Gap(span, whole.text[slice(*span)])
    return replace(moved, gaps=tuple(gaps))


def escaped_passages(written: DerivedText, marks: str) -> Iterator[Passage]:
    """What is to be read of a string with backslashes, without its quotation marks: its lines and cells.

    Args:
        written: the string.
        marks: the signs that have a backslash in it.
    """
    escapes: dict[Span, str] = {}
    for match in _ESCAPE.finditer(written.text):
        character = _character(match)
        if character is None:  # of another language: nobody knows what it is to be in a translation
            return iter(())
        escapes[match.span()] = character
    own = {one: written.text[slice(*span)] for span, one in escapes.items() if not one.isalnum()}
    return _lines(written, escapes, _ALWAYS | {mark: f"\\{mark}" for mark in marks} | own)


def _lines(written: DerivedText, edits: Mapping[Span, str], forms: Mapping[str, str]) -> Iterator[Passage]:
    read = written.edited(list(edits.items()))
    if _SURROGATE.search(read.text) is not None:
        return
    for cell in _CELL.finditer(read.text):
        for span in between_tags(read.text, *cell.span())[0]:
            if any(map(str.isalpha, read.text[slice(*span)])):
                yield Passage(text=read.part(*span), forms=Forms(forms), is_markup=True)


def _character(escape: re.Match[str]) -> str | None:
    """What an escape stands for; behind a backslash a sign stands for itself."""
    if escape["code"]:
        return chr(int(escape["code"][1:], 16))
    try:
        return str(json.loads(f'"{escape.group()}"'))
    except ValueError:
        sign = escape.group()[1:]
        return None if sign.isalnum() else sign
