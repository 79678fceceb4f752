"""Tokens per second in the sizes of well-known models: every engine in a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from loadtests.compare.outcome import Outcome, best_setups
from loadtests.compare.random_marian import (
    BART_LARGE,
    NLLB_600M,
    NUM_SOURCE_TOKENS,
    NUM_TARGET_TOKENS,
    OPUS_MT_BASE,
    Sizes,
)
from loadtests.compare.sides import Side, SideProcess, Speed, Turn, sides_of

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRow:
    """One line of the table."""

    name: str
    sizes: Sizes = OPUS_MT_BASE
    batch_size: int
    num_beams: int = 1
    num_source_tokens: int = NUM_SOURCE_TOKENS
    num_target_tokens: int = NUM_TARGET_TOKENS
    target: str = ">= 1.5x CTranslate2"
    is_usual: bool = True
    """Measured where no line is asked for."""


def _large(name: str, sizes: Sizes, batch_size: int, *, is_summary: bool) -> GenerationRow:
    """Of networks that take gigabytes to make."""
    return GenerationRow(
        name=name,
        sizes=sizes,
        batch_size=batch_size,
        num_beams=4 if is_summary else 1,
        num_source_tokens=600 if is_summary else NUM_SOURCE_TOKENS,
        num_target_tokens=60 if is_summary else NUM_TARGET_TOKENS,
        target=">= 1.2x CTranslate2" if is_summary else ">= 1.5x CTranslate2",
        is_usual=False,
    )


ROWS = (
    GenerationRow(name="greedy-1", batch_size=1),
    GenerationRow(name="greedy-16", batch_size=16),
    GenerationRow(name="greedy-64", batch_size=64),
    GenerationRow(name="beam4-1", batch_size=1, num_beams=4, target=">= 1.2x CTranslate2"),
    GenerationRow(name="beam4-16", batch_size=16, num_beams=4, target=">= 1.2x CTranslate2"),
    _large("nllb-1", NLLB_600M, 1, is_summary=False),
    _large("nllb-16", NLLB_600M, 16, is_summary=False),
    _large("summary-1", BART_LARGE, 1, is_summary=True),
    _large("summary-4", BART_LARGE, 4, is_summary=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationPlan:
    """How to measure."""

    cache: Path
    num_rounds: int
    turn_s: float
    num_threads: int
    engines: Sequence[str]
    """Only these; all where it is empty."""
    by_cpu_time: bool
    """Tokens per second of CPU time: for a machine that is busy otherwise."""


def measure_generation(
    plan: GenerationPlan, rows: Sequence[GenerationRow], report: Report
) -> Iterator[Outcome]:
    """One outcome for each row."""
    for sizes, own in groupby(rows, key=lambda row: row.sizes):
        yield from _measure_rows(sizes, list(own), plan, report)


def _measure_rows(
    sizes: Sizes, rows: Sequence[GenerationRow], plan: GenerationPlan, report: Report
) -> Iterator[Outcome]:
    sides = sides_of(sizes, plan.cache, plan.num_threads)
    chosen = [side for side in sides if not plan.engines or side.engine in plan.engines]
    with contextlib.ExitStack() as stack:
        processes = []
        for side in chosen:
            report(f"loading {side.engine}, {side.setup}")
            processes.append(stack.enter_context(SideProcess(side)))
        for row in rows:
            yield _measure_row(row, processes, plan, report)


def _measure_row(
    row: GenerationRow, processes: Sequence[SideProcess], plan: GenerationPlan, report: Report
) -> Outcome:
    turn = Turn(
        sizes=row.sizes,
        batch_size=row.batch_size,
        num_beams=row.num_beams,
        num_source_tokens=row.num_source_tokens,
        num_target_tokens=row.num_target_tokens,
        min_s=plan.turn_s,
    )
    rates: dict[Side, list[float]] = {process.side: [] for process in processes}
    for process in processes:
        process.take_turn(replace(turn, min_s=0))  # to warm up
    for number in range(plan.num_rounds):
        latest = []
        for process in _rotated(processes, number):
            speed = process.take_turn(turn)
            rates[process.side].append(_rate(speed, plan))
            latest.append(f"{process.side.engine} ({process.side.setup}) {_described(speed)}")
        report(f"{row.name}, round {number + 1}: {'; '.join(latest)}")
    best = best_setups((side.engine, side.setup, rounds) for side, rounds in rates.items())
    return Outcome(
        name=row.name,
        unit="tokens per CPU s" if plan.by_cpu_time else "tokens/s",
        target=row.target,
        rounds={engine: rounds for engine, (_, rounds) in best.items()},
        setups={engine: setup for engine, (setup, _) in best.items()},
    )


def _rate(speed: Speed, plan: GenerationPlan) -> float:
    return speed.num_tokens / (speed.cpu_s if plan.by_cpu_time else speed.wall_s)


def _described(speed: Speed) -> str:
    return f"{speed.num_tokens / speed.wall_s:.1f}/s on {speed.cpu_s / speed.wall_s:.1f} cores"


def _rotated(processes: Sequence[SideProcess], number: int) -> list[SideProcess]:
    """Another side begins each round, so that none always follows the same one."""
    start = number % len(processes)
    return [*processes[start:], *processes[:start]]
