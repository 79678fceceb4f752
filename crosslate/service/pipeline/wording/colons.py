"""What an output says behind a colon that ends its source: `Prós: A localização é` for `Pros:`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.text.origin import DerivedText

_LEADING = re.compile(r"[^:]+:\s*")
_BEHIND = re.compile(r"[^:]+:(?P<more>\s+\S[^:]*)")
_LONGEST = 40
"""Of a source that is a label or a heading rather than a sentence with a colon."""


@dataclass(frozen=True, slots=True)
class EndsInColon:
    """Takes what stands there away."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text up to its colon; as it is where that is not its only one."""
        more = _BEHIND.fullmatch(written.text)
        return written if more is None else written.edited([(more.span("more"), "")])


def ends_in_colon(text: str) -> EndsInColon | None:
    """For a short source that ends in its only colon."""
    return EndsInColon() if len(text) <= _LONGEST and _LEADING.fullmatch(text) is not None else None
