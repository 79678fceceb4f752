from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from crosslate.models.alignment.hard_links import LEAST_SHARE, HardLinks, hard_links
from crosslate.models.arrays import FloatArray

MAPS = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=5),
    elements=st.floats(0, 1, width=32) | st.sampled_from([0.0, 0.5, 1.0]),
)


@given(MAPS)
def test_a_monotone_path_is_the_best_of_all(words: FloatArray) -> None:
    num_targets, num_sources = words.shape
    paths = combinations_with_replacement(range(num_sources), num_targets)
    best = max(sum(float(words[target, source]) for target, source in enumerate(path)) for path in paths)
    links = hard_links(words, "monotone")
    assert [link.source for link in links] == sorted(link.source for link in links)
    assert sum(link.score for link in links) == pytest.approx(best, abs=num_targets * 2 * LEAST_SHARE)


@given(MAPS)
def test_free_links_are_the_largest_of_each_row(words: FloatArray) -> None:
    expected = {
        target: (int(row.argmax()), float(row.max()))
        for target, row in enumerate(words)
        if row.max() >= LEAST_SHARE
    }
    found = hard_links(words, "free")
    assert {link.target: (link.source, link.score) for link in found} == expected
    assert len(found) == len(expected)


@given(MAPS)
def test_of_like_order_both_kinds_are_one(words: FloatArray) -> None:
    free = hard_links(words, "free")
    if [link.source for link in free] == sorted(link.source for link in free):
        monotone = hard_links(words, "monotone")
        assert sum(link.score for link in monotone) == pytest.approx(sum(link.score for link in free))


@pytest.mark.parametrize("kind", ["free", "monotone"])
def test_a_word_without_mass_has_no_link(kind: HardLinks) -> None:
    words = np.array([[0.9, 0.1], [0, 0], [0.2, 0.8]], dtype=np.float32)
    assert [(link.source, link.target) for link in hard_links(words, kind)] == [(0, 0), (1, 2)]
    assert hard_links(np.zeros((2, 3), dtype=np.float32), kind) == []


@pytest.mark.parametrize("kind", ["free", "monotone"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_words_no_links(kind: HardLinks, shape: tuple[int, int]) -> None:
    assert hard_links(np.zeros(shape, dtype=np.float32), kind) == []


def test_what_is_turned_round_is_linked_by_free_links_only() -> None:
    words = np.array([[0, 1, 0], [0.9, 0.1, 0], [0, 0, 1]], dtype=np.float32)
    assert [link.source for link in hard_links(words, "free")] == [1, 0, 2]
    assert [link.source for link in hard_links(words, "monotone")] == [1, 1, 2]
