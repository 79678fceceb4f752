from __future__ import annotations

import numpy as np
import pytest

from crosslate.models.alignment.alignment import mask_special, membership, selected_map, word_map
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.calibration.candidates import ROWS, Candidate, Reading, Row, candidates_of

SOURCE_WORDS, TARGET_WORDS = [(0, 3), (4, 9)], [(0, 2), (3, 8), (8, 9)]
SOURCE_SPANS: list[Span | None] = [None, (0, 3), (4, 6), (6, 9), None]
TARGET_SPANS: list[Span | None] = [(0, 2), (3, 5), (5, 8), (8, 9), None]


def attention_of() -> FloatArray:
    """Two layers of three heads, five tokens and the one that is read twice."""
    weights = np.random.default_rng(0).random((2, 3, 6, 5)).astype(np.float32)
    normalised: FloatArray = weights / weights.sum(axis=-1, keepdims=True)
    return normalised


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("heads", [None, (1,), (0, 2)])
def test_a_candidate_shows_what_an_answer_would_if_the_model_were_read_so(
    row: Row, heads: tuple[int, ...] | None
) -> None:
    attention = attention_of()
    read = Reading.of(
        attention, source=(SOURCE_WORDS, SOURCE_SPANS), target=(TARGET_WORDS, TARGET_SPANS), anchors=[]
    )
    config = AlignmentConfig(layer=1, heads=heads, row=row)
    # What the engine gives at either row: the one that reads a token comes one step later.
    rows = attention[:, :, 1:] if row == "input" else attention[:, :, :-1]
    expected = word_map(
        mask_special(selected_map(rows, config), SOURCE_SPANS).matrix,
        sources=membership(SOURCE_WORDS, SOURCE_SPANS),
        targets=membership(TARGET_WORDS, TARGET_SPANS),
    )
    (shown,) = read.word_maps([Candidate.of(config, num_heads=3)])
    np.testing.assert_allclose(shown, expected, atol=2e-3)  # half precision
    np.testing.assert_allclose(shown.sum(axis=1), 1.0, atol=1e-3)


def test_every_head_and_layer_is_a_candidate_at_either_row() -> None:
    candidates = candidates_of(2, 3)
    assert len(set(candidates)) == len(candidates) == 2 * 2 * (3 + 1)
    assert candidates_of(1, 1) == [Candidate(0, None, "output"), Candidate(0, None, "input")]


def test_all_heads_one_by_one_are_the_mean_of_the_layer() -> None:
    config = AlignmentConfig(layer=0, heads=(1, 0), row="output")
    assert Candidate.of(config, num_heads=2) == Candidate(0, None, "output")
    assert Candidate.of(config, num_heads=3).heads == (1, 0)
