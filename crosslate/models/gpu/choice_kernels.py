"""Triton kernels that choose every row's next token, in two passes over the scores' blocks.

The columns of a row's state and what they mean stand in `engine.rows.row_state`, whose `choose` and
`advance` these two replace.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def partial_choice_kernel(
    scores_ptr: tl.tensor,
    state_ptr: tl.tensor,
    eos_ptr: tl.tensor,
    partials_ptr: tl.tensor,
    indices_ptr: tl.tensor,
    vocab_size: tl.tensor,
    num_blocks: tl.tensor,
    num_columns: tl.constexpr,
    position_column: tl.constexpr,
    min_new_column: tl.constexpr,
    banned_column: tl.constexpr,
    num_banned: tl.constexpr,
    num_eos: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Of one row's block of scores: the highest, the sum of exponentials, the best allowed one and where."""
    row, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    ids = part * block + tl.arange(0, block)
    scores = tl.load(scores_ptr + row * vocab_size + ids, mask=ids < vocab_size, other=-float("inf"))
    highest = tl.max(scores, axis=0)
    total = tl.sum(tl.exp(scores - highest), axis=0)
    state = state_ptr + row * num_columns
    for i in tl.static_range(num_banned):
        scores = tl.where(ids == tl.load(state + banned_column + i), -float("inf"), scores)
    if tl.load(state + position_column) < tl.load(state + min_new_column):
        for i in tl.static_range(num_eos):
            scores = tl.where(ids == tl.load(eos_ptr + i), -float("inf"), scores)
    best, place = tl.max(scores, axis=0, return_indices=True)
    out = partials_ptr + (row * num_blocks + part) * 3
    tl.store(out, highest)
    tl.store(out + 1, total)
    tl.store(out + 2, best)
    tl.store(indices_ptr + row * num_blocks + part, part * block + place)


@triton.jit
def final_choice_kernel(
    partials_ptr: tl.tensor,
    indices_ptr: tl.tensor,
    state_ptr: tl.tensor,
    eos_ptr: tl.tensor,
    tokens_ptr: tl.tensor,
    logprobs_ptr: tl.tensor,
    num_blocks: tl.tensor,
    num_columns: tl.constexpr,
    token_column: tl.constexpr,
    position_column: tl.constexpr,
    is_over_column: tl.constexpr,
    max_new_column: tl.constexpr,
    first_column: tl.constexpr,
    last_column: tl.constexpr,
    num_eos: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """One row: its token and the log-probability of it, and the state that the next step reads."""
    row = tl.program_id(0).to(tl.int64)
    part = tl.arange(0, block)
    inside = part < num_blocks
    partials = partials_ptr + (row * num_blocks + part) * 3
    highs = tl.load(partials, mask=inside, other=-float("inf"))
    sums = tl.load(partials + 1, mask=inside, other=0.0)
    bests = tl.load(partials + 2, mask=inside, other=-float("inf"))
    places = tl.load(indices_ptr + row * num_blocks + part, mask=inside, other=0)
    highest = tl.max(highs, axis=0)
    total = highest + tl.log(tl.sum(sums * tl.exp(highs - highest), axis=0))
    best, winner = tl.max(bests, axis=0, return_indices=True)
    token = tl.sum(tl.where(part == winner, places, 0), axis=0).to(tl.int64)
    logprob = best - total

    state = state_ptr + row * num_columns
    position, most = tl.load(state + position_column), tl.load(state + max_new_column)
    forced = tl.load(state + last_column)
    if position != most - 1 or forced < 0:
        forced = tl.load(state + first_column)
        if position != 0:
            forced = forced * 0 - 1
    if forced >= 0:
        token = forced
        logprob = logprob * 0.0
    tl.store(tokens_ptr + row, token.to(tl.float64))
    tl.store(logprobs_ptr + row, logprob.to(tl.float64))

    is_over = (tl.load(state + is_over_column) > 0) | (position + 1 >= most)
    for i in tl.static_range(num_eos):
        is_over = is_over | (token == tl.load(eos_ptr + i))
    tl.store(state + token_column, token)
    tl.store(state + is_over_column, is_over.to(tl.int64))
    tl.store(state + position_column, tl.where(is_over, position, position + 1))
