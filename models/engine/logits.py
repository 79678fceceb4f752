"""The scores of one decoder step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Logits:
    """Scores of the next token, N lanes (sequences times width, in row order)."""

    values: Tensor
    """(N, K) float32; -inf where a lane may not choose"""
    vocab_ids: Tensor | None
    """(K,) the token of each column; None: column k is token k"""

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        """Some lanes' scores of every token, -inf for those not computed: (W, V)."""
        values = self.values[lanes]
        if self.vocab_ids is None:
            return values
        full = values.new_full((values.shape[0], vocab_size), float("-inf"))
        full[:, self.vocab_ids] = values
        return full

    def best(self) -> tuple[list[int], list[float]]:
        """Each lane's likeliest token and its natural log-probability."""
        columns = self.values.argmax(dim=-1)
        log_probs = torch.log_softmax(self.values, dim=-1).gather(1, columns[:, None])[:, 0]
        tokens = columns if self.vocab_ids is None else self.vocab_ids[columns]
        return tokens.tolist(), log_probs.tolist()
