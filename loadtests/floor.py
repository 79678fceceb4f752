"""How near each phase comes to the least time that its work could take on this machine.

    python -m loadtests.floor
    python -m loadtests.floor starter/en-pt --batch 1 32 --beams 4

The machine's rates are measured: the multiplications of the kernels' instruction set, with nothing to load
(no product reaches that), and reading far more than the cache holds. Batches are translated, and the time in
the encoder (with the cross-attention keys and values), in the decoder's layers and in the output projection
is set against the floor of each: its products at those rates, or its bytes, whichever takes longer. What is
left over is the rest: scheduling, choosing tokens, Python.

Without MODEL the network is `loadtests.compare`'s, of opus-mt-base's shape, with random weights. Sources are
random tokens, and outputs are made so long by force: speed depends on shapes. The floor takes weights to come
from memory once a step; where some of them stay in the last-level cache a phase can do better than 100 %.
Int8 products without instructions for them count as float32 products; activations count as one byte, also
where the kernels give them two.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import NetworkSpec
from loadtests.arguments import parser_of
from loadtests.compare.__main__ import DEFAULT_CACHE
from loadtests.compare.random_marian import (
    NUM_SOURCE_TOKENS,
    NUM_TARGET_TOKENS,
    OPUS_MT_BASE,
    hugging_face_folder,
)
from loadtests.machine import describe_machine
from loadtests.machine_rates import Clock, MachineRates, highest_rates, measure_rates
from loadtests.tables import markdown_table
from loadtests.work_counts import PHASES, BatchShape, Phase, Work, count_work

P = ParamSpec("P")
R = TypeVar("R")
Part = Literal["encode", "decode", "output", "rest"]

HEADER = (
    "phase", "int8 MMAC", "float32 MMAC", "MB read", "bound by", "floor ms", "measured ms",
    "achieved ÷ possible", "share",
)  # fmt: skip


class PhaseTimer:
    """Adds up the time in functions; one that is called by another is part of that one's time.

    Attributes:
        seconds: of each phase.
        num_calls: of each phase.
    """

    def __init__(self, clock: Clock) -> None:
        self.seconds: dict[Part, float] = dict.fromkeys(PHASES, 0.0)
        self.num_calls: dict[Phase, int] = dict.fromkeys(PHASES, 0)
        self._clock = clock
        self._is_inside = False

    def timed(self, phase: Phase, function: Callable[P, R]) -> Callable[P, R]:
        """`function`, whose time counts for `phase`."""

        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            if self._is_inside:
                return function(*args, **kwargs)
            self._is_inside = True
            started = self._clock()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[phase] += self._clock() - started
                self.num_calls[phase] += 1
                self._is_inside = False

        return run


@contextlib.contextmanager
def phases_timed(model: EncoderDecoder, clock: Clock) -> Iterator[PhaseTimer]:
    """Meanwhile the phases of this one network are timed, for whichever engine runs it."""
    timer = PhaseTimer(clock)
    parts: list[tuple[Phase, torch.nn.Module, str]] = [
        ("encode", model, "encode"),
        ("encode", model, "project_sources"),
        ("decode", model.decoder, "step"),
    ]
    # An int8 output has more ways than one from states to scores.
    ways = ("forward", "highest", "candidate_scores", "best_candidate")
    parts += [("output", model.output, name) for name in ways if hasattr(model.output, name)]
    for phase, part, name in parts:
        # The instance's attribute hides the method of its class.
        setattr(part, name, timer.timed(phase, getattr(part, name)))
    try:
        yield timer
    finally:
        for _, part, name in parts:
            delattr(part, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One batch from its requests to its outputs."""

    seconds: Mapping[Part, float]
    num_output_calls: int


def time_run(engine: Engine, model: EncoderDecoder, requests: list[GenerationRequest], clock: Clock) -> Run:
    """Translate once; `model` is the engine's. What is no phase's time is the rest."""
    with phases_timed(model, clock) as timer:
        started = clock()
        outputs = engine.generate(requests)
        total_s = clock() - started
    for request, output in zip(requests, outputs, strict=True):
        if len(output.token_ids) != request.params.max_new_tokens:
            raise RuntimeError(
                f"{len(output.token_ids)} tokens were generated where {request.params.max_new_tokens} were"
                f" forced {output.error or ''}"
            )
    return Run(
        seconds={**timer.seconds, "rest": total_s - sum(timer.seconds.values())},
        num_output_calls=timer.num_calls["output"],
    )


def median_seconds(runs: Sequence[Run]) -> dict[Part, float]:
    """Each part's over the runs; the total is their sum."""
    return {part: statistics.median(run.seconds[part] for run in runs) for part in runs[0].seconds}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredBatch:
    """What a batch takes at the least, and what it took."""

    shape: BatchShape
    work: Mapping[Phase, Work]
    runs: Sequence[Run]


def measure_batch(loaded: LoadedModel, shape: BatchShape, num_rounds: int, clock: Clock) -> MeasuredBatch:
    """A batch of random sources again and again, after once to warm up."""
    sources = random_sources(loaded.spec, shape)
    candidates = None
    if loaded.shortlist is not None:
        candidates = [loaded.shortlist.candidates(source) for source in sources]
    work = count_work(loaded.model, shape, candidates)
    engine = loaded.make_engine(
        # All are encoded in the first step, and decode together.
        SchedulerConfig(
            max_slots=shape.num_lanes,
            max_encoder_tokens_per_step=shape.batch_size * shape.num_source_tokens,
        )
    )
    params = GenerationParams(
        num_beams=shape.num_beams,
        do_sample=False,
        max_new_tokens=shape.num_target_tokens,
        min_new_tokens=shape.num_target_tokens - 1,  # the last one may be the end
    )
    runs = []
    for _ in range(num_rounds + 1):
        requests = [GenerationRequest(source_ids=source, params=params) for source in sources]
        runs.append(time_run(engine, loaded.model, requests, clock))
    return MeasuredBatch(shape=shape, work=work, runs=runs[1:])


def random_sources(spec: NetworkSpec, shape: BatchShape) -> list[list[int]]:
    """Of ordinary tokens and an end; the same in every process."""
    generator = random.Random(shape.batch_size)
    special = {*spec.eos_token_ids, spec.pad_token_id, spec.decoder_start_token_id}
    ordinary = [token for token in range(spec.source_vocab_size) if token not in special]
    return [
        [*generator.choices(ordinary, k=shape.num_source_tokens - 1), spec.eos_token_ids[0]]
        for _ in range(shape.batch_size)
    ]


def batch_report(batch: MeasuredBatch, rates: MachineRates) -> str:
    """The table, with what it is of."""
    shape = batch.shape
    title = (
        f"{shape.batch_size} source(s) of {shape.num_source_tokens} tokens, {shape.num_beams} beam(s), "
        f"{shape.num_target_tokens} target tokens each, medians of {len(batch.runs)}:"
    )
    table = phase_table(batch.work, median_seconds(batch.runs), rates)
    num_calls = max(run.num_output_calls for run in batch.runs)
    if num_calls > shape.num_target_tokens:
        table += (
            f"\nThe output projection ran {num_calls} times: at some steps rules ask for all scores again."
        )
    return f"{title}\n\n{table}"


def phase_table(work: Mapping[Phase, Work], seconds: Mapping[Part, float], rates: MachineRates) -> str:
    """Counts and times of the whole batch: all sources, all steps."""
    total_s = sum(seconds.values())
    floor_s = sum(rates.floor_s(work[phase]) for phase in PHASES)
    rest = ["rest", *[""] * 5, _ms(seconds["rest"]), "", _percent(seconds["rest"], total_s)]
    total = ["total", *[""] * 4, _ms(floor_s), _ms(total_s), _percent(floor_s, total_s), "100 %"]
    phases = [_phase_row(phase, work[phase], seconds[phase], total_s, rates) for phase in PHASES]
    return markdown_table(HEADER, [*phases, rest, total])


def _phase_row(phase: Phase, work: Work, measured_s: float, total_s: float, rates: MachineRates) -> list[str]:
    floor_s = rates.floor_s(work)
    return [
        phase,
        *(f"{count / 1e6:,.1f}" for count in (work.int8_macs, work.float32_macs, work.num_bytes)),
        "memory" if rates.reading_s(work) > rates.products_s(work) else "products",
        _ms(floor_s),
        _ms(measured_s),
        _percent(floor_s, measured_s),
        _percent(measured_s, total_s),
    ]


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.1f}"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a starter, a folder or a Hub id")
    parser.add_argument("--dtype", choices=["auto", "float32", "int8"], default="auto")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 64], help="sources at once")
    parser.add_argument("--beams", type=int, default=1)
    parser.add_argument("--source-tokens", type=int, default=NUM_SOURCE_TOKENS)
    parser.add_argument("--target-tokens", type=int, default=NUM_TARGET_TOKENS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="CPU time of all threads, of the rates too: for a machine that is busy otherwise",
    )
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="for the model that is made")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table for each batch."""
    options = _parser().parse_args(arguments)
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)
    print(describe_machine(("crosslate", "torch")), flush=True)
    loaded = load_model(
        options.model or str(hugging_face_folder(options.cache, OPUS_MT_BASE)), dtype=options.dtype
    )
    # Before, between and after: a machine is not equally fast all the time.
    rates = [measure_rates(clock)]
    measured = []
    for batch_size in options.batch:
        shape = BatchShape(
            batch_size=batch_size,
            num_beams=options.beams,
            num_source_tokens=options.source_tokens,
            num_target_tokens=options.target_tokens,
        )
        print(f"measuring batches of {batch_size}", file=sys.stderr, flush=True)
        measured.append(measure_batch(loaded, shape, options.rounds, clock))
        rates.append(measure_rates(clock))
    best = highest_rates(rates)
    print(f"{best.described()}\n{loaded.id}, {loaded.dtype}")
    for batch in measured:
        print(f"\n{batch_report(batch, best)}")


if __name__ == "__main__":
    main()
