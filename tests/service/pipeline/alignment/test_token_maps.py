from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.alignment.alignment import mask_special
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.alignment.token_maps import PartMap, PlacedTokens, compose, compose_maps


def tokens(*spans: Span | None) -> PlacedTokens:
    shown = [span for span in spans if span is not None]
    return PlacedTokens([str(span) for span in spans], list(spans), (shown[0][0], shown[-1][1]))


def evenly(length: int, count: int) -> PlacedTokens:
    """`count` tokens over a text of `length`, and an end token."""
    edges = [round(i * length / count) for i in range(count + 1)]
    return tokens(*itertools.pairwise(edges), None)


def rows(*values: list[float]) -> FloatArray:
    return np.array(values, dtype=np.float32)


def test_equal_tokens_multiply() -> None:
    middle = tokens((0, 2), (3, 5), None)
    later = rows([0.9, 0.1, 0.0], [0.2, 0.8, 0.0])
    earlier = rows([0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    composed = compose(later, middle, middle, earlier, tokens((0, 1), (2, 3), None))
    assert composed == pytest.approx(later[:, :2] @ earlier[:2], abs=1e-6)


def test_what_is_spent_on_the_end_goes_to_the_end() -> None:
    middle = tokens((0, 2), None)
    composed = compose(rows([0.6, 0.4]), middle, middle, rows([0.75, 0.25], [0, 1]), tokens((0, 4), None))
    # Of the later model's 0.6 on text, the earlier one spends a quarter on the end.
    assert composed == pytest.approx(rows([0.45, 0.55]), abs=1e-6)


def test_tokens_belong_together_where_they_overlap() -> None:
    read = tokens((0, 6), (6, 10), None)  # "pre-wa" "lked"
    written = tokens((0, 4), (4, 10), None)  # "pre-" "walked"
    later = rows([1, 0, 0], [0, 1, 0])
    earlier = rows([1, 0, 0], [0, 1, 0], [0, 0, 1])
    composed = compose(later, read, written, earlier, tokens((0, 3), (4, 8), None))
    assert composed == pytest.approx(rows([0.5, 0.5, 0], [0, 1, 0]), abs=1e-6)


def test_a_token_that_nobody_wrote_says_nothing() -> None:
    composed = compose(
        rows([1, 0]), tokens((0, 3), None), tokens((7, 9), (9, 12), None), np.eye(3, dtype=np.float32),
        tokens((0, 1), (1, 2), None),
    )  # fmt: skip
    assert composed == pytest.approx(rows([0.5, 0.5, 0]), abs=1e-6)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_rows_sum_to_one_and_nothing_is_negative(
    num_targets: int, num_read: int, num_written: int, num_sources: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)

    def attention(num_rows: int, num_columns: int) -> FloatArray:
        return generator.dirichlet(np.ones(num_columns), num_rows).astype(np.float32)

    source = evenly(20, num_sources)
    composed = compose(
        attention(num_targets + 1, num_read + 1),
        evenly(24, num_read),
        evenly(24, num_written),
        attention(num_written + 1, num_sources + 1),
        source,
    )
    assert composed.shape == (num_targets + 1, num_sources + 1)
    assert composed.min() >= -1e-6
    assert composed.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert mask_special(composed, source.spans).matrix.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_parts_stand_side_by_side_and_what_has_no_second_half_has_no_map() -> None:
    whole, half, other = tokens((0, 4), (5, 9), None), tokens((0, 4), None), tokens((5, 9), None)
    identity = np.eye(3, dtype=np.float32)
    first = [
        PartMap(
            source=tokens((20, 21), None),
            target=tokens((20, 21), None),
            attention=np.eye(2, dtype=np.float32),
        ),
        PartMap(source=whole, target=whole, attention=identity),
    ]
    parts = [
        PartMap(
            source=part,
            target=part,
            attention=np.eye(2, dtype=np.float32),
            reverse=PartMap(source=part, target=part, attention=np.eye(2, dtype=np.float32)),
        )
        for part in (half, other)
    ]
    (composed,) = compose_maps(first, parts, [1, 1])
    assert composed.target.spans == [(0, 4), None, (5, 9), None]
    assert composed.target.extent == (0, 9)
    assert composed.attention.argmax(axis=1).tolist() == [0, 2, 1, 2]
    assert composed.reverse is None


def test_both_directions_are_composed() -> None:
    words = tokens((0, 4), (5, 9), None)
    crossed = rows([0, 1, 0], [1, 0, 0], [0, 0, 1])
    straight = np.eye(3, dtype=np.float32)
    first, second = (
        PartMap(
            source=words,
            target=words,
            attention=attention,
            reverse=PartMap(source=words, target=words, attention=attention),
        )
        for attention in (crossed, straight)
    )
    (composed,) = compose_maps([first], [second], [0])
    assert composed.attention == pytest.approx(crossed)
    assert composed.reverse is not None
    assert composed.reverse.attention == pytest.approx(crossed)
