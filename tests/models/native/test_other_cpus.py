"""Variants for CPUs that are rarely at hand, compiled from the same sources for this one.

AMX: with the tile instructions in plain C. AVX-VNNI: with the same instruction under its AVX-512 name.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from crosslate.models.native import library as library_module
from crosslate.models.native.kernels import Kernels
from crosslate.models.native.library import FOLDER, Library, load_library
from tests.models.native.compiling import compile_quietly
from tests.models.native.fenced_checks import CHECKS, Check
from tests.models.native.fences import SIDES, Fence, Side
from tests.models.native.test_kernels import quantized, random_layer

HERE = Path(__file__).parent
LOADED = load_library()
COMPILER = shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(
    LOADED is None or LOADED.isa not in {"vnni", "amx"} or COMPILER is None,
    reason="no AVX-512 VNNI or no compiler",
)
COMMON = ("-O2", "-std=gnu11", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden", "-Wall", "-Wno-psabi")
VNNI = ("-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vnni")
FLAGS = {
    "amx": ("-D__AMX_INT8__", "-include", str(HERE / "emulated_tiles.h")),
    "avxvnni": ("-DNARROW_VNNI",),
}


@pytest.fixture(scope="module", params=list(FLAGS))
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    path = tmp_path_factory.mktemp(request.param) / "kernels.so"
    sources = [str(source) for source in sorted(FOLDER.glob("*.c"))]
    compile_quietly(str(COMPILER), COMMON, VNNI, FLAGS[request.param], sources, "-o", str(path), "-lm")
    return Library(request.param, path)


def test_it_would_be_taken(library: Library) -> None:
    assert library_module._is_right(library)


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize("rows", [1, 5, 7, 8, 15, 16, 17, 31, 32, 33, 48, 71, 300])
def test_sums_are_those_of_integers(library: Library, rows: int, is_fine: bool) -> None:
    """Rows and panels that fill tiles and that do not; inputs that are no whole tiles, and several."""
    kernels = Kernels(library)
    for inputs, outputs in ((64, 16), (63, 33), (200, 49), (5, 1)):
        weights, scales, bias = random_layer(outputs, inputs)
        assert bias is not None
        packed = kernels.pack(weights, scales, bias, is_fine=is_fine)
        assert packed.levels == (65535 if is_fine or library.isa == "amx" else 255)
        x = torch.randn(rows, inputs) * 3
        integers, row_scales, least = quantized(x, packed.levels)
        columns = weights.numpy().T.astype(float)
        sums = torch.from_numpy((integers @ columns) * row_scales + columns.sum(axis=0) * least)
        expected = (sums * scales + bias).float()
        torch.testing.assert_close(kernels.linear(x, packed), expected, rtol=1e-5, atol=2e-3)


def test_all_variants_of_one_kind_agree_to_the_last_bit(library: Library) -> None:
    """With two bytes the integers are those of AVX-512 VNNI, and so are the floats that they become."""
    ours, theirs = Kernels(library), Kernels(Library("vnni", FOLDER / "kernels_vnni.so"))
    layer = random_layer(520, 512)
    for rows in (3, 21, 90):
        x = torch.randn(rows, 512)
        found, expected = (k.linear(x, k.pack(*layer, is_fine=True)) for k in (ours, theirs))
        assert torch.equal(found, expected)
        found_ids, expected_ids = (
            k.highest_of_linear(x, k.pack(*layer, is_fine=True), 4)[0] for k in (ours, theirs)
        )
        assert torch.equal(found_ids, expected_ids)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_they_stay_within_their_buffers(library: Library, check: Check, side: Side) -> None:
    check(library.lengthy, Fence(side))


def test_threads_have_tiles_of_their_own(library: Library) -> None:
    """Tiles belong to a thread, and are given back when it has multiplied."""
    kernels = Kernels(library)
    packed = kernels.pack(*random_layer(1100, 512), is_fine=True)
    x = torch.randn(70, 512)
    before = torch.get_num_threads()
    answers = []
    for num_threads in (1, 3):
        torch.set_num_threads(num_threads)
        answers += [kernels.linear(x, packed) for _ in range(3)]
    torch.set_num_threads(before)
    assert all(torch.equal(answer, answers[0]) for answer in answers)
