"""How long a checkpoint takes to load, and how much memory meanwhile.

    python -m loadtests.loading [MODEL ...] --dtype int8 float32 bfloat16

Each is loaded in a process of its own, after one reading that warms the file cache; imports do not count.
Without a MODEL a random checkpoint is made for the occasion: of opus-mt-base's shape (`--shape base`, 296 MB
in float32), or of that of NLLB's 600 million weights (`--shape large`, 2.5 GB in float32, half in float16).
With `--weights` what is measured maps packed weights, which the first reading has kept there.

What counts is the process's own memory (`RssAnon`): what is mapped of a file is the page cache's, which the
system drops where it has no room.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import torch
from transformers import MarianConfig, MarianMTModel

from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.loading import TORCH_DTYPES, DType, load_model
from loadtests.arguments import parser_of
from loadtests.compare.random_marian import NLLB_600M, OPUS_MT_BASE, Sizes, write_tokenizer

R = TypeVar("R")
MIB = 2**20
SAMPLING_SECONDS = 0.01


SHAPES = {"base": OPUS_MT_BASE, "large": NLLB_600M}


@dataclass(frozen=True, slots=True)
class Loading:
    """Sizes in bytes, beyond what the process needed before."""

    seconds: float
    cpu_seconds: float
    """of all threads: on a busy machine that says more"""
    peak: int
    """of what is the process's own"""
    mapped_peak: int
    """of that and of what it has mapped"""
    kept: int


def measure(model: str, dtype: DType, weights_dir: Path | None = None) -> Loading:
    """Load in this process, which should be a fresh one."""
    before, own_before = _memory("VmRSS"), _memory("RssAnon")
    peaks = [own_before]
    with _watching(peaks):
        started, cpu_started = time.perf_counter(), time.process_time()
        engine = load_model(model, dtype=dtype, weights_dir=weights_dir).make_engine()
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    loading = Loading(
        seconds,
        cpu_seconds,
        max(peaks) - own_before,
        _memory("VmHWM") - before,
        _memory("RssAnon") - own_before,
    )
    del engine
    return loading


@contextmanager
def _watching(found: list[int]) -> Iterator[None]:
    """Sample: the system keeps no peak of a process's own memory alone."""
    is_over = Event()

    def sample() -> None:
        while not is_over.wait(SAMPLING_SECONDS):
            found.append(_memory("RssAnon"))

    thread = Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _memory(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field))


def build_checkpoint(folder: Path, sizes: Sizes, *, dtype: torch.dtype, is_pickle: bool) -> None:
    """A Marian folder as the Hub has them, with random weights."""
    write_tokenizer(folder, sizes)
    model = MarianMTModel(MarianConfig(**sizes.config()))
    model.to(dtype)  # type: ignore[arg-type]  # a decorator hides its signature
    model.save_pretrained(folder)
    if is_pickle:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()


def weight_bytes(folder: Path) -> int:
    """Of the files that hold the weights, or everything where they have other names."""
    files = (
        [*folder.glob("model*.safetensors")] or [*folder.glob("pytorch_model*.bin")] or [*folder.iterdir()]
    )
    return sum(file.stat().st_size for file in files)


def main() -> None:
    """Measure and print one line each."""
    parser = parser_of(__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument(
        "--dtype", nargs="+", choices=["auto", *TORCH_DTYPES], default=["int8", "float32", "bfloat16"]
    )
    parser.add_argument("--shape", choices=list(SHAPES), default="base")
    parser.add_argument("--stored", choices=["float32", "float16", "bfloat16"], default="float32")
    parser.add_argument("--pickle", action="store_true", help="make pytorch_model.bin, no safetensors")
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="keep packed weights there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if not args.models:
            stored = TORCH_DTYPES[args.stored]
            _in_new_process(
                partial(build_checkpoint, dtype=stored, is_pickle=args.pickle), Path(made), SHAPES[args.shape]
            )
        for name in args.models or [made]:
            size = weight_bytes(find_model(name))
            for dtype in args.dtype:
                _in_new_process(measure, name, dtype, args.weights)
                found = _in_new_process(measure, name, dtype, args.weights)
                _print(f"{name}, {size / MIB:.0f} MiB of weights, {dtype}", found)


def _in_new_process(function: Callable[..., R], *args: object) -> R:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *args).result()


def _print(title: str, loading: Loading) -> None:
    print(
        f"{title}: {loading.seconds:.2f} s ({loading.cpu_seconds:.2f} of CPUs),"
        f" peak {loading.peak / MIB:.0f} MiB"
        f" ({loading.mapped_peak / MIB:.0f} with what is mapped), then {loading.kept / MIB:.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
