"""What the device itself knows of every greedy row, so that a step needs nothing from the host.

R rows of integers in one tensor: a row begins, moves and ends with one copy. Every operation of a step has
a fixed shape and reads no value on the host, so that a CUDA graph can hold it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.engine.search.greedy_rules import MAX_BANNED, GreedyRules

TOKEN, POSITION, IS_OVER, SOURCE_LENGTH, MAX_NEW, MIN_NEW, FIRST, LAST, BANNED = range(9)
"""The columns; from `BANNED` on there are `MAX_BANNED`. A token of -1 stands for none."""
NUM_COLUMNS = BANNED + MAX_BANNED
VACANT = [0, 0, 1, 1] + [0, 0, -1, -1] + [-1] * MAX_BANNED
"""A row of nobody's: it is over, and computes something finite at position 0."""


class RowState:
    """The rows' newest tokens, where they stand, and the rules they go by."""

    def __init__(self, num_rows: int, eos_token_ids: tuple[int, ...], device: torch.device) -> None:
        self._vacant = torch.tensor(VACANT, device=device)
        self.values = self._vacant.repeat(num_rows, 1)
        """(R, columns) int64"""
        self.eos = torch.tensor(eos_token_ids, device=device)

    def begin(self, first_row: int, start_token: int, sources: list[int], rules: list[GreedyRules]) -> None:
        """New sequences, with sources of these lengths, from `first_row` on."""
        rows = [_row(start_token, length, rule) for length, rule in zip(sources, rules, strict=True)]
        self.values[first_row : first_row + len(rows)] = torch.tensor(rows, device=self.values.device)

    def move_row(self, source: int, destination: int) -> None:
        """Copy one row over another."""
        self.values[destination] = self.values[source]

    def vacate(self, row: int) -> None:
        """Nobody's from now on; at position 0 it lies within whatever length the next step has."""
        self.values[row] = self._vacant

    def tokens(self, num_rows: int) -> Tensor:
        """(R, 1) what each row reads now."""
        return self.values[:num_rows, TOKEN, None]

    def positions(self, num_rows: int) -> Tensor:
        """(R,) of the token that each row reads now."""
        return self.values[:num_rows, POSITION]

    def source_lengths(self, num_rows: int) -> Tensor:
        """(R,) without padding."""
        return self.values[:num_rows, SOURCE_LENGTH]

    def choose(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Each row's next token, and the model's own log-probability of it; a forced token counts as certain.

        Args:
            scores: (R, V) float32 of the first R rows; edited.

        Returns:
            (R,) int64, (R,) float32
        """
        rows = self.values[: scores.shape[0]]
        position = rows[:, POSITION]
        total = scores.logsumexp(dim=-1)
        self._ban(scores, rows)
        best, token = scores.max(dim=-1)
        forced = torch.where(position == 0, rows[:, FIRST], -1)
        is_last = (position == rows[:, MAX_NEW] - 1) & (rows[:, LAST] >= 0)
        forced = torch.where(is_last, rows[:, LAST], forced)
        is_forced = forced >= 0
        return torch.where(is_forced, forced, token), (best - total).masked_fill_(is_forced, 0.0)

    def _ban(self, scores: Tensor, rows: Tensor) -> None:
        """Banned tokens always, end tokens while it is too early for them."""
        banned = rows[:, BANNED:]
        # A row without banned tokens writes back what is there.
        ids = banned.clamp(min=0)
        scores.scatter_(1, ids, scores.gather(1, ids).masked_fill_(banned >= 0, -torch.inf))
        is_early = rows[:, POSITION] < rows[:, MIN_NEW]
        ends = scores.index_select(1, self.eos).masked_fill_(is_early[:, None], -torch.inf)
        scores.index_copy_(1, self.eos, ends)

    def advance(self, tokens: Tensor) -> None:
        """Read these tokens next: (R,). A row that is over stays where it is."""
        rows = self.values[: tokens.shape[0]]
        is_end = (tokens[:, None] == self.eos).any(dim=-1)
        is_full = rows[:, POSITION] + 1 >= rows[:, MAX_NEW]
        is_over = is_end | is_full | (rows[:, IS_OVER] > 0)
        rows[:, TOKEN] = tokens
        rows[:, IS_OVER] = is_over
        rows[:, POSITION].add_(~is_over)


def _row(start_token: int, source_length: int, rules: GreedyRules) -> list[int]:
    # All places hold a banned token if one does: what is written twice is then the same.
    banned = list(rules.banned)
    banned += (banned[:1] or [-1]) * (MAX_BANNED - len(banned))
    first = -1 if rules.first_token is None else rules.first_token
    last = -1 if rules.last_token is None else rules.last_token
    return [
        *(start_token, 0, 0, source_length),
        *(rules.max_new_tokens, rules.min_new_tokens, first, last),
        *banned,
    ]
