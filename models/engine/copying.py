"""The bias towards copying, for the rows of a batch; see `models.copy_bias`."""

from __future__ import annotations

import torch
from torch import Tensor

from models.copy_bias import SourceContinuations
from models.engine.logits import Scores


class CopyBias:
    """Favours, in every lane, the tokens that continue its row's source after the token that it read."""

    def __init__(self, bias: float) -> None:
        """`bias`: in nats."""
        self._bias = bias
        self._continuations: list[SourceContinuations] = []
        """per row"""

    def join(self, first_row: int, sources: list[list[int]]) -> None:
        """New sequences in the next free rows."""
        self._continuations[first_row:] = map(SourceContinuations, sources)

    def leave(self, row: int, last_row: int) -> None:
        """`row` is over and the last row takes its place."""
        self._continuations[row] = self._continuations[last_row]
        self._continuations.pop()

    def add_to(self, scores: Scores, tokens: Tensor) -> Scores:
        """Scores of R * W lanes that read `tokens` (R, W), the favoured ones higher."""
        num_lanes = tokens.shape[1]
        pairs = [
            (lane, token)
            for lane, last in enumerate(tokens.flatten().tolist())
            for token in self._continuations[lane // num_lanes].after(last)
        ]
        if not pairs:
            return scores
        lanes, favoured = torch.tensor(pairs, device=tokens.device).unbind(1)
        return scores.biased(lanes, favoured, self._bias)
