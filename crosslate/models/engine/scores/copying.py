"""A batch's part of `copy_rule.py`: which scores rise and which tokens are impossible."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import FloatArray, IntArray
from crosslate.models.engine.scores.copy_rule import CopyRule, SourceContinuations
from crosslate.models.engine.scores.logits import Scores

CERTAINTY = 100.0
"""Nats."""


class CopyBias:
    """Favours, in every lane, what continues its row's source after the token that it read."""

    def __init__(self, rule: CopyRule) -> None:
        self._rule = rule
        self._rows: list[RowBias] = []

    def join(self, first_row: int, sources: list[list[int]]) -> None:
        """New sequences in the next free rows."""
        self._rows[first_row:] = [RowBias(source_ids, self._rule) for source_ids in sources]

    def leave(self, row: int, last_row: int) -> None:
        """`row` is over and the last row takes its place."""
        self._rows[row] = self._rows[last_row]
        self._rows.pop()

    def add_to(self, scores: Scores, tokens: Tensor) -> Scores:
        """Scores of R * W lanes that read `tokens` (R, W), under the rule."""
        num_lanes = tokens.shape[1]
        by_lane = [
            self._rows[lane // num_lanes].after(last) for lane, last in enumerate(tokens.flatten().tolist())
        ]
        lanes = np.repeat(np.arange(len(by_lane)), [len(ids) for ids, _ in by_lane])
        if not len(lanes):
            return scores
        ids, amounts = (np.concatenate(parts) for parts in zip(*by_lane, strict=True))
        device = tokens.device
        return scores.biased(
            torch.from_numpy(lanes).to(device),
            torch.from_numpy(ids).to(device),
            torch.from_numpy(amounts).to(device),
        )


class RowBias:
    """What the rule does after each token of one source."""

    def __init__(self, source_ids: list[int], rule: CopyRule) -> None:
        self._continuations = SourceContinuations(source_ids)
        self._bias = rule.bias
        self._inner = rule.common_inner_pieces | rule.inner_pieces.intersection(source_ids)
        self._known: dict[int, tuple[IntArray, FloatArray]] = {}
        """of the tokens that were asked for: beams stand at the same ones for many steps"""

    def after(self, token: int) -> tuple[IntArray, FloatArray]:
        """Tokens, and what is added to their scores."""
        found = self._known.get(token)
        if found is None:
            favoured = self._continuations.after(token)
            impossible = sorted(self._inner.difference(favoured))
            # Within a word, what is not its next piece is out of the question.
            bias = CERTAINTY if favoured and self._inner.issuperset(favoured) else self._bias
            amounts = [bias] * len(favoured) + [-math.inf] * len(impossible)
            found = np.array([*favoured, *impossible], np.int64), np.array(amounts, np.float32)
            self._known[token] = found
        return found
