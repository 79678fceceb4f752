"""What one encoder layer costs by the length of its source, for each kind of layer, served here or not.

    python -m loadtests.attention_cost --plot docs/images/attention-cost.svg

Random weights in float32, one thread, one source at a time; the CPU time of some rounds' median, in each of
which all kinds take their turn. The feed-forward sublayer is left out: it is the same for all. A table is
printed, milliseconds and, between each two lengths, how many times as much the longer one costs: twice the
length costs two times in a linear kind, and towards four times in a quadratic one. Below it stands how much
the answers of Reformer's layer differ for one and the same source.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from crosslate.models.attention.encoder_bias import build_encoder_bias
from crosslate.models.attention.patterns import build_encoder_attention
from crosslate.models.layers.cells import build_chain
from crosslate.models.layers.packing import Packing
from crosslate.models.network.recurrent.recurrent_encoder import RecurrentEncoderLayer
from crosslate.models.specs.pattern_spec import (
    BlockSparseSpec,
    FixedSpec,
    StaggeredBlockSpec,
    StridedSpec,
    WindowSpec,
)
from crosslate.models.specs.recurrent_spec import CellSpec
from crosslate.models.specs.stack_spec import LinearAttentionSpec, NormSpec, PositionSpec, StackSpec
from loadtests.arguments import parser_of
from loadtests.long_layers import HierarchicalLayer, ReformerLayer, filled, variation

WIDTH = 256
NUM_HEADS = 8
FULL = StackSpec(
    num_layers=1,
    num_heads=NUM_HEADS,
    head_dim=WIDTH // NUM_HEADS,
    ffn_dim=WIDTH,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="none"),
    attention_scale=(WIDTH // NUM_HEADS) ** -0.5,
)
SEGMENT = 128
BLOCKS = replace(FULL, pattern=StaggeredBlockSpec(block_size=SEGMENT, num_global_tokens=0))
STACKS = {
    "full": FULL,
    "window of 128": replace(FULL, pattern=WindowSpec(radius=64)),
    "window of 128, sums of 16": replace(
        FULL,
        positions=PositionSpec(kind="relative_bias", num_buckets=32, max_distance=128),
        pattern=WindowSpec(radius=64, seen_by_all="block_sums", global_block=16),
    ),
    "blocks of 128": BLOCKS,
    "linear": replace(FULL, pattern=LinearAttentionSpec()),
    "neighbouring blocks of 64": replace(FULL, pattern=BlockSparseSpec(block_size=64, num_random_blocks=3)),
    "strided, 64": replace(FULL, pattern=StridedSpec(stride=64)),
    "fixed, 8 of 128": replace(FULL, pattern=FixedSpec(block_size=128, num_last=8)),
}
RECURRENT = "GRU, both directions"
LENGTHS = (256, 512, 1024, 2048, 4096)
Layer = Callable[[Tensor, Packing], Tensor]


def make_layers() -> dict[str, Layer]:
    """One of each kind, with random weights."""
    return {
        **{name: _attending(spec) for name, spec in STACKS.items()},
        "hierarchical, segments of 128": HierarchicalLayer(_attending(BLOCKS), _attending(FULL), SEGMENT),
        "Reformer's hashing, twice": filled(ReformerLayer(WIDTH, NUM_HEADS), WIDTH),
        RECURRENT: _recurrent(),
    }


def _attending(spec: StackSpec) -> Layer:
    attention = filled(build_encoder_attention(spec, WIDTH, 0), WIDTH)
    bias = filled(build_encoder_bias(spec), WIDTH)
    return lambda x, packing: attention(x, packing, next(iter(bias(packing, x.dtype))))


def _recurrent() -> Layer:
    directions = [
        filled(
            RecurrentEncoderLayer(
                build_chain(CellSpec(kind="gru"), WIDTH // 2, WIDTH, 1),
                1,
                WIDTH // 2,
                is_backward=is_backward,
                skips=False,
            ),
            WIDTH,
        )
        for is_backward in (False, True)
    ]
    return lambda x, packing: torch.cat([layer(x[None], packing.lengths) for layer in directions], dim=-1)


@torch.inference_mode()
def measure(lengths: Sequence[int], rounds: int) -> dict[str, list[float]]:
    """CPU milliseconds of each kind at each length."""
    layers = make_layers()
    costs: dict[str, list[float]] = {name: [] for name in layers}
    for length in lengths:
        x = torch.randn(length, WIDTH, generator=torch.Generator().manual_seed(length))
        packing = Packing.of([length], torch.device("cpu"))
        for layer in layers.values():
            layer(x, packing)
        turns = [[_cpu_ms(layer, x, packing) for layer in layers.values()] for _ in range(rounds)]
        for name, spent in zip(layers, zip(*turns, strict=True), strict=True):
            costs[name].append(median(spent))
    return costs


def _cpu_ms(layer: Layer, x: Tensor, packing: Packing) -> float:
    start = time.process_time()
    layer(x, packing)
    return (time.process_time() - start) * 1e3


def table(lengths: Sequence[int], costs: Mapping[str, Sequence[float]]) -> str:
    """For people to read."""
    lines = [" | ".join(["tokens", *map(str, lengths)])]
    for name, spent in costs.items():
        cells = [f"{spent[0]:.1f}"]
        cells += [f"{ms:.1f} (x{ms / before:.1f})" for before, ms in pairwise(spent)]
        lines.append(" | ".join([name, *cells]))
    return "\n".join(lines)


def hashing_note(length: int = 1024) -> str:
    """How much a source's answer by Reformer's layer changes from call to call."""
    lines = [f"Reformer's layer, {length} tokens: how far two answers are from each other, of their norm"]
    for name, (drawn, padded) in variation(length, WIDTH, NUM_HEADS).items():
        lines.append(f"{name}: {drawn:.3f} by two draws of rotations; {padded:.3f} by one, alone and padded")
    return "\n".join(lines)


def plot(path: Path, lengths: Sequence[int], costs: Mapping[str, Sequence[float]]) -> None:
    """Both axes by powers of two, so that slopes show how cost grows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "attention", "svg.fonttype": "none"})
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for place, (name, spent) in enumerate(costs.items()):
        color = f"C{place}" if place < 10 else "black"
        axes.plot(lengths, spent, color=color, marker="osD"[place // 4], label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(lengths, [str(length) for length in lengths])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("source tokens")
    axes.set_ylabel("CPU milliseconds of one layer")
    figure.legend(loc="outside right upper")
    axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and draw if asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--lengths", type=int, nargs="+", default=list(LENGTHS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path, help="an SVG or PNG file to write")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    costs = measure(options.lengths, options.rounds)
    print(table(options.lengths, costs), hashing_note(), sep="\n\n")
    if options.plot is not None:
        plot(options.plot, options.lengths, costs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
