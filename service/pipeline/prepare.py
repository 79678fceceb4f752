"""What only confuses a model is taken out of its input: invisible characters, punctuation it cannot read.

Many vocabularies lack typographic quotation marks and dashes; the model then sees "unknown" and often
drops them or what stands beside them. On the FLORES sentences that contain any, plain ones gain the starter
models 3.9 BLEU (en-pt) and 2.4 BLEU (pt-en).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from models.tokenizer import Span, Tokenizer

# Controls, soft hyphens, zero-width spaces, byte order marks, directional marks. Not the joiners
# U+200C and U+200D: they are part of the spelling in Persian, Indic scripts and emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)

_LOOKALIKES = {**dict.fromkeys("‘’‚‛`´", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}


@dataclass(frozen=True, slots=True)
class PreparedText:
    """What the model is given, and where each of its characters stood in the original."""

    text: str
    positions: list[int] | None
    """Index in the original of each character of `text`; None when all are where they were."""

    def original_span(self, span: Span) -> Span:
        """A span of `text` as a span of the original."""
        if self.positions is None:
            return span
        start, end = span
        if start == end:
            at = self.positions[start] if start < len(self.positions) else self._original_end
            return at, at
        return self.positions[start], self.positions[end - 1] + 1

    def prepared_span(self, span: Span) -> Span:
        """A span of the original as a span of `text`."""
        if self.positions is None:
            return span
        return bisect_left(self.positions, span[0]), bisect_left(self.positions, span[1])

    @property
    def _original_end(self) -> int:
        return self.positions[-1] + 1 if self.positions else 0


def lookalikes(tokenizer: Tokenizer) -> dict[int, str]:
    """Quotation marks and dashes that this vocabulary lacks, with plain ones that it has, for `prepare`."""
    unknown = tokenizer.unknown_token_id
    if unknown is None:
        return {}
    return {
        ord(character): plain
        for character, plain in _LOOKALIKES.items()
        if unknown in tokenizer.encode_source(character) and unknown not in tokenizer.encode_source(plain)
    }


def prepare(text: str, substitutes: Mapping[int, str]) -> PreparedText:
    """`text` without invisible characters, and with `substitutes` (one character for one) put in."""
    if substitutes and not text.isascii():
        text = text.translate(substitutes)
    if _INVISIBLE.search(text) is None:
        return PreparedText(text, None)
    positions = [i for i, character in enumerate(text) if _INVISIBLE.match(character) is None]
    return PreparedText("".join(text[i] for i in positions), positions)
