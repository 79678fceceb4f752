"""The variants for ARM, compiled for it and run by an emulator, of CPUs with their instructions and without.

Elsewhere than on ARM nothing else would ever run them.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from crosslate.models.native.library import FALLBACKS, FOLDER
from tests.models.native.compiling import compile_quietly
from tests.models.native.test_kernels import quantized, random_layer

HERE = Path(__file__).parent
COMPILER, EMULATOR = (shutil.which(name) for name in ("aarch64-linux-gnu-gcc", "qemu-aarch64-static"))
pytestmark = pytest.mark.skipif(
    COMPILER is None or EMULATOR is None,
    reason="apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static",
)
FLAGS = ("-O1", "-std=gnu11", "-static", "-pthread", "-Wall", "-Wno-psabi")
SOURCES = ("isa.c", "team.c", "int8_pack.c", "int8_linear.c", "int8_best.c", "candidates.c", "rows.c")
CPUS = {"generic": "cortex-a72", "dotprod": "neoverse-n1", "i8mm": "max"}
"""A CPU that gets each: a Raspberry Pi 4's, Graviton2's, and one with all that the emulator knows."""
MARCH = {"generic": "armv8-a", "dotprod": "armv8.2-a+dotprod", "i8mm": "armv8.2-a+dotprod+i8mm"}


@dataclass(frozen=True)
class Answers:
    """What the program tells of R rows, N outputs and their C = N / 2 candidates."""

    isa: str
    levels: int
    outputs: np.ndarray
    """float32 (R, N)"""
    best: np.ndarray
    """int64 (R, 3)"""
    log_probs: np.ndarray
    """float32 (R, 3)"""
    candidate_scores: np.ndarray
    """float32 (R, C)"""


@dataclass(frozen=True)
class Emulated:
    """A variant's program and its CPU."""

    isa: str
    program: Path

    def multiply(
        self, weights: np.ndarray, scales: np.ndarray, bias: np.ndarray, x: np.ndarray, *, is_fine: bool
    ) -> Answers:
        (rows, inputs), outputs = x.shape, len(weights)
        sizes = np.array([rows, inputs, outputs, is_fine], np.int64)
        given = b"".join(part.tobytes() for part in (sizes, weights, scales, bias, x))
        command = [str(EMULATOR), "-cpu", CPUS[self.isa], str(self.program)]
        told = subprocess.run(command, input=given, capture_output=True, check=True).stdout
        parts = np.split(
            np.frombuffer(told, np.uint8),
            np.cumsum([16, 8, 4 * rows * outputs, 8 * rows * 3, 4 * rows * 3]),
        )
        return Answers(
            isa=parts[0].tobytes().rstrip(b"\0").decode(),
            levels=int(parts[1].view(np.int64)[0]),
            outputs=parts[2].view(np.float32).reshape(rows, outputs),
            best=parts[3].view(np.int64).reshape(rows, 3),
            log_probs=parts[4].view(np.float32).reshape(rows, 3),
            candidate_scores=parts[5].view(np.float32).reshape(rows, -1),
        )


@pytest.fixture(scope="module", params=list(CPUS))
def emulated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Emulated:
    program = tmp_path_factory.mktemp(request.param) / "products"
    sources = [str(FOLDER / name) for name in SOURCES] + [str(HERE / "emulated_products.c")]
    march = f"-march={MARCH[request.param]}"
    compile_quietly(str(COMPILER), FLAGS, march, f"-I{FOLDER}", sources, "-o", str(program), "-lm")
    return Emulated(request.param, program)


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize(("rows", "inputs", "outputs"), [(1, 150, 37), (2, 64, 16), (7, 200, 49), (13, 5, 6)])
def test_integers_are_exact(emulated: Emulated, rows: int, inputs: int, outputs: int, is_fine: bool) -> None:
    """Rows that need no rounding: tiles of every height, panels that are not full, all values of a byte."""
    generator = np.random.default_rng(rows)
    weights = generator.integers(-127, 128, (outputs, inputs), dtype=np.int8)
    ones, zeros = np.ones(outputs, np.float32), np.zeros(outputs, np.float32)
    x = generator.integers(0, 256, (rows, inputs)).astype(np.float32)
    x[:, :2] = 0, 65535 if is_fine else 255
    answers = emulated.multiply(weights, ones, zeros, x, is_fine=is_fine)
    assert answers.isa == emulated.isa
    assert emulated.isa in FALLBACKS
    assert answers.levels == x[0, 1]
    expected = x.astype(np.int64) @ weights.T.astype(np.int64)
    np.testing.assert_allclose(answers.outputs, expected, rtol=3e-7 if is_fine else 0)


@pytest.mark.parametrize("is_fine", [False, True])
@pytest.mark.parametrize(("rows", "inputs", "outputs"), [(1, 256, 96), (6, 100, 40), (33, 37, 21)])
def test_outputs_are_those_of_the_formula(
    emulated: Emulated, rows: int, inputs: int, outputs: int, is_fine: bool
) -> None:
    torch.manual_seed(rows)
    weights, scales, bias = (None if part is None else part.numpy() for part in random_layer(outputs, inputs))
    assert weights is not None
    assert scales is not None
    assert bias is not None
    x = torch.randn(rows, inputs) * 3
    answers = emulated.multiply(weights, scales, bias, x.numpy(), is_fine=is_fine)
    columns = weights.T.astype(float)

    def scores(levels: int) -> np.ndarray:
        integers, row_scales, least = quantized(x, levels)
        return np.asarray(((integers @ columns) * row_scales + columns.sum(axis=0) * least) * scales + bias)

    expected = scores(answers.levels)
    np.testing.assert_allclose(answers.outputs, expected, rtol=1e-5, atol=2e-3)
    order = np.argsort(-expected, axis=1)[:, :3]
    np.testing.assert_array_equal(answers.best, order)
    log_probs = torch.log_softmax(torch.from_numpy(expected), dim=1).numpy()
    np.testing.assert_allclose(answers.log_probs, np.take_along_axis(log_probs, order, axis=1), atol=5e-3)
    np.testing.assert_allclose(answers.candidate_scores, scores(65535)[:, ::2], rtol=1e-5, atol=2e-3)
