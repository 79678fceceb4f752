"""Dates in figures, `04/14/2026`: models turn day and month round, and cut the year, of some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span

_DATE = re.compile(r"(?<![\w/.\-])\d{1,4}([/.\-])\d{1,2}\1\d{1,4}(?![\w/]|[.\-]\d)")


def changed_dates(source: str, output: str) -> Sequence[Span]:
    """Where dates stand in a source of which its translation makes other ones in figures.

    With the month as a word they say the same; which of the first two numbers it is, nobody can be sure.
    """
    dates = [*_DATE.finditer(source)]
    if not dates:
        return []
    written = {date.group() for date in _DATE.finditer(output)}
    if written <= {date.group() for date in dates}:
        return []
    return [date.span() for date in dates if date.group() not in written]
