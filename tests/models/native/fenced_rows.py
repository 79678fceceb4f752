"""Kernels of rows between fences, against numpy: products, candidates, norms, embeddings, the highest."""

from __future__ import annotations

import numpy as np

from crosslate.models.native.candidate_rows import BLOCK, CandidateFields
from tests.models.native.fenced_matrices import FencedMatrix, random_matrix
from tests.models.native.fences import Fence, Functions, call

ROWS = (0, *range(1, 18), 31, 33, 47, 66)
"""Tiles of every height that a variant has, one after the other, and what is left of them."""
SHAPES = ((1, 1), (16, 16), (17, 5), (33, 64), (49, 200))
"""Outputs and inputs: whole panels and steps, and others."""
GENERATOR = np.random.default_rng(0)


def floats(*shape: int) -> np.ndarray:
    return GENERATOR.standard_normal(shape, dtype=np.float32)


def matrices(functions: Functions, fence: Fence) -> list[FencedMatrix]:
    """Of every shape and kind."""
    kinds: tuple[dict[str, bool], ...] = ({}, {"is_fine": True}, {"has_centers": True}, {"has_bias": False})
    return [random_matrix(functions, fence, *shape, **kind) for shape in SHAPES for kind in kinds]


def check_linear(functions: Functions, fence: Fence) -> None:
    for matrix in matrices(functions, fence):
        fields, all_rows = fence.struct(matrix.fields), floats(max(ROWS), matrix.weights.shape[1])
        expected = matrix.product(all_rows)
        for rows in ROWS:
            x, y = fence.of(all_rows[:rows]), fence.room(rows, matrix.num_outputs)
            assert call(functions.linear_int8, fields, x, rows, 0, 1, y) == 0
            np.testing.assert_allclose(y, expected[:rows], rtol=1e-4, atol=1e-4)


def check_shared_linear(functions: Functions, fence: Fence) -> None:
    """By threads, each of which has some panels; more rows than are multiplied at once."""
    matrix = random_matrix(functions, fence, 307, 133, is_fine=True)
    fields, x = fence.struct(matrix.fields), fence.of(floats(301, 133))
    for threads in (1, 2, 3):
        y = fence.room(301, 307)
        assert call(functions.linear_int8, fields, x, 301, 0, threads, y) == 0
        np.testing.assert_allclose(y, matrix.product(x), rtol=1e-4, atol=1e-4)


def check_highest_of_linear(functions: Functions, fence: Fence) -> None:
    for matrix in matrices(functions, fence):
        fields, all_rows = fence.struct(matrix.fields), floats(max(ROWS), matrix.weights.shape[1])
        scores, count = matrix.product(all_rows), min(3, matrix.num_outputs)
        for rows in ROWS[::3]:
            x = fence.of(all_rows[:rows])
            ids, log_probs = fence.room(rows, count, dtype=np.int64), fence.room(rows, count)
            assert call(functions.highest_of_linear_int8, fields, x, rows, count, 2, ids, log_probs) == 0
            assert_highest(scores[:rows], ids, log_probs)


def assert_highest(scores: np.ndarray, ids: np.ndarray, log_probs: np.ndarray) -> None:
    """Some scores may be as good as equal: then either may come first."""
    largest = scores.max(axis=1, keepdims=True)
    expected = scores - largest - np.log(np.exp(scores - largest).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(np.take_along_axis(expected, ids, 1), log_probs, rtol=1e-4, atol=1e-3)
    highest = -np.sort(-expected, axis=1)[:, : ids.shape[1]]
    np.testing.assert_allclose(highest, log_probs, rtol=1e-4, atol=1e-3)


def check_candidates(functions: Functions, fence: Fence) -> None:
    """Sources with few candidates and many, the last of the matrix among them."""
    for outputs, inputs in ((33, 64), (49, 200), (24, 40), (20, 37), (17, 5)):
        matrix = random_matrix(functions, fence, outputs, inputs)
        chosen = [[outputs - 1], list(range(0, outputs, 3)), list(range(outputs))]
        sources = [_gathered(functions, fence, matrix, ids) for ids in chosen]
        table = fence.struct((CandidateFields * len(sources))(*(fields for fields, _ in sources)))
        for lanes in (1, 3):
            states = fence.of(floats(len(chosen) * lanes, inputs))
            width = max(fields.count for fields, _ in sources)
            given = (states, len(chosen), lanes, inputs, table, width)
            found = (
                fence.room(len(states), width),
                fence.room(len(states), dtype=np.int64),
                fence.room(len(states)),
            )
            assert call(functions.candidate_scores, *given, found[0]) == 0
            assert call(functions.best_candidates, *given, *found[1:]) == 0
            exact = states.astype(np.float64) @ matrix.weights.T * matrix.scales + matrix.bias
            _assert_chosen(exact, [chosen[row // lanes] for row in range(len(states))], *found)


def _gathered(
    functions: Functions, fence: Fence, matrix: FencedMatrix, ids: list[int]
) -> tuple[CandidateFields, tuple[np.ndarray, ...]]:
    """And what the fields point to."""
    inputs, size = matrix.weights.shape[1], -(-len(ids) // BLOCK) * BLOCK
    padded = np.zeros(size, np.int64)
    padded[: len(ids)] = ids
    given = fence.of(padded)
    weights = fence.room(size, inputs, dtype=np.int8)
    sums, scales, bias = (fence.room(size) for _ in range(3))
    _, _, _, all_sums, all_scales, all_bias, _ = matrix.parts
    everyone = (matrix.weights, all_sums, all_scales, all_bias)
    own = (weights, sums, scales, bias)
    call(functions.gather_candidates, *everyone, inputs, given, len(ids), size, *own)
    np.testing.assert_array_equal(weights[: len(ids)], matrix.weights[ids])
    parts = (*(fence.of(part) for part in own), given)
    return CandidateFields(*(part.ctypes.data for part in parts), size), parts


def _assert_chosen(
    exact: np.ndarray, chosen: list[list[int]], scores: np.ndarray, ids: np.ndarray, log_probs: np.ndarray
) -> None:
    """Of rows that choose from some outputs each: (R, N), R x C -> (R, width), (R,), (R,)."""
    for row, own in enumerate(chosen):
        np.testing.assert_allclose(scores[row, : len(own)], exact[row, own], atol=2e-3)
        assert (scores[row, len(own) :] == -np.inf).all()
        best = scores[row].argmax()
        assert ids[row] == own[best]
        total = np.exp(scores[row] - scores[row, best]).sum()
        np.testing.assert_allclose(log_probs[row], -np.log(total), atol=1e-5)


def check_add_norm(functions: Functions, fence: Fence) -> None:
    for rows, width in ((0, 8), (1, 8), (3, 24), (5, 64)):
        x, added, weight, bias = (
            fence.of(floats(*shape)) for shape in ((rows, width),) * 2 + ((width,),) * 2
        )
        for plus in (added, None):
            total = x if plus is None else x + plus
            for shift in (bias, None):
                y = fence.room(rows, width)
                call(functions.add_norm, x, plus, weight, shift, 1e-6, rows, width, y)
                centered = total if shift is None else total - total.mean(axis=1, keepdims=True)
                expected = centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + 1e-6) * weight
                np.testing.assert_allclose(
                    y, expected + (0 if shift is None else shift), rtol=1e-4, atol=1e-5
                )


def check_embed_rows(functions: Functions, fence: Fence) -> None:
    for width in (8, 24, 40):
        values, scales = fence.of(GENERATOR.integers(-127, 128, (9, width), np.int8)), fence.of(floats(9))
        table, ids = fence.of(floats(5, width)), fence.of(np.array([8, 0, -1, 8]))
        positions = fence.of(np.array([4, 0, 4, 3]))
        vectors = values[ids].astype(np.float32) * (scales * 1.5)[ids][:, None] * (ids >= 0)[:, None]
        for rows, where in ((table, positions), (None, None)):
            x = fence.room(4, width)
            call(functions.embed_rows, ids, 4, values, scales, 1.5, width, rows, where, x)
            expected = vectors if rows is None or where is None else vectors + rows[where]
            np.testing.assert_allclose(x, expected, rtol=1e-5, atol=1e-6)


def check_highest_scores(functions: Functions, fence: Fence) -> None:
    for width in range(1, 18):
        for rows, count in ((0, 1), (1, 1), (3, min(4, width))):
            scores = fence.of(floats(rows, width))
            ids, log_probs = fence.room(rows, count, dtype=np.int64), fence.room(rows, count)
            call(functions.highest_scores, scores, rows, width, count, ids, log_probs)
            assert_highest(scores, ids, log_probs)


def check_ssru_step(functions: Functions, fence: Fence) -> None:
    for rows, width in ((0, 8), (1, 8), (3, 24)):
        gates, before = fence.of(floats(rows, 2, width)), floats(rows, width)
        cells, out = fence.room(rows, width), fence.room(rows, width)
        cells[...] = before
        call(functions.ssru_step, gates, rows, width, cells, out)
        forget = 1 / (1 + np.exp(-gates[:, 0]))
        np.testing.assert_allclose(cells, forget * before + (1 - forget) * gates[:, 1], rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(out, np.maximum(cells, 0))


CHECKS = (
    check_linear,
    check_shared_linear,
    check_highest_of_linear,
    check_candidates,
    check_add_norm,
    check_embed_rows,
    check_highest_scores,
    check_ssru_step,
)
