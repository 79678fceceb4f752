"""What the decoder has read so far in the lanes of one sequence."""

from __future__ import annotations

import torch

from crosslate.models.engine.request import SentenceStop


class LaneHistory:
    """The decoder inputs of W lanes, all of one length T, on the host.

    The start token, where the model has one, counts as read but not as generated.
    """

    def __init__(self, num_lanes: int, start_token_id: int | None, max_new_tokens: int) -> None:
        self._num_start = 0 if start_token_id is None else 1
        self._inputs = torch.full(
            (num_lanes, self._num_start + max_new_tokens), start_token_id or 0, dtype=torch.int64
        )
        self._length = self._num_start
        self._unmoved = list(range(num_lanes))

    @property
    def tokens(self) -> torch.Tensor:
        """All inputs, (W, T)."""
        return self._inputs[:, : self._length]

    @property
    def step(self) -> int:
        """How many tokens each lane has generated."""
        return self._length - self._num_start

    def generated(self, lane: int) -> list[int]:
        """The tokens of a lane without the start token."""
        return self._inputs[lane, self._num_start : self._length].tolist()

    def ends_before(self, token: int, lane: int, stop: SentenceStop | None) -> bool:
        """Whether what a lane has generated is over without `token`."""
        if stop is None or not self.step:
            return False
        return stop.is_over(self.step, int(self._inputs[lane, self._length - 1]), token)

    def append(self, tokens: list[int], parents: list[int] | None = None) -> None:
        """Let lane i continue lane `parents[i]` (itself without `parents`) with `tokens[i]`."""
        if parents is not None and parents != self._unmoved:
            self._inputs = self._inputs.index_select(0, torch.tensor(parents))
        self._inputs[:, self._length] = torch.tensor(tokens)
        self._length += 1
