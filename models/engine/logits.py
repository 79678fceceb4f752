"""The scores of one decoder step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from models.native.kernels import load_kernels
from models.quantization import Int8Output


class Scores(Protocol):
    """One step's scores, N lanes (sequences times width, in row order)."""

    @property
    def values(self) -> Tensor:
        """(N, K) float32; -inf where a lane may not choose."""
        ...

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        """Some lanes' scores of every token, -inf for those not computed: (W, V)."""
        ...

    def best(self) -> tuple[list[int], list[float]]:
        """Each lane's likeliest token and its natural log-probability."""
        ...


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
        columns, log_probs = _best(self.values)
        tokens = columns if self.vocab_ids is None else self.vocab_ids[columns]
        return tokens.tolist(), log_probs.tolist()


@dataclass(frozen=True, slots=True)
class CandidateScores:
    """Scores of each lane's own candidates."""

    values: Tensor
    """(N, K) float32; -inf behind a lane's last candidate"""
    ids: Tensor
    """the lanes' candidates one after the other"""
    offsets: Tensor
    """(N + 1) where each lane's begin, and the end"""

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        """See `Scores`."""
        values = self.values[lanes]
        full = values.new_full((values.shape[0], vocab_size), float("-inf"))
        bounds = self.offsets[lanes.start : lanes.stop + 1].tolist()
        for lane, (start, end) in enumerate(pairwise(bounds)):
            full[lane, self.ids[start:end]] = values[lane, : end - start]
        return full

    def best(self) -> tuple[list[int], list[float]]:
        """See `Scores`."""
        columns, log_probs = _best(self.values)
        return self.ids[self.offsets[:-1] + columns].tolist(), log_probs.tolist()


@dataclass(slots=True)
class DeferredScores:
    """Scores of the whole vocabulary that are computed only where somebody asks for more than the best."""

    states: Tensor
    """(N, M) of the lanes"""
    output: Int8Output
    _values: Tensor | None = None

    @property
    def values(self) -> Tensor:
        """See `Scores`."""
        if self._values is None:
            self._values = self.output(self.states)
        return self._values

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        """See `Scores`."""
        return self.values[lanes]

    def best(self) -> tuple[list[int], list[float]]:
        """See `Scores`."""
        tokens, log_probs = self.output.best(self.states) if self._values is None else _best(self._values)
        return tokens.tolist(), log_probs.tolist()


def _best(values: Tensor) -> tuple[Tensor, Tensor]:
    """Each row's first highest column and its log-probability: (N, K) -> (N,), (N,)."""
    kernels = load_kernels()
    if kernels is not None and values.dtype == torch.float32 and values.device.type == "cpu":
        return kernels.best_scores(values)
    columns = values.argmax(dim=-1)
    return columns, torch.log_softmax(values, dim=-1).gather(1, columns[:, None])[:, 0]
