"""`50%%` of messages for `printf`: models write it as people do, with one sign, which breaks the message."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.text.origin import DerivedText

_PERCENT = re.compile(r"(?P<number>\d[\d.,]{0,20})(?P<blank>[ \xa0\u202f]?)(?P<signs>%{1,2})(?!%)")


@dataclass(frozen=True, slots=True)
class DoubledPercents:
    """Writes two signs behind the numbers that have two in the source."""

    numbers: frozenset[str]
    """Their figures alone: the separators are those of a language."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these signs."""
        found = _PERCENT.finditer(written.text)
        single = [match for match in found if match["signs"] == "%" and _figures(match) in self.numbers]
        return written.edited([(match.span("signs"), "%%") for match in single])


def doubled_percents(text: str) -> DoubledPercents | None:
    """Those of a text; None where there are none. A number that has one sign elsewhere keeps what it has."""
    if "%%" not in text:
        return None
    by_signs: dict[str, set[str]] = {"%": set(), "%%": set()}
    for match in _PERCENT.finditer(text):
        by_signs[match["signs"]].add(_figures(match))
    numbers = frozenset(by_signs["%%"] - by_signs["%"])
    return DoubledPercents(numbers) if numbers else None


def _figures(match: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, match["number"]))
