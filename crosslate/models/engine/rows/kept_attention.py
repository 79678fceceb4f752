"""Cross-attention of greedy rows, kept while they decode: compiled layers have computed it anyway.

Whatever else is asked for (beams, every layer, the step that would read the last token) is left to
`AttentionPass`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import AttentionSelection
from crosslate.models.engine.rows.attention_reader import steps_of
from crosslate.models.engine.sequence import Sequence


def keep_attention(sequences: Items[Sequence]) -> None:
    """Have those keep it that want one layer's; before their first step."""
    for sequence in sequences:
        wanted = sequence.request.attention
        if wanted is not None and wanted.layer is not None:
            sequence.kept_attention = [] if sequence.chooser is None else None


def room_for_weights(sequences: Items[Sequence], num_heads: int, longest_source: int) -> dict[int, Tensor]:
    """For each layer that any of them watches: (R, H, S) float32, which a step is to fill."""
    layers = {
        sequence.request.attention.layer
        for sequence in sequences
        if sequence.kept_attention is not None and sequence.request.attention is not None
    }
    shape = len(sequences), num_heads, longest_source
    return {layer: torch.zeros(shape) for layer in layers if layer is not None}


def keep_weights(sequences: Items[Sequence], weights: Mapping[int, Tensor]) -> None:
    """Take what each of them watches of a step; see `room_for_weights`."""
    if not weights:
        return
    means: dict[AttentionSelection, FloatArray] = {}
    for row, sequence in enumerate(sequences):
        kept, wanted = sequence.kept_attention, sequence.request.attention
        if kept is None or wanted is None or wanted.layer is None:
            continue
        mean = means.get(wanted)
        if mean is None:  # one for all rows: most want the same
            mean = means[wanted] = _mean(weights[wanted.layer].numpy(), wanted.heads)
        kept.append(mean[row, : sequence.num_source_tokens].copy())  # else it would hold those of all rows


def kept_rows(sequence: Sequence, limits: RunnerLimits) -> FloatArray | None:
    """The `(T, S)` that it asked for, where its steps have shown all of it."""
    kept, (best, *others), wanted = sequence.kept_attention, sequence.hypotheses, sequence.request.attention
    if kept is None or wanted is None or others or len(kept) != len(best.token_ids):
        return None
    steps = steps_of(best.token_ids, wanted, limits)
    return np.stack([kept[step] for step in steps]) if max(steps) < len(kept) else None


def _mean(weights: FloatArray, heads: tuple[int, ...] | None) -> FloatArray:
    """Over some heads, or all: (R, H, S) -> (R, S)."""
    match heads:
        case None:
            return weights.mean(axis=1)
        case (head,):
            return weights[:, head]
        case _:
            return weights[:, list(heads)].mean(axis=1)
