"""The scores of one decoder step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from crosslate.models.int8.quantization import Int8Output
from crosslate.models.native.kernels import load_kernels

NUM_KEPT = 16
"""Of a lane's highest scores, where they alone are found; whoever needs more has all scores computed."""


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

    def highest(self, lanes: slice, count: int) -> Highest | None:
        """Some lanes' likeliest tokens; None where no way is shorter than a pass over all scores."""
        ...

    def log_probs(self, tokens: Tensor) -> Tensor:
        """Natural, of one token for each lane: (N,) -> (N,); minus infinity where it may not choose it."""
        ...

    def biased(self, lanes: Tensor, tokens: Tensor, amounts: Tensor) -> Scores:
        """With `amounts` (P,) added to the scores of P different pairs of lane (P,) and token (P,).

        Tokens that a lane may not choose stay impossible. These scores themselves are used up by it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Highest:
    """The likeliest tokens of W lanes, best first."""

    ids: Tensor
    """(W, count)"""
    log_probs: Tensor
    """(W, count) natural; -inf where a lane may choose among fewer, NaN in a lane whose scores hold one"""


@dataclass(frozen=True, slots=True)
class LaneScores:
    """The scores of one sequence's W lanes, for its chooser."""

    scores: Scores
    lanes: slice
    vocab_size: int

    @classmethod
    def of(cls, values: Tensor) -> LaneScores:
        """Of a sequence that is alone, from (W, V)."""
        return cls(Logits(values, None), slice(0, values.shape[0]), values.shape[1])

    def all(self) -> Tensor:
        """Raw scores of every token: (W, V) float32."""
        return self.scores.over_vocabulary(self.lanes, self.vocab_size)

    def highest(self, count: int) -> Highest | None:
        return self.scores.highest(self.lanes, min(count, self.vocab_size))


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
        columns, log_probs = best_of(self.values)
        tokens = columns if self.vocab_ids is None else self.vocab_ids[columns]
        return tokens.tolist(), log_probs.tolist()

    def highest(self, lanes: slice, count: int) -> Highest | None:
        found = highest_of(self.values[lanes], count)
        if found is None or self.vocab_ids is None:
            return found
        return Highest(self.vocab_ids[found.ids], found.log_probs)

    def log_probs(self, tokens: Tensor) -> Tensor:
        """See `Scores`."""
        if self.vocab_ids is None:
            return log_probs_at(self.values, tokens)
        return log_probs_at(self.values, self._columns(self.vocab_ids, tokens))

    def biased(self, lanes: Tensor, tokens: Tensor, amounts: Tensor) -> Logits:
        if self.vocab_ids is None:
            self.values[lanes, tokens] += amounts
            return self
        places = self._columns(self.vocab_ids, tokens)
        is_there = places >= 0
        self.values[lanes[is_there], places[is_there]] += amounts[is_there]
        return self

    def _columns(self, vocab_ids: Tensor, tokens: Tensor) -> Tensor:
        """Where each token's scores are; -1 of those that have none."""
        num_tokens = int(torch.maximum(vocab_ids.max(), tokens.max())) + 1
        columns = vocab_ids.new_full((num_tokens,), -1)
        columns[vocab_ids] = torch.arange(len(vocab_ids), device=columns.device)
        return columns[tokens]


@dataclass(slots=True)
class DeferredScores:
    """Scores of the whole vocabulary that are computed only where somebody asks for more than the best."""

    states: Tensor
    """(N, M) of the lanes"""
    output: Int8Output
    _values: Tensor | None = None
    _highest: Highest | None = None

    @property
    def values(self) -> Tensor:
        if self._values is None:
            self._values = self.output(self.states)
        return self._values

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        return self.values[lanes]

    def best(self) -> tuple[list[int], list[float]]:
        if self._values is not None:
            return Logits(self._values, None).best()
        tokens, log_probs = self.output.highest(self.states, 1)
        return tokens[:, 0].tolist(), log_probs[:, 0].tolist()

    def highest(self, lanes: slice, count: int) -> Highest | None:
        """See `Scores`. Found for all lanes at once; for which of them, hangs on nothing but `count`."""
        if count > NUM_KEPT:
            return highest_of(self.values[lanes], count)
        if self._highest is None:
            kept = min(NUM_KEPT, self.output.num_outputs)
            self._highest = Highest(*self.output.highest(self.states, kept))
        return Highest(self._highest.ids[lanes, :count], self._highest.log_probs[lanes, :count])

    def log_probs(self, tokens: Tensor) -> Tensor:
        """See `Scores`."""
        return log_probs_at(self.values, tokens)

    def biased(self, lanes: Tensor, tokens: Tensor, amounts: Tensor) -> Logits:
        """See `Scores`. Any token may become the best: all are computed."""
        return Logits(self.values, None).biased(lanes, tokens, amounts)


def best_of(values: Tensor) -> tuple[Tensor, Tensor]:
    """Each row's first highest column and its log-probability: (N, K) -> (N,), (N,)."""
    kernels = load_kernels()
    if kernels is not None and values.dtype == torch.float32 and values.device.type == "cpu":
        return kernels.best_scores(values)
    columns = values.argmax(dim=-1)
    return columns, torch.log_softmax(values, dim=-1).gather(1, columns[:, None])[:, 0]


def highest_of(values: Tensor, count: int) -> Highest | None:
    """Each row's highest columns, (N, K) -> 2 x (N, count), if there is a kernel for it."""
    kernels = load_kernels()
    if kernels is None or values.dtype != torch.float32 or values.device.type != "cpu":
        return None
    kept = min(count, values.shape[1])
    return Highest(*kernels.highest_scores(values, kept))


def log_probs_at(values: Tensor, columns: Tensor) -> Tensor:
    """Of each row's column: (N, K), (N,) -> (N,); minus infinity where that is -1."""
    # Not `logsumexp`: MKL shares its exponentials among threads, which takes longer than a row's work.
    found = values.log_softmax(dim=1).gather(1, columns.clamp(min=0)[:, None])[:, 0]
    return found.masked_fill_(columns < 0, float("-inf"))
