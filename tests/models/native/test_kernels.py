"""Every compiled variant that this CPU runs, against numpy and torch."""

from __future__ import annotations

import math
import platform
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crosslate.models.layers.layers import ACTIVATIONS
from crosslate.models.native import library as library_module
from crosslate.models.native.candidate_rows import CandidateTable
from crosslate.models.native.kernels import Kernels, load_kernels
from crosslate.models.native.library import FALLBACKS, FOLDER, Library, load_library
from crosslate.models.native.packed_weights import PackedWeights
from crosslate.models.specs.stack_spec import Activation

LOADED = load_library()
pytestmark = pytest.mark.skipif(LOADED is None, reason="the kernels are not compiled: no C compiler")
VARIANTS = FALLBACKS[LOADED.isa] if LOADED is not None else ()


def quantized(x: Tensor, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows as the kernels read them, in numpy: integers up to `levels`, scales and the least entries."""
    values = x.numpy().astype(np.float32)
    least = values.min(axis=1, keepdims=True)
    span = values.max(axis=1, keepdims=True) - least
    inverse = np.divide(np.float32(levels), span, where=span > 0, out=np.zeros_like(span))
    return np.floor((values - least) * inverse + np.float32(0.5)), span / np.float32(levels), least


def random_layer(outputs: int, inputs: int, *, bias: bool = True) -> tuple[Tensor, Tensor, Tensor | None]:
    """Every other output's weights are as small as trained ones mostly are."""
    weights = torch.randint(-127, 128, (outputs, inputs), dtype=torch.int8)
    weights[: outputs // 2] //= 4
    return weights, torch.rand(outputs) + 0.1, torch.randn(outputs) if bias else None


def test_every_variant_is_compiled() -> None:
    """Those for other CPUs too: what fails to compile is left out with a warning that few read."""
    on_arm = platform.machine() in {"aarch64", "arm64"}
    variants = {"generic", *({"dotprod", "i8mm"} if on_arm else {"avx2", "avxvnni", "vnni", "amx"})}
    assert {path.name for path in FOLDER.glob("*.so")} == {f"kernels_{isa}.so" for isa in variants}
    assert variants <= set(FALLBACKS)


def expected_levels(kernels: Kernels, *, is_fine: bool) -> set[int]:
    """With AVX2 it depends on the weights: see below."""
    if kernels.isa == "avx2":
        return {127, 255}
    return {65535 if is_fine or kernels.isa == "amx" else 255}


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize("rows", [1, 3, 4, 33, 70])
@pytest.mark.parametrize(("inputs", "outputs"), [(32, 16), (5, 1), (37, 21), (256, 96)])
def test_linear(kernels: Kernels, rows: int, inputs: int, outputs: int, is_fine: bool) -> None:
    torch.manual_seed(rows)
    weights, scales, bias = random_layer(outputs, inputs)
    assert bias is not None
    x = torch.randn(rows, inputs) * 3
    x[1::3] = x[1::3].abs()
    x[2::3] = -x[2::3].abs()
    packed = kernels.pack(weights, scales, bias, is_fine=is_fine)
    assert packed.levels in expected_levels(kernels, is_fine=is_fine)
    y = kernels.linear(x, packed)
    integers, row_scales, least = quantized(x, packed.levels)
    columns = weights.numpy().T.astype(np.float64)
    sums = (integers @ columns) * row_scales + columns.sum(axis=0) * least  # exact
    expected = sums * scales.numpy() + bias.numpy()
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-5, atol=2e-3)  # sums of some thousands
    rectified = kernels.linear(x, packed, "relu")
    torch.testing.assert_close(rectified, y.clamp(min=0), rtol=0, atol=0)


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(5, 1), (37, 21), (256, 96)])
def test_what_inputs_mostly_are_is_not_rounded(
    kernels: Kernels, inputs: int, outputs: int, has_bias: bool
) -> None:
    """One input is far from the others in every row: without a center it alone would take most steps."""
    torch.manual_seed(inputs)
    weights, scales, bias = random_layer(outputs, inputs, bias=has_bias)
    centers = torch.randn(inputs)
    centers[inputs // 2] = 100.0
    x = centers + torch.randn(9, inputs) * 0.1
    packed = kernels.pack(weights, scales, bias, centers=centers)
    y = kernels.linear(x, packed)
    plain = kernels.linear(x, kernels.pack(weights, scales, bias))
    if packed.centers is None:  # as on AMX, where two bytes are fine enough without
        assert packed.levels > 255
        assert torch.equal(y, plain)
        return
    integers, row_scales, least = quantized(x - centers, packed.levels)
    rounded = integers * row_scales + least + centers.double().numpy()
    expected = (rounded @ weights.numpy().T.astype(np.float64)) * scales.numpy()
    np.testing.assert_allclose(y, expected if bias is None else expected + bias.numpy(), rtol=1e-5, atol=2e-2)
    exact = x.double() @ weights.double().T * scales + (0.0 if bias is None else bias)
    assert (y - exact).norm() <= 0.2 * (plain - exact).norm() + 1e-6 * exact.norm()


@pytest.mark.parametrize("weight", [-127, 127, 32, 33, 64, 65])
def test_the_largest_products_do_not_saturate(kernels: Kernels, weight: int) -> None:
    """With 7 bits 64 is the largest weight of which four fit 16 bits, with 8 bits 32, and 64 that of two."""
    weights = torch.full((16, 4096), weight, dtype=torch.int8)
    x = torch.full((5, 4096), 2.0)
    x[:, 7] = torch.tensor([0.0, -2.0, 2.0, 1.0, 1.5])  # the least; all others are the largest
    expected = weight * x.sum(dim=1, keepdim=True).expand(5, 16)
    for is_fine in (False, True):
        y = kernels.linear(x, kernels.pack(weights, torch.ones(16), None, is_fine=is_fine))
        torch.testing.assert_close(y, expected, rtol=1e-6, atol=0)


@pytest.mark.skipif("avx2" not in VARIANTS, reason="of AVX2")
class TestPanelsOfAvx2:
    """Sums are joined only where they fit, and what fits in no way is halved."""

    @pytest.mark.parametrize(
        ("weight", "levels", "place"),
        [
            (32, 255, (0, 5, 5)),
            (33, 255, (0, 0, 5)),
            (-64, 255, (0, 0, 5)),
            (-65, 127, (0, 0, 5)),  # with 8 bits every step would stand there twice
        ],
    )
    def test_equal_weights(self, weight: int, levels: int, place: tuple[int, int, int]) -> None:
        weights = torch.full((16, 40), weight, dtype=torch.int8)
        packed = self.pack(weights)
        assert packed.levels == levels
        assert packed.places.tolist() == [list(place)]

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_step_that_does_not_fit_is_halved(self, sign: int) -> None:
        """One of 30 steps in the second panel: 31 steps, two of which read the same inputs."""
        weights = torch.randint(-20, 21, (32, 240), dtype=torch.int8)
        weights[19, 80:82] = 127 * sign
        weights[19, 84:86] = 20 * sign  # which are added to them: as a half they still do not fit
        packed = self.pack(weights)
        assert packed.levels == 255
        assert packed.places.tolist() == [[0, 30, 30], [30, 29, 31]]
        assert sorted(packed.orders[:30].tolist()) == list(range(30))
        assert sorted(packed.orders[30:].tolist()) == sorted([*range(30), 10])
        x = torch.randint(0, 256, (9, 240)).float()
        x[:, 100], x[:, 101], x[:, 80:82] = 0.0, 255.0, 255.0
        y = Kernels(Library("avx2", FOLDER / "kernels_avx2.so")).linear(x, packed)
        assert torch.equal(y, x @ weights.float().T)

    @staticmethod
    def pack(weights: Tensor) -> PackedWeights:
        kernels = Kernels(Library("avx2", FOLDER / "kernels_avx2.so"))
        return kernels.pack(weights, torch.ones(len(weights)), None)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_row_does_not_depend_on_those_beside_it(data: st.DataObject) -> None:
    kernels = load_kernels()
    assert kernels is not None
    rows, inputs = data.draw(st.integers(1, 80)), data.draw(st.integers(1, 70))
    torch.manual_seed(data.draw(st.integers(0, 2**32)))
    packed = kernels.pack(*random_layer(data.draw(st.integers(1, 40)), inputs))
    x = torch.randn(rows, inputs)
    row = data.draw(st.integers(0, rows - 1))
    together = kernels.linear(x, packed)[row]
    assert torch.equal(together, kernels.linear(x[row : row + 1], packed)[0])


def test_threads_share_a_product_and_change_nothing(kernels: Kernels) -> None:
    """Several engines at once, each with a team of its own, which ends with the engine's thread."""
    packed = kernels.pack(*random_layer(520, 512))
    x = torch.randn(9, 512)
    alone = kernels.linear(x, packed)

    def serve(num_threads: int) -> bool:
        torch.set_num_threads(num_threads)
        return all(torch.equal(kernels.linear(x, packed), alone) for _ in range(50))

    for _ in range(3):
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(serve, (1, 2, 3))) == [True] * 3


@pytest.mark.parametrize("sign", [-1, 0, 1])
@pytest.mark.parametrize("fault", [math.nan, math.copysign(math.nan, -1), math.inf, -math.inf])
def test_a_row_that_overflowed_stays_its_own_fault(kernels: Kernels, fault: float, sign: int) -> None:
    """Whether the row's other entries are of one sign or of both."""
    packed = kernels.pack(*random_layer(21, 36))
    x = torch.randn(6, 36)
    if sign:
        x = x.abs() * sign
    clean = kernels.linear(x, packed, "relu")
    for place in (5, 35):
        broken = x.clone()
        broken[2, place] = fault
        y = kernels.linear(broken, packed, "relu")
        assert y[2].isnan().all()
        others = [0, 1, 3, 4, 5]
        assert torch.equal(y[others], clean[others])


def test_a_row_of_zeros_gives_the_bias(kernels: Kernels) -> None:
    weights, scales, bias = random_layer(18, 32)
    assert bias is not None
    y = kernels.linear(torch.zeros(1, 32), kernels.pack(weights, scales, bias))
    assert torch.equal(y[0], bias)
    tiny = kernels.linear(torch.full((1, 32), 1e-42), kernels.pack(weights, scales, bias))
    torch.testing.assert_close(tiny[0], bias)


CANDIDATES = [[0, 7, 49], [3], [1, 2, 3, 4, 5, 11, 20, 31, 48]]


def gathered(kernels: Kernels, layer: tuple[Tensor, Tensor, Tensor | None]) -> CandidateTable:
    weights, scales, bias = layer
    # Candidates are finer, and do without the centers of the matrix that they are rows of.
    packed = kernels.pack(weights, scales, bias, centers=torch.randn(weights.shape[1]))
    return CandidateTable([kernels.gather_candidates(np.array(ids), weights, packed) for ids in CANDIDATES])


def fine_scores(x: Tensor, weights: Tensor, scales: Tensor, bias: Tensor | None) -> Tensor:
    """In float64: rows of two bytes an entry (on AVX2 of 7 bits each) times integers."""
    scores = x.double() @ weights.double().T * scales
    return scores if bias is None else scores + bias


@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("inputs", [32, 40, 96, 256])
def test_candidate_scores(kernels: Kernels, inputs: int, lanes: int, has_bias: bool) -> None:
    torch.manual_seed(inputs)
    layer = random_layer(50, inputs, bias=has_bias)
    x = torch.randn(len(CANDIDATES) * lanes, inputs)
    table = gathered(kernels, layer)
    scores = kernels.candidate_scores(x, table)
    expected = fine_scores(x, *layer)
    assert scores.shape == (len(x), 16), "whole blocks of eight"
    for lane, row in enumerate(scores):
        candidates = CANDIDATES[lane // lanes]
        own = expected[lane, candidates].float()
        # An entry is off by half of a step, some 5 / 16383 at most, times weights of some 70, times scales.
        torch.testing.assert_close(row[: len(candidates)], own, rtol=1e-5, atol=0.03 * math.sqrt(inputs))
        assert row[len(candidates) :].eq(-math.inf).all()
    ids, log_probs = kernels.best_candidates(x, table)
    columns = scores.argmax(dim=1)
    assert ids.tolist() == [CANDIDATES[lane // lanes][c] for lane, c in enumerate(columns.tolist())]
    best = scores.double().log_softmax(dim=1).gather(1, columns[:, None])[:, 0].float()
    torch.testing.assert_close(log_probs, best, rtol=1e-5, atol=1e-5)


def test_candidates_do_not_depend_on_those_beside_them(kernels: Kernels) -> None:
    layer = random_layer(50, 64)
    x = torch.randn(3, 64)
    table = gathered(kernels, layer)
    _, log_probs = kernels.best_candidates(x, table)
    for row, candidates in enumerate(table.rows):
        _, alone = kernels.best_candidates(x[row : row + 1], CandidateTable([candidates]))
        assert torch.equal(alone[0], log_probs[row])


@pytest.mark.parametrize("fault", [math.nan, math.inf])
def test_a_lane_that_overflowed_has_no_best_candidate(kernels: Kernels, fault: float) -> None:
    layer = random_layer(50, 64)
    x = torch.randn(3, 64)
    x[1, 3] = fault
    _, log_probs = kernels.best_candidates(x, gathered(kernels, layer))
    assert log_probs.isnan().tolist() == [False, True, False]


@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_add_norm(kernels: Kernels, kind: str) -> None:
    x, added = torch.randn(2, 3, 40) * 5, torch.randn(2, 3, 40)
    weight, bias = torch.randn(40), torch.randn(40)
    total = x + added
    if kind == "layer":
        expected = torch.nn.functional.layer_norm(total, (40,), weight, bias, 1e-6)
    else:
        expected = torch.nn.functional.rms_norm(total, (40,), weight, 1e-6)
    actual = kernels.add_norm(x, added, weight=weight, bias=bias if kind == "layer" else None, eps=1e-6)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [1, 7, 8, 29])
def test_best_scores(kernels: Kernels, width: int) -> None:
    scores = torch.randn(4, width) * 4
    scores[1, width - 1] = -math.inf if width > 1 else 0.0
    scores[2] = 1.5  # a tie: the first wins
    best, log_probs = kernels.best_scores(scores)
    assert best.tolist() == [int(np.argmax(row)) for row in scores.numpy()]
    torch.testing.assert_close(log_probs, torch.log_softmax(scores, -1).max(-1).values)
    scores[3, width // 2] = math.nan
    assert kernels.best_scores(scores)[1].isnan().tolist() == [False, False, False, True]


@pytest.mark.parametrize("rows", [1, 6, 70])
@pytest.mark.parametrize("outputs", [1, 16, 37, 520])
@pytest.mark.parametrize("count", [1, 5])
def test_highest_of_linear(kernels: Kernels, rows: int, outputs: int, count: int) -> None:
    torch.manual_seed(rows)
    packed = kernels.pack(*random_layer(outputs, 24))
    x = torch.randn(rows, 24) * 0.01
    scores = kernels.linear(x, packed)
    ids, log_probs = kernels.highest_of_linear(x, packed, count)
    there = min(count, outputs)
    assert torch.equal(ids[:, :there], scores.topk(there).indices)
    assert (log_probs[:, there:] == -math.inf).all()
    expected = torch.log_softmax(scores, -1).topk(there).values
    torch.testing.assert_close(log_probs[:, :there], expected, rtol=1e-4, atol=1e-5)
    x[rows // 2, 3] = math.nan
    is_nan = kernels.highest_of_linear(x, packed, count)[1][:, 0].isnan().tolist()
    assert is_nan == [row == rows // 2 for row in range(rows)]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 6])
def test_highest_of_linear_does_not_depend_on_the_batch(kernels: Kernels, threads: int, count: int) -> None:
    """Nor does its last bit, however many threads share the work; of equal scores the first is the best."""
    weights, scales, bias = random_layer(2100, 256)
    assert bias is not None
    weights[1700], scales[1700], bias[1700] = weights[900], scales[900], bias[900] = weights[3], 9.0, 9.0
    packed = kernels.pack(weights, scales, bias)
    x = torch.randn(9, 256)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        ids, log_probs = kernels.highest_of_linear(x, packed, count)
        alone = [kernels.highest_of_linear(row[None], packed, count) for row in x]
        first = kernels.highest_of_linear(x, packed, 1)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(ids, torch.cat([i for i, _ in alone]))
    assert torch.equal(log_probs, torch.cat([p for _, p in alone]))
    assert torch.equal(ids[:, :1], first[0])
    assert torch.equal(log_probs[:, :1], first[1])
    scores = kernels.linear(x, packed)
    assert torch.equal(ids, scores.sort(dim=-1, descending=True, stable=True).indices[:, :count])
    assert 1700 not in ids[:, 0]


@settings(max_examples=50, deadline=None)
@given(width=st.integers(1, 70), count=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_highest_scores(width: int, count: int, seed: int) -> None:
    kernels = load_kernels()
    assert kernels is not None
    count = min(count, width)
    torch.manual_seed(seed)
    scores = torch.randn(3, width) * 4
    scores[1, torch.rand(width) < 0.3] = -math.inf
    scores[1, 0] = 0.5
    ids, log_probs = kernels.highest_scores(scores, count)
    expected, where = torch.log_softmax(scores, -1).topk(count)
    torch.testing.assert_close(log_probs, expected)
    is_possible = expected > -math.inf
    assert torch.equal(ids[is_possible], where[is_possible])
    scores[2, width // 2] = math.nan
    assert kernels.highest_scores(scores, count)[1].isnan().all(dim=1).tolist() == [False, False, True]


@pytest.mark.parametrize("activation", ["relu", "gelu", "gelu_new", "silu"])
def test_activations(kernels: Kernels, activation: Activation) -> None:
    packed = kernels.pack(torch.eye(64, dtype=torch.int8), torch.ones(64), None)
    x = torch.linspace(-9, 9, 64 * 20).view(20, 64)
    expected = ACTIVATIONS[activation](kernels.linear(x, packed).double())
    found = kernels.linear(x, packed, activation)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=3e-7)
    assert kernels.linear(x * math.nan, packed, activation).isnan().all()


def test_ssru_step(kernels: Kernels) -> None:
    gates, cells = torch.randn(3, 1, 48) * 60, torch.randn(3, 1, 24)
    forget, candidate = gates.chunk(2, dim=-1)
    expected = torch.lerp(candidate, cells, torch.sigmoid(forget))
    out = kernels.ssru_step(gates, cells)
    torch.testing.assert_close(cells, expected)
    assert torch.equal(out, cells.clamp(min=0))


def test_a_variant_that_computes_nonsense_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    is_right = library_module._is_right
    monkeypatch.setattr(
        library_module, "_is_right", lambda library: library.isa == "generic" and is_right(library)
    )
    load_library.cache_clear()
    try:
        loaded = load_library()
        assert loaded is not None
        assert loaded.isa == "generic"
    finally:
        load_library.cache_clear()


@pytest.mark.parametrize("has_positions", [True, False])
def test_embed(kernels: Kernels, has_positions: bool) -> None:
    values, scales, _ = random_layer(50, 40)
    ids = torch.tensor([[3, -1, 49], [0, 3, -1]])
    positions, table = (torch.tensor([[7], [2]]), torch.randn(9, 40)) if has_positions else (None, None)
    x = kernels.embed(ids, values, scales, 1.5, positions=positions, table=table)
    expected = values[ids].float() * scales[ids][..., None] * 1.5
    expected[ids < 0] = 0.0
    if positions is not None and table is not None:
        expected += table[positions]
    torch.testing.assert_close(x, expected)
