"""What of marked-up text is not copied as it was sent, though it is in no passage: translated attributes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Spans of a text, in order, and what is to stand in their place wherever it is copied."""

    edits: tuple[tuple[Span, str], ...] = ()

    def copied(self, text: str, start: int, end: int) -> str:
        """What is to stand for the characters from `start` to `end`."""
        if not self.edits:
            return text[start:end]
        written, at = "", start
        first = bisect_left(self.edits, start, key=lambda edit: edit[0][0])
        for (one, other), new in self.edits[first:]:
            if other > end:
                break
            written += text[at:one] + new
            at = other
        return written + text[at:end]


AS_SENT = Rewrites()
