"""What each head does: how widely it looks, how much of that is at no text, how well it would show links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosslate.models.alignment.alignment import mask_special
from crosslate.models.arrays import FloatArray
from crosslate.service.calibration.candidates import Reading
from crosslate.service.calibration.choosing import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSummary:
    """One head of the decoder, over all rows of all pairs."""

    layer: int
    head: int
    entropy: float
    """Of its weights on text, as a share of the largest possible: 0 looks at one token, 1 at all alike."""
    without_text: float
    """The share of its weights on tokens without text: ends, language tags."""
    best: Judged
    """At the row where it shows links better."""
    lost: float | None
    """What a target's token loses of its log-probability without it, a mean; see `Silencing`."""


def summarize_heads(
    readings: Sequence[Reading], judged: Sequence[Judged], lost: FloatArray | None = None
) -> list[HeadSummary]:
    """Every head, in order; `judged` are all single ones and means of layers, the best first.

    `lost`, (L, H), is None where no head was silenced.
    """
    entropy, without_text = _mean_rows(readings)
    best: dict[tuple[int, int], Judged] = {}
    num_layers, num_heads = entropy.shape
    for each in judged:
        heads = each.candidate.heads or ((0,) if num_heads == 1 else ())
        for head in heads:
            best.setdefault((each.candidate.layer, head), each)
    return [
        HeadSummary(
            layer=layer,
            head=head,
            entropy=float(entropy[layer, head]),
            without_text=float(without_text[layer, head]),
            best=best[layer, head],
            lost=None if lost is None else float(lost[layer, head]),
        )
        for layer in range(num_layers)
        for head in range(num_heads)
    ]


def _mean_rows(readings: Sequence[Reading]) -> tuple[FloatArray, FloatArray]:
    """Entropy and weight without text of the mean row, each `(L, H)`."""
    entropies, sinks = [], []
    for reading in readings:
        # Of the last token there is a row more than it needs.
        weights = reading.attention[:, :, :-1].astype(np.float32)
        tokens = mask_special(weights, reading.source_spans)
        entropies.append(_entropy(tokens.matrix, reading.num_seen))
        sinks.append(tokens.sink_mass)
    entropy: FloatArray = np.concatenate(entropies, axis=-1).mean(axis=-1)
    without_text: FloatArray = np.concatenate(sinks, axis=-1).mean(axis=-1)
    return entropy, without_text


def _entropy(matrix: FloatArray, num_seen: int) -> FloatArray:
    """`(..., T, S)`, rows that sum to 1 over `num_seen` columns -> `(..., T)` in 0..1."""
    if num_seen < 2:
        return np.zeros(matrix.shape[:-1], dtype=np.float32)
    logarithms = np.log(matrix, out=np.zeros_like(matrix), where=matrix > 0)
    found: FloatArray = -(matrix * logarithms).sum(axis=-1) / np.float32(np.log(num_seen))
    return found
