"""What of data is read: the spans of values, and how what is in them is written."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span

_NAME = re.compile(r"\S*(?:[\d_/@$\\{}<>|]|[.:]\w)\S*|[a-z]+(?:[A-Z]|-\w)\S*")


class Style(Enum):
    """How the characters of a value are written."""

    PLAIN = "plain"
    """As they are; it may have several lines."""
    ESCAPED_DOUBLE = '\\"'
    """Between double quotation marks, which have a backslash in it, as line ends are `\\n`."""
    ESCAPED_SINGLE = "\\'"
    ESCAPED_COMMA = "\\,"
    """Without quotation marks; commas, semicolons and line ends have a backslash."""
    DOUBLED_DOUBLE = '""'
    """Between double quotation marks, which stand twice in it."""
    DOUBLED_SINGLE = "''"


class DataValue(NamedTuple):
    """One value that is language to a reader."""

    span: Span
    """Without its quotation marks."""
    style: Style = Style.PLAIN
    pieces: tuple[Span, ...] = ()
    """What of it is read as one, in order, where something stands between: the strings of a message."""
    seat: Span | None = None
    """Where its translation is to stand; None: in its own place."""


def is_name(value: str) -> bool:
    """Whether a value is one name, number or address, as programs know them, rather than a word."""
    return _NAME.fullmatch(value) is not None


def is_code_word(value: str) -> bool:
    """Whether it is that, or one word in lower case, of which programs choose: `red`, `en`, `production`."""
    return is_name(value) or (value.isalpha() and value.islower())
