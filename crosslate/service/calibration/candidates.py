"""What of a model's cross-attention could be its alignment: layers, heads, rows; and what each one shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from crosslate.models.alignment.alignment import mask_special, membership, word_map
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.calibration.anchors import Anchor

Row = Literal["input", "output"]
ROWS: tuple[Row, Row] = ("output", "input")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Some heads of a layer, or all of them (None), at one of the rows that may belong to a token."""

    layer: int
    heads: tuple[int, ...] | None
    row: Row

    @classmethod
    def of(cls, config: AlignmentConfig, num_heads: int) -> Candidate:
        """What a model of so many heads is read by now."""
        are_all = config.heads is not None and len(set(config.heads)) == num_heads
        return cls(config.layer, None if are_all else config.heads, config.row)


def candidates_of(num_layers: int, num_heads: int) -> list[Candidate]:
    """Each head, and the mean of each layer, at both rows. A single head is all of its layer."""
    heads: list[tuple[int, ...] | None] = [None]
    if num_heads > 1:
        heads += [(head,) for head in range(num_heads)]
    return [Candidate(layer, chosen, row) for row in ROWS for layer in range(num_layers) for chosen in heads]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One pair as a model reads it.

    Attributes:
        attention: `(L, H, T + 1, S)`, half precision: a row for each token that the decoder reads, the start
            first. So row t outputs token t, and row t + 1 is the one that reads it.
        source_spans: of the S tokens.
        sources, targets: words by tokens, `(Sw, S)` and `(Tw, T)`, see `membership`.
        anchors: words that are known to belong together.
    """

    attention: FloatArray
    source_spans: Sequence[Span | None]
    sources: FloatArray
    targets: FloatArray
    anchors: Sequence[Anchor]

    @classmethod
    def of(
        cls,
        attention: FloatArray,
        *,
        source: tuple[Sequence[Span], Sequence[Span | None]],
        target: tuple[Sequence[Span], Sequence[Span | None]],
        anchors: Sequence[Anchor],
    ) -> Reading:
        """`source` and `target` are the words and the tokens of each text."""
        return cls(
            attention=attention.astype(np.float16),
            source_spans=source[1],
            sources=membership(*source),
            targets=membership(*target),
            anchors=anchors,
        )

    @property
    def num_seen(self) -> int:
        """Source tokens that stand for text."""
        return sum(span is not None for span in self.source_spans)

    def word_maps(self, candidates: Sequence[Candidate]) -> FloatArray:
        """What each of them shows, `(C, Tw, Sw)`, as `word_map` makes it of what a request would be given."""
        chosen = np.stack([self._selected(candidate) for candidate in candidates])
        tokens = mask_special(chosen, self.source_spans).matrix
        return word_map(tokens, sources=self.sources, targets=self.targets)

    def _selected(self, candidate: Candidate) -> FloatArray:
        layer = self.attention[candidate.layer]
        rows = layer[:, 1:] if candidate.row == "input" else layer[:, :-1]
        heads = rows if candidate.heads is None else rows[list(candidate.heads)]
        mean: FloatArray = heads.mean(axis=0, dtype=np.float32)
        return mean
