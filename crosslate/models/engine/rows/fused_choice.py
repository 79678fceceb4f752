"""The next token of every row: chosen, and the state stepped on, by two kernels instead of thirty."""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.engine.rows.row_state import (
    BANNED,
    FIRST,
    IS_OVER,
    LAST,
    MAX_NEW,
    MIN_NEW,
    NUM_COLUMNS,
    POSITION,
    TOKEN,
    RowState,
)
from crosslate.models.engine.search.greedy_rules import MAX_BANNED

BLOCK = 4096
"""Scores that one program looks at."""


def choose_and_advance(scores: Tensor, state: RowState, results: Tensor) -> None:
    """What `RowState.choose` and `RowState.advance` do, for the first R rows.

    Args:
        scores: (R, V) float32.
        state: of R rows or more; renewed.
        results: (2, >= R) float64, gets tokens and log-probabilities.
    """
    from crosslate.models.gpu.choice_kernels import final_choice_kernel, partial_choice_kernel  # needs Triton

    num_rows, vocab_size = scores.shape
    num_blocks = -(-vocab_size // BLOCK)
    num_eos = state.eos.shape[0]
    partials = torch.empty(num_rows, num_blocks, 3, dtype=torch.float32, device=scores.device)
    indices = torch.empty(num_rows, num_blocks, dtype=torch.int64, device=scores.device)
    partial_choice_kernel[(num_rows, num_blocks)](
        scores,
        state.values,
        state.eos,
        partials,
        indices,
        vocab_size,
        num_blocks,
        num_columns=NUM_COLUMNS,
        position_column=POSITION,
        min_new_column=MIN_NEW,
        banned_column=BANNED,
        num_banned=MAX_BANNED,
        num_eos=num_eos,
        block=BLOCK,
        num_warps=8,
    )
    final_choice_kernel[(num_rows,)](
        partials,
        indices,
        state.values,
        state.eos,
        results[0],
        results[1],
        num_blocks,
        num_columns=NUM_COLUMNS,
        token_column=TOKEN,
        position_column=POSITION,
        is_over_column=IS_OVER,
        max_new_column=MAX_NEW,
        first_column=FIRST,
        last_column=LAST,
        num_eos=num_eos,
        block=max(2, 1 << (num_blocks - 1).bit_length()),
        num_warps=1,
    )
