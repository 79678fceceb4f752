"""Figures that other languages count otherwise: `令和6年` and `พ.ศ. 2567` are 2024, `3割` is 30 %."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.digits import plain_digits

_BEFORE_FIRST = {
    **{"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867},
    **dict.fromkeys(("民國", "民国"), 1911),
    **dict.fromkeys(("พ.ศ.", "พุทธศักราช"), -543),
}
"""The year before the first of each."""
_YEAR = re.compile(rf"({'|'.join(map(re.escape, _BEFORE_FIRST))})[ \xa0]?(\d{{1,4}}|元)")
_TENTHS = re.compile(r"\d(?=割)")


def counted_otherwise(text: str) -> Iterator[tuple[Span, str]]:
    """Where such figures stand, each with what others write."""
    for match in _YEAR.finditer(text):
        figures = plain_digits(match[2])
        yield match.span(2), str(_BEFORE_FIRST[match[1]] + (int(figures) if figures.isdecimal() else 1))
    for match in _TENTHS.finditer(text):
        yield match.span(), plain_digits(match[0]) + "0"
