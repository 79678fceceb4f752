"""What one very long source costs in memory beside many short ones, and whether it is given back.

    python -m loadtests.long_sources --width 512

A network of LED's shape with random weights; caches are counted tensor by tensor, beside what the process
holds in all. The exit status is 1 where caches grow by more than the long source's own, or stay.
"""

from __future__ import annotations

import os
import random
import sys

import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from loadtests.arguments import parser_of
from loadtests.processes import resident_bytes
from loadtests.random_models import LED_BASE, Shape, build_reference, our_network

MIB = 2**20
NUM_SHORT, SHORT, LONG_TARGET, SHORT_TARGET = 32, 40, 8, 60
SLACK = 1.05


def main(width: int, num_layers: int, length: int) -> int:
    """Print the memory before, beside and after; returns the exit status."""
    settings = {
        "d_model": width,
        "encoder_layers": num_layers,
        "decoder_layers": num_layers,
        "encoder_attention_heads": width // 64,
        "decoder_attention_heads": width // 64,
        "encoder_ffn_dim": 4 * width,
        "decoder_ffn_dim": 4 * width,
        "attention_window": [256] * num_layers,
        "max_encoder_position_embeddings": length,
    }
    shape = Shape("LED", LED_BASE.config_class, LED_BASE.model_class, LED_BASE.settings | settings)
    network = our_network(build_reference(shape), torch.float32)
    runner = ModelRunner(network)
    engine = Engine(runner, SchedulerConfig(), GenerationParams(), make_chooser)
    rng = random.Random(0)

    def add(num_tokens: int, num_new: int) -> None:
        source = [rng.randrange(10, 1000) for _ in range(num_tokens - 1)] + [2]
        params = GenerationParams(max_new_tokens=num_new, min_new_tokens=num_new)
        engine.add(GenerationRequest(source_ids=source, params=params))

    def report(when: str) -> int:
        print(
            f"{when:>24}: caches {runner.num_bytes / MIB:8.1f} MiB,"
            f" in all {resident_bytes(os.getpid()) / MIB:8.0f} MiB"
        )
        return runner.num_bytes

    with torch.inference_mode():
        report("nothing runs")
        for _ in range(NUM_SHORT):
            add(SHORT, SHORT_TARGET)
        engine.step()
        before = report(f"{NUM_SHORT} sources of {SHORT}")
        add(length, LONG_TARGET)
        engine.step()
        beside = report(f"and one of {length}")
        while engine.stats().num_running > NUM_SHORT:
            engine.step()
        after = report("without it")
        while engine.has_work:
            engine.step()
        report("nothing runs")
    own = 2 * num_layers * width * length * 4
    print(f"{'the long one by itself':>24}: caches {own / MIB:8.1f} MiB")
    return 0 if beside - before <= SLACK * own + MIB and after <= before and runner.num_bytes == 0 else 1


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--length", type=int, default=16_384)
    arguments = parser.parse_args()
    sys.exit(main(arguments.width, arguments.layers, arguments.length))
