"""Each side of a comparison in a process of its own: no side's threads or libraries meet another's."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from loadtests.compare import random_marian
from loadtests.compare.engines import Crosslate, CTranslate2, TokenEngine, Transformers
from loadtests.compare.random_marian import Sizes

START_LIMIT_S = 300.0
TURN_LIMIT_S = 600.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Every side is told its threads; what the shell says must not favour one of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """One engine in one set-up."""

    engine: str
    setup: str
    make: Callable[[], TokenEngine] = field(repr=False)
    """Runs in the side's own process."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Set there before anything is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a side is to do before the next one has its turn."""

    sizes: Sizes
    batch_size: int
    num_beams: int
    num_source_tokens: int
    num_target_tokens: int
    min_s: float
    """The batch is repeated for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What a side did in a turn."""

    num_tokens: int
    wall_s: float
    cpu_s: float
    """Of all the side's threads."""


def sides_of(sizes: Sizes, cache: Path, num_threads: int) -> list[Side]:
    """Every engine on as many threads in all; where it can divide them in two ways, in both.

    Makes the models' folders in `cache` on first use.
    """
    folder = random_marian.hugging_face_folder(cache, sizes)
    converted = random_marian.ctranslate2_folder(cache, sizes)
    splits = dict.fromkeys([(1, num_threads), (num_threads, 1)])
    # As `crosslate serve` sets it for its replicas.
    passive = {"OMP_WAIT_POLICY": "passive"}
    return [
        *(
            Side(
                engine="Crosslate",
                setup=f"{outer} engine(s) of {inner} thread(s)",
                make=partial(Crosslate, folder, outer, inner),
                environment=passive,
            )
            for outer, inner in splits
        ),
        *(
            Side(
                engine="CTranslate2",
                setup=f"inter_threads={outer}, intra_threads={inner}",
                make=partial(CTranslate2, converted, folder / "vocab.json", outer, inner),
                environment={"CT2_VERBOSE": "1"},  # it says which instructions and products it has chosen
            )
            for outer, inner in splits
        ),
        Side(
            engine="transformers",
            setup=f"{num_threads} threads",
            make=partial(Transformers, folder, num_threads),
        ),
    ]


def random_sources(sizes: Sizes, batch_size: int, num_tokens: int) -> list[list[int]]:
    """The same for every side."""
    generator = random.Random(batch_size)
    body = range(random_marian.UNKNOWN_ID + 1, sizes.pad_id)
    return [[*generator.sample(body, num_tokens - 1), random_marian.EOS_ID] for _ in range(batch_size)]


class SideProcess:
    """A side's process; it is idle between its turns."""

    def __init__(self, side: Side) -> None:
        self.side = side
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(side, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._receive(START_LIMIT_S)  # until its engine is loaded

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def take_turn(self, turn: Turn) -> Speed:
        """The others wait meanwhile."""
        self._connection.send(turn)
        speed = self._receive(TURN_LIMIT_S + turn.min_s)
        assert speed is not None
        return speed

    def _receive(self, limit_s: float) -> Speed | None:
        if not self._connection.poll(limit_s):
            raise TimeoutError(
                f"{self.side.engine} ({self.side.setup}) did not answer within {limit_s:.0f} s"
            )
        try:
            answer: Speed | None = self._connection.recv()
        except EOFError:
            raise RuntimeError(f"{self.side.engine} ({self.side.setup}) has failed: see above") from None
        return answer


def _work(side: Side, connection: Connection) -> None:
    for name in THREAD_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(side.environment)
    engine = side.make()
    connection.send(None)
    while True:
        turn: Turn = connection.recv()
        connection.send(_measure(engine, turn))


def _measure(engine: TokenEngine, turn: Turn) -> Speed:
    sources = random_sources(turn.sizes, turn.batch_size, turn.num_source_tokens)
    expected = turn.batch_size * turn.num_target_tokens
    num_tokens = 0
    started, cpu_started = time.perf_counter(), time.process_time()
    while (wall_s := time.perf_counter() - started) < turn.min_s or not num_tokens:
        generated = engine.generate(sources, turn.num_beams, turn.num_target_tokens)
        if generated != expected:
            raise RuntimeError(f"{generated} tokens were generated where {expected} were asked for")
        num_tokens += generated
    return Speed(num_tokens=num_tokens, wall_s=wall_s, cpu_s=time.process_time() - cpu_started)
