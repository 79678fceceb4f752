"""How fast this machine could multiply, with nothing to load, and how fast it reads memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from crosslate.models.int8.quantization import Int8Rows
from crosslate.models.native.kernels import Kernels, load_kernels
from loadtests.work_counts import Work

Clock = Callable[[], float]

MATRIX = (512, 2048)
"""Inputs and outputs of the products that are timed where there are no instructions to time."""
ROWS = (64, 256)
"""Of those products; the faster counts."""
ROUNDS = 10_000
"""Of instructions without operands in memory: some tens of microseconds."""
READ_BYTES = 2**28
"""What is read to time the memory: several times a last-level cache."""
TRY_S = 0.3
"""For which each is repeated: the best repetition counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRates:
    """The highest that were seen."""

    num_threads: int
    isa: str
    """the instruction set of the compiled kernels"""
    int8: float | None
    """multiply-accumulates per second of its instructions; None where it has none for these"""
    float32: float
    """multiply-accumulates per second; where it has no instructions, of torch's products"""
    memory: float
    """bytes read per second"""

    def products_s(self, work: Work) -> float:
        """Seconds for the products, if nothing has to be waited for."""
        return work.int8_macs / (self.int8 or self.float32) + work.float32_macs / self.float32

    def reading_s(self, work: Work) -> float:
        """Seconds for the bytes."""
        return work.num_bytes / self.memory

    def floor_s(self, work: Work) -> float:
        """Products and reading overlap: the longer of the two."""
        return max(self.products_s(work), self.reading_s(work))

    def described(self) -> str:
        """One line, to stand beside what was measured."""
        int8 = "no int8 instructions" if self.int8 is None else f"int8 {self.int8 / 1e9:.1f} GMAC/s"
        return (
            f"{self.num_threads} thread(s), kernels {self.isa}: {int8},"
            f" float32 {self.float32 / 1e9:.1f} GMAC/s, memory {self.memory / 1e9:.1f} GB/s"
        )


def measure_rates(clock: Clock) -> MachineRates:
    """Of this machine, now, on as many threads as torch has."""
    kernels = load_kernels()
    return MachineRates(
        num_threads=torch.get_num_threads(),
        isa="none" if kernels is None else kernels.isa,
        int8=_register_rate(kernels, "int8", clock),
        float32=_register_rate(kernels, "float32", clock)
        or max(_float32_rate(num_rows, clock) for num_rows in ROWS),
        memory=max(_sum_rate(clock), 0.0 if kernels is None else _int8_row_rate(kernels, clock)),
    )


def highest_rates(measured: Sequence[MachineRates]) -> MachineRates:
    """The best of several measurements: what else the machine does slows some of them."""
    return MachineRates(
        num_threads=measured[0].num_threads,
        isa=measured[0].isa,
        int8=max((rates.int8 for rates in measured if rates.int8 is not None), default=None),
        float32=max(rates.float32 for rates in measured),
        memory=max(rates.memory for rates in measured),
    )


def _register_rate(kernels: Kernels | None, kind: Literal["int8", "float32"], clock: Clock) -> float | None:
    """Of the instructions alone, with nothing to load; None where there are no such instructions."""
    if kernels is None or not kernels.multiply_registers(kind, 1):
        return None
    macs = kernels.multiply_registers(kind, ROUNDS)
    return macs / _best_s(lambda: kernels.multiply_registers(kind, ROUNDS), clock)


def _float32_rate(num_rows: int, clock: Clock) -> float:
    inputs, outputs = MATRIX
    x, weights = torch.randn(num_rows, inputs), torch.randn(inputs, outputs)
    return num_rows * inputs * outputs / _best_s(lambda: torch.mm(x, weights), clock)


def _sum_rate(clock: Clock) -> float:
    values = torch.ones(READ_BYTES // 4)
    return values.nbytes / _best_s(values.sum, clock)


def _int8_row_rate(kernels: Kernels, clock: Clock) -> float:
    """One row times a matrix reads every weight once; the same rows over and over are as good as others."""
    inputs, outputs = MATRIX
    rows = Int8Rows.of(torch.randn(outputs, inputs))
    count = max(1, READ_BYTES // rows.values.nbytes)
    packed = kernels.pack(rows.values.repeat(count, 1), rows.scales.repeat(count), None)
    x = torch.randn(1, inputs)
    return packed.panels.nbytes / _best_s(lambda: kernels.linear(x, packed), clock)


def _best_s(run: Callable[[], object], clock: Clock) -> float:
    run()
    best = math.inf
    begun = now = clock()
    while now - begun < TRY_S:
        started = now
        run()
        now = clock()
        best = min(best, now - started)
    return best
