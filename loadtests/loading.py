"""How long a checkpoint takes to load, and how much memory meanwhile.

    python -m loadtests.loading [MODEL ...] --dtype float32 bfloat16

Each is loaded in a process of its own, after one reading that warms the file cache; imports do not count.
Without a MODEL a random checkpoint of opus-mt-base's shape (296 MB) is made for the occasion.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crosslate.models.loading import TORCH_DTYPES, DType, load_engine
from crosslate.models.model_files import find_model
from loadtests.arguments import parser_of

VOCAB_SIZE = 58101
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Loading:
    """Sizes in bytes, beyond what the process needed before."""

    seconds: float
    peak: int
    kept: int


def measure(model: str, dtype: DType) -> Loading:
    """Load in this process, which should be a fresh one."""
    before = _memory("VmRSS")
    started = time.perf_counter()
    engine = load_engine(model, dtype=dtype)
    seconds = time.perf_counter() - started
    loading = Loading(seconds, _memory("VmHWM") - before, _memory("VmRSS") - before)
    del engine
    return loading


def _memory(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field))


def build_checkpoint(folder: Path) -> None:
    """A Marian folder as the Hub has them, with random weights and a vocabulary that nobody speaks."""
    import sentencepiece
    from transformers import MarianConfig, MarianMTModel

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["the quick brown fox jumps over the lazy dog"] * 10),
        model_prefix=str(folder / "spm"),
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    for side in ("source", "target"):
        (folder / f"{side}.spm").write_bytes((folder / "spm.model").read_bytes())
    pieces = ["</s>", "<unk>", *(f"piece{i}" for i in range(VOCAB_SIZE - 3)), "<pad>"]
    vocabulary = {piece: token_id for token_id, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    config = MarianConfig(
        vocab_size=VOCAB_SIZE,
        d_model=512,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=2048,
        decoder_ffn_dim=2048,
        max_position_embeddings=512,
        activation_function="swish",
        forced_eos_token_id=0,
        pad_token_id=VOCAB_SIZE - 1,
        decoder_start_token_id=VOCAB_SIZE - 1,
        eos_token_id=0,
    )
    MarianMTModel(config).save_pretrained(folder)


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
        "--dtype", nargs="+", choices=["auto", *TORCH_DTYPES], default=["float32", "bfloat16"]
    )
    args = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as made:
        if not args.models:
            build_checkpoint(Path(made))
        for name in args.models or [made]:
            size = weight_bytes(find_model(name))
            for dtype in args.dtype:
                for is_warm in (False, True):
                    with ProcessPoolExecutor(1, mp_context=context) as process:
                        loading = process.submit(measure, name, dtype).result()
                    if is_warm:
                        print(
                            f"{name}, {size / MIB:.0f} MiB of weights, {dtype}: {loading.seconds:.2f} s,"
                            f" peak {loading.peak / MIB:.0f} MiB ({loading.peak / size:.2f} of the weights),"
                            f" then {loading.kept / MIB:.0f} MiB",
                            flush=True,
                        )


if __name__ == "__main__":
    main()
