"""What one encoder layer costs by the length of its source, for each kind of layer that models here have.

    python -m loadtests.attention_cost --plot docs/images/attention-cost.svg

Random weights in float32, one thread, one source at a time; the CPU time of the fastest of some rounds. The
feed-forward sublayer is left out: it is the same for all. A table is printed, milliseconds and, between each
two lengths, how many times as much the longer one costs: twice the length costs two times in a linear kind,
and towards four times in a quadratic one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from crosslate.models.attention.encoder_bias import build_encoder_bias
from crosslate.models.attention.patterns import build_encoder_attention
from crosslate.models.cells import build_chain
from crosslate.models.packing import Packing
from crosslate.models.recurrent_encoder import RecurrentLayer
from crosslate.models.recurrent_spec import CellSpec
from crosslate.models.spec import (
    BlockSparseSpec,
    LinearAttentionSpec,
    NormSpec,
    PositionSpec,
    StackSpec,
    StaggeredBlockSpec,
    WindowSpec,
)
from loadtests.arguments import parser_of

WIDTH = 256
FULL = StackSpec(
    num_layers=1,
    num_heads=8,
    head_dim=WIDTH // 8,
    ffn_dim=WIDTH,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="none"),
    attention_scale=(WIDTH // 8) ** -0.5,
)
STACKS = {
    "full": FULL,
    "window of 128": replace(FULL, pattern=WindowSpec(radius=64)),
    "blocks of 128": replace(FULL, pattern=StaggeredBlockSpec(block_size=128, num_global_tokens=0)),
    "linear": replace(FULL, pattern=LinearAttentionSpec()),
    "neighbouring blocks of 64": replace(FULL, pattern=BlockSparseSpec(block_size=64, num_random_blocks=3)),
}
RECURRENT = "GRU, both directions"
LENGTHS = (256, 512, 1024, 2048, 4096)
Layer = Callable[[Tensor, Packing], Tensor]


def make_layers() -> dict[str, Layer]:
    """One of each kind, with random weights."""
    layers = {name: _attending(spec) for name, spec in STACKS.items()}
    return {**layers, RECURRENT: _recurrent()}


def _attending(spec: StackSpec) -> Layer:
    attention, bias = _filled(build_encoder_attention(spec, WIDTH, 0)), build_encoder_bias(spec)
    return lambda x, packing: attention(x, packing, next(iter(bias(packing, x.dtype))))


def _recurrent() -> Layer:
    directions = [
        _filled(
            RecurrentLayer(
                build_chain(CellSpec(kind="gru"), WIDTH // 2, WIDTH, 1),
                1,
                WIDTH // 2,
                is_backward=is_backward,
                skips=False,
            )
        )
        for is_backward in (False, True)
    ]
    return lambda x, packing: torch.cat([layer(x[None], packing.lengths) for layer in directions], dim=-1)


def _filled(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * WIDTH**-0.5)
    return module


@torch.inference_mode()
def cpu_ms(layer: Layer, length: int, rounds: int) -> float:
    """The least that a source of this length took."""
    x = torch.randn(length, WIDTH, generator=torch.Generator().manual_seed(length))
    packing = Packing.of([length], torch.device("cpu"))
    layer(x, packing)
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        layer(x, packing)
        spent.append(time.process_time() - start)
    return min(spent) * 1e3


def measure(lengths: Sequence[int], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each kind at each length."""
    return {
        name: [cpu_ms(layer, length, rounds) for length in lengths] for name, layer in make_layers().items()
    }


def table(lengths: Sequence[int], costs: Mapping[str, Sequence[float]]) -> str:
    """For people to read."""
    lines = [" | ".join(["tokens", *map(str, lengths)])]
    for name, spent in costs.items():
        cells = [f"{spent[0]:.1f}"]
        cells += [f"{ms:.1f} (x{ms / before:.1f})" for before, ms in pairwise(spent)]
        lines.append(" | ".join([name, *cells]))
    return "\n".join(lines)


def plot(path: Path, lengths: Sequence[int], costs: Mapping[str, Sequence[float]]) -> None:
    """Both axes by powers of two, so that slopes show how cost grows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "attention"
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, spent in costs.items():
        axes.plot(lengths, spent, marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(lengths, [str(length) for length in lengths])
    axes.set_xlabel("source tokens")
    axes.set_ylabel("CPU milliseconds of one layer")
    axes.legend()
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
    print(table(options.lengths, costs))
    if options.plot is not None:
        plot(options.plot, options.lengths, costs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
