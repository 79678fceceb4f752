"""Comments that document: what of their lines is language, without stars, names of parameters, examples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.values import DataValue
from crosslate.service.pipeline.layout.machine.directives import PARAMETER

_LINE = re.compile(r"[^\n]*\n?")
_STAR = re.compile(r"[ \t]*\*+(?!\S)[ \t]?")
_NAME = re.compile(
    rf"[ \t]*(?:{PARAMETER}"
    r"|@\w+(?:[ \t]+\{[^{}\n]*\})?"
    r"|:(?:\w+)(?:[ \t]+[\w.*]+){0,2}:"
    r"|(?:\*{0,2}[a-z_][\w.]*|[A-Z]\w*(?:Error|Exception|Warning))(?:[ \t]*\([^()\n]*\))?:(?=\s)"
    r"|(?:Args|Arguments|Parameters|Returns?|Raises|Yields?|Attributes|Examples?|Notes?):?[ \t]*\r?(?:\n|\Z)"
    r")[ \t]*"
)
"""What tools look for at the beginning of a line."""
_EXAMPLE = re.compile(r"[ \t]*(?:>>>|\.\.\.[ \t]|-{3,}|={3,}|\.\. )")


def doc_values(text: str, span: Span) -> Iterator[DataValue]:
    """What is to be read of such a comment, by its span in the text without the marks at its ends."""
    pieces: list[Span] = []
    for line in _LINE.finditer(text, *span):
        start, end = line.span()
        star = _STAR.match(text, start, end)
        start = start if star is None else star.end()
        name = _NAME.match(text, start, end)
        is_example = _EXAMPLE.match(text, start, end) is not None
        if name is not None or is_example:
            yield from _value(pieces)
            pieces = []
            start = end if is_example or name is None else name.end()
        if start < end:
            pieces.append((start, end))
    yield from _value(pieces)


def _value(pieces: list[Span]) -> Iterator[DataValue]:
    if pieces:
        yield DataValue((pieces[0][0], pieces[-1][1]), pieces=tuple(pieces))
