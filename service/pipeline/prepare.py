"""Characters that no reader sees and that only confuse a model are taken out before translation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.tokenizer import Span

# Controls, soft hyphens, zero-width spaces, byte order marks, directional marks. Not the joiners
# U+200C and U+200D: they are part of the spelling in Persian, Indic scripts and emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True)
class PreparedText:
    """What the model is given, and where each of its characters stood in the original."""

    text: str
    positions: list[int] | None
    """Index in the original of each character of `text`; None when nothing was changed."""

    def original_span(self, span: Span) -> Span:
        """A span of `text` as a span of the original."""
        if self.positions is None:
            return span
        start, end = span
        if start == end:
            at = self.positions[start] if start < len(self.positions) else self._original_end
            return at, at
        return self.positions[start], self.positions[end - 1] + 1

    @property
    def _original_end(self) -> int:
        return self.positions[-1] + 1 if self.positions else 0


def prepare(text: str) -> PreparedText:
    """`text` without invisible characters."""
    if _INVISIBLE.search(text) is None:
        return PreparedText(text, None)
    positions = [i for i, character in enumerate(text) if _INVISIBLE.match(character) is None]
    return PreparedText("".join(text[i] for i in positions), positions)
