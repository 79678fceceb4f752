"""A shortlist's scores are the whole vocabulary's, with only the sequence's own candidates allowed."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.scores.logits import Logits
from crosslate.models.engine.scores.output_projection import SLACK, FullProjection, ShortlistProjection
from crosslate.models.families.bergamot import spec_from_options
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.marian_files import OPTIONS

VOCAB_SIZE, WIDTH, LANES = 4000, 16, 2
NUM_FREQUENT = 5


def make_shortlist(seed: int, *, is_shared: bool = False) -> LexicalShortlist:
    """Every source id has 0 to 60 entries."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 60, VOCAB_SIZE)
    offsets = np.concatenate([[0], lengths.cumsum()])
    return LexicalShortlist(
        NUM_FREQUENT, offsets, rng.integers(0, VOCAB_SIZE, int(offsets[-1])), is_shared=is_shared
    )


@pytest.fixture(scope="module")
def model() -> EncoderDecoder:
    options = OPTIONS | {"dim-vocabs": [VOCAB_SIZE, VOCAB_SIZE], "enc-depth": 1, "dec-depth": 1}
    network = EncoderDecoder(spec_from_options(options, eos_token_id=0))
    generator = torch.Generator().manual_seed(0)
    assert network.output.bias is not None
    network.output.weight.copy_(torch.randn(VOCAB_SIZE, WIDTH, generator=generator))
    network.output.bias.copy_(torch.randn(VOCAB_SIZE, generator=generator))
    return network


def masked(full: torch.Tensor, shortlist: LexicalShortlist, source: list[int]) -> torch.Tensor:
    """Scores with everything but the source's own candidates at -inf."""
    allowed = set(range(NUM_FREQUENT))
    for i in source:
        allowed |= set(shortlist.entries[shortlist.offsets[i] : shortlist.offsets[i + 1]].tolist())
    result = torch.full_like(full, float("-inf"))
    columns = torch.tensor(sorted(allowed))
    result[..., columns] = full[..., columns]
    return result


def over_vocabulary(logits: Logits) -> torch.Tensor:
    return logits.over_vocabulary(slice(None), VOCAB_SIZE)


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_the_same_in_any_company(model: EncoderDecoder, seed: int) -> None:
    """Sequences join in groups and leave one by one, as in a decoding batch; columns die and are dropped."""
    rng = random.Random(seed)
    shortlist = make_shortlist(seed)
    full, short = FullProjection(model), ShortlistProjection(model, shortlist)
    running: list[list[int]] = []
    widest = narrowest_after = 0
    for _ in range(60):
        if len(running) < 25 and rng.random() < 0.5:
            joining = [
                [rng.randrange(VOCAB_SIZE) for _ in range(rng.randint(1, 15))]
                for _ in range(rng.randint(1, 4))
            ]
            short.join(len(running), joining)
            running += joining
        elif running:
            row, last = rng.randrange(len(running)), len(running) - 1
            short.leave(row, last)
            running[row] = running[last]
            running.pop()
        if not running:
            continue
        states = torch.randn(len(running), LANES, WIDTH)
        expected = full(states).values.view(len(running), LANES, VOCAB_SIZE)
        found = over_vocabulary(short(states)).view(len(running), LANES, VOCAB_SIZE)
        for row, source in enumerate(running):
            torch.testing.assert_close(found[row], masked(expected[row], shortlist, source))
        num_columns = len(short.vocab_ids)
        narrowest_after = num_columns if num_columns < widest else narrowest_after
        widest = max(widest, num_columns)
    assert narrowest_after < widest, "no column was ever dropped"


def test_the_best_token_is_always_a_candidate(model: EncoderDecoder) -> None:
    short = ShortlistProjection(model, make_shortlist(0))
    sources = [[1], [2, 3], [4, 5, 6]]
    short.join(0, sources)
    tokens, log_probs = short(torch.randn(3, 1, WIDTH)).best()
    for source, token, log_prob in zip(sources, tokens, log_probs, strict=True):
        assert token in short.shortlist.candidates(source)
        assert log_prob <= 0


def test_dead_columns_are_bounded(model: EncoderDecoder) -> None:
    rng = random.Random(0)
    short = ShortlistProjection(model, make_shortlist(0))
    short.join(0, [[1, 2]])
    for _ in range(50):
        short.join(1, [[rng.randrange(VOCAB_SIZE) for _ in range(10)]])
        short.leave(1, 1)
        num_live = len(short.candidates[0])
        assert len(short.vocab_ids) <= num_live + max(SLACK, num_live // 2)


def test_a_join_that_fails_has_joined_nobody(model: EncoderDecoder) -> None:
    shortlist = make_shortlist(0)
    short = ShortlistProjection(model, shortlist)
    short.join(0, [[7, 8]])
    with pytest.raises(IndexError):
        short.join(1, [[9], [VOCAB_SIZE + 1]])
    assert len(short.candidates) == 1
    assert set(np.flatnonzero(short.users)) == set(shortlist.candidates([7, 8]).tolist())
    short.join(1, [[9]])
    states = torch.randn(2, 1, WIDTH)
    expected = FullProjection(model)(states).values
    found = over_vocabulary(short(states))
    torch.testing.assert_close(found[1], masked(expected[1], shortlist, [9]))
