from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.alignment.alignment import (
    WordLink,
    contested,
    directed_links,
    force_final_punctuation,
    mask_special,
    membership,
    pharaoh,
    symmetric_links,
    visible_map,
    word_map,
    word_means,
)
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.tokenizer import Span


def attention(num_targets: int, num_sources: int, seed: int = 0) -> FloatArray:
    weights = np.random.default_rng(seed).random((num_targets, num_sources)).astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def test_masking_removes_special_columns_and_reports_their_mass() -> None:
    weights = np.array([[0.2, 0.2, 0.6], [0.5, 0.25, 0.25]], dtype=np.float32)
    tokens = mask_special(weights, [(0, 1), (1, 2), None])
    np.testing.assert_allclose(tokens.matrix, [[0.5, 0.5, 0], [2 / 3, 1 / 3, 0]], rtol=1e-6)
    np.testing.assert_allclose(tokens.sink_mass, [0.6, 0.25], rtol=1e-6)


def test_a_row_that_saw_only_the_end_token_is_spread_evenly() -> None:
    tokens = mask_special(np.array([[0, 0, 1]], dtype=np.float32), [(0, 1), (1, 2), None])
    np.testing.assert_allclose(tokens.matrix, [[0.5, 0.5, 0]])
    assert tokens.sink_mass[0] == 1


def test_without_visible_source_tokens_the_map_is_zero() -> None:
    tokens = mask_special(np.ones((2, 1), dtype=np.float32), [None])
    assert not tokens.matrix.any()


@given(st.integers(1, 8), st.integers(2, 8), st.integers(0, 1000))
def test_rows_of_the_token_map_sum_to_one(num_targets: int, num_sources: int, seed: int) -> None:
    spans: list[Span | None] = [None, *((i, i + 1) for i in range(num_sources - 1))]
    weights = attention(num_targets, num_sources, seed)
    tokens = mask_special(weights, spans)
    np.testing.assert_array_equal(visible_map(weights, spans), tokens.matrix)
    np.testing.assert_allclose(tokens.matrix.sum(axis=1), 1, rtol=1e-5)
    assert not tokens.matrix[:, 0].any()


def test_word_map_sums_over_source_pieces_and_averages_over_target_pieces() -> None:
    # source: "black" = 2 pieces, "cat"; target: "gato" = 2 pieces
    matrix = np.array([[0.2, 0.2, 0.6], [0.1, 0.3, 0.6]], dtype=np.float32)
    words = word_map(
        matrix,
        sources=membership([(0, 5), (6, 9)], [(0, 3), (3, 5), (6, 9)]),
        targets=membership([(0, 4)], [(0, 2), (2, 4)]),
    )
    np.testing.assert_allclose(words, [[0.4, 0.6]], rtol=1e-6)


def test_a_piece_across_words_is_shared_and_one_outside_all_words_belongs_to_none() -> None:
    shares = membership([(0, 1), (1, 2), (5, 6)], [(0, 2), (3, 4), None, (5, 6)])
    np.testing.assert_allclose(shares, np.array([[0.5, 0, 0, 0], [0.5, 0, 0, 0], [0, 0, 0, 1]]))


def test_a_word_without_tokens_has_an_empty_row() -> None:
    words = word_map(
        np.ones((1, 1), dtype=np.float32),
        sources=membership([(0, 1)], [(0, 1)]),
        targets=membership([(0, 1), (2, 3)], [(0, 1)]),
    )
    np.testing.assert_array_equal(words, [[1], [0]])
    assert [link.target for link in directed_links(words)] == [0]


def test_sink_mass_of_a_word_is_the_mean_of_its_pieces() -> None:
    mass = word_means(
        np.array([0.2, 0.4, 0.9], dtype=np.float32),
        targets=membership([(0, 2)], [(0, 1), (1, 2), None]),
    )
    np.testing.assert_allclose(mass, [0.3], rtol=1e-6)


def test_planted_links_are_found_in_both_manners() -> None:
    order = [2, 0, 1, 3]
    words = np.full((4, 4), 0.05, dtype=np.float32)
    words[range(4), order] = 0.85
    expected = {(s, t) for t, s in enumerate(order)}
    assert {(link.source, link.target) for link in directed_links(words)} == expected
    both = symmetric_links(words, words.T.copy(), threshold=0.3)
    assert {(link.source, link.target) for link in both} == expected
    assert all(0 <= link.score <= 1 for link in both)


def test_a_word_that_merely_looks_at_a_claimed_neighbour_is_not_linked() -> None:
    words = np.array([[0.97, 0.03], [0.3, 0.1], [0.02, 0.98]], dtype=np.float32)
    assert [(link.source, link.target) for link in directed_links(words)] == [(0, 0), (1, 2)]


def test_several_targets_may_share_one_source() -> None:
    words = np.array([[1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0]], dtype=np.float32)
    assert len(directed_links(words)) == 9


def test_contested_strengths_of_certain_links_are_one() -> None:
    np.testing.assert_allclose(contested(np.eye(3, dtype=np.float32)), np.eye(3))


def test_no_words_no_links() -> None:
    assert directed_links(np.zeros((0, 3), dtype=np.float32)) == []
    assert directed_links(np.zeros((3, 0), dtype=np.float32)) == []


def test_final_punctuation_is_forced() -> None:
    words = force_final_punctuation(attention(3, 3))
    np.testing.assert_allclose(words[-1], [0, 0, 1])
    np.testing.assert_allclose(words[:-1, -1], 0)
    np.testing.assert_allclose(words.sum(axis=1), 1, rtol=1e-6)


def test_pharaoh_is_sorted_source_first() -> None:
    assert pharaoh([WordLink(2, 0, 1.0), WordLink(0, 10, 1.0), WordLink(0, 2, 0.5)]) == "0-2 0-10 2-0"


def test_config_is_read_from_its_sidecar(tmp_path: Path) -> None:
    file = tmp_path / "alignment.json"
    file.write_text(
        '{"row": "output", "layer": 1, "heads": [0], "norm": false, "threshold": 0.25, "punctuation": true}'
    )
    config = AlignmentConfig.load(file)
    assert config == AlignmentConfig(layer=1, heads=(0,), row="output", threshold=0.25, punctuation=True)
    assert config.selection.layer == 1
    assert config.everything.layer is None


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    config = AlignmentConfig(layer=3, heads=(0, 5), row="output", threshold=0.1, encoder_scale=20.0)
    config.save(tmp_path / "alignment.json")
    assert AlignmentConfig.load(tmp_path / "alignment.json") == config


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({}, "'layer'"),
        ({"layer": -1}, "'layer'"),
        ({"layer": True}, "'layer'"),
        ({"layer": 0, "heads": []}, "'heads'"),
        ({"layer": 0, "heads": [0.5]}, "'heads'"),
        ({"layer": 0, "row": "both"}, "'row'"),
        ({"layer": 0, "threshold": 2}, "'threshold'"),
        ({"layer": 0, "punctuation": 1}, "'punctuation'"),
        ({"layer": 0, "norm": True}, "'norm'"),
        ({"layer": 0, "encoder_scale": 0}, "'encoder_scale'"),
        ({"layer": 0, "encoder_scale": True}, "'encoder_scale'"),
        ({"layer": 0, "head": 1}, "unknown key 'head'"),
        ([1], "JSON object"),
    ],
)
def test_faulty_sidecars_name_the_file_and_the_fault(tmp_path: Path, content: object, complaint: str) -> None:
    file = tmp_path / "alignment.json"
    file.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=complaint) as raised:
        AlignmentConfig.load(file)
    assert str(file) in str(raised.value)


def test_a_missing_or_broken_sidecar_is_a_checkpoint_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        AlignmentConfig.load(tmp_path / "alignment.json")
    (tmp_path / "alignment.json").write_text("{")
    with pytest.raises(CheckpointError, match="not JSON"):
        AlignmentConfig.load(tmp_path / "alignment.json")


def test_tokens_with_the_same_words_give_each_word_to_itself() -> None:
    # One token `(3)` of three words on both sides, and one word more.
    words = [(0, 1), (1, 2), (2, 3), (4, 5)]
    tokens: list[tuple[int, int] | None] = [(0, 3), (4, 5)]
    belongs = membership(words, tokens)
    matrix = np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32)
    plain = word_map(matrix, sources=belongs, targets=belongs)
    assert plain[0] == pytest.approx([0.3, 0.3, 0.3, 0.1])
    copied = word_map(matrix, sources=belongs, targets=belongs, copies=[(0, 0)])
    assert copied[:3, :3] == pytest.approx(0.9 * np.eye(3), abs=1e-6)
    assert copied[:, 3] == pytest.approx(plain[:, 3])
    assert copied[3] == pytest.approx(plain[3])
    assert copied.sum(axis=1) == pytest.approx([1] * 4)
