"""A slash between two words that touch it, beside which models put blanks: `N / D` for `N/A`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.origin import DerivedText

_LOOSE = re.compile(r"(?<=\w)(?P<before>[ ]?)/(?P<after>[ ]?)(?=\w)")
_BLANK_BESIDE = re.compile(r"\s/|/\s")


@dataclass(frozen=True, slots=True)
class TightSlashes:
    """Takes the blanks away."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text without them."""
        found = _LOOSE.finditer(written.text)
        spans = [match.span(side) for match in found for side in ("before", "after") if match[side]]
        return written.edited([(span, "") for span in spans]) if spans else written


def tight_slashes(text: str) -> TightSlashes | None:
    """For a text with slashes, none of them with a blank beside it."""
    if "/" not in text or _BLANK_BESIDE.search(text) is not None:
        return None
    return TightSlashes()
