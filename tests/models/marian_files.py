"""Writes what native Marian writes: tiny students with random weights, their vocabulary and shortlist.

Only what the formats say is followed here; nothing of the code that reads them is used.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from tests.models.conftest import train_sentencepiece

Array = npt.NDArray[np.float32]

FLOAT32_TYPE, INT8_TYPE = 0x404, 0x4101
BLOCK = 256
END_BIAS = "decoder_ff_logit_out_b"

OPTIONS: dict[str, Any] = {
    "type": "transformer",
    "dim-emb": 16,
    "dim-vocabs": [0, 0],
    "enc-depth": 2,
    "dec-depth": 2,
    "dec-cell": "ssru",
    "transformer-heads": 2,
    "transformer-dim-ffn": 24,
    "transformer-ffn-depth": 2,
    "transformer-ffn-activation": "relu",
    "transformer-decoder-autoreg": "rnn",
    "transformer-preprocess": "",
    "transformer-postprocess": "dan",
    "transformer-postprocess-emb": "d",
    "transformer-postprocess-top": "",
    "transformer-guided-alignment-layer": "last",
    "transformer-tied-layers": [],
    "tied-embeddings": False,
    "tied-embeddings-all": True,
    "tied-embeddings-src": False,
    "input-types": [],
    "version": "v1.9.56",
}
"""As `special:model.yml` has them, where they matter."""


@dataclass(frozen=True, slots=True)
class Student:
    """Options and tensors in Marian's own shapes: matrices (in, out), vectors (1, N), embeddings (V, M)."""

    options: dict[str, Any]
    tensors: dict[str, Array]

    @property
    def matrices(self) -> list[str]:
        """What an 8-bit file quantizes."""
        return [name for name, value in self.tensors.items() if value.shape[0] > 1]


def make_student(vocab_size: int, *, seed: int = 0, **options: object) -> Student:
    """Random weights; `options` with `_` for `-`."""
    rng = np.random.default_rng(seed)
    overrides = {name.replace("_", "-"): value for name, value in options.items()}
    settings = OPTIONS | {"dim-vocabs": [vocab_size, vocab_size]} | overrides
    tensors = {name: _random(rng, name, shape) for name, shape in parameter_shapes(settings).items()}
    return Student(settings, tensors)


def _random(rng: np.random.Generator, name: str, shape: tuple[int, int]) -> Array:
    values = rng.normal(loc=1.0 if "_ln_scale" in name else 0.0, scale=_deviation(name, shape), size=shape)
    if name == END_BIAS:
        values[0, 0] = 0.3
    return values.astype(np.float32)


def _deviation(name: str, shape: tuple[int, int]) -> float:
    # Scales at which outputs depend on the source and on the position: small embeddings, sharp attention.
    if "Wemb" in name or "_ln_scale" in name:
        return 0.1
    if shape[0] == 1:
        return 0.05
    return (4.0 if name.endswith(("_Wq", "_Wk")) else 1.0) / math.sqrt(shape[0])


def parameter_shapes(options: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Every tensor of such a network and its shape."""
    width, ffn = options["dim-emb"], options["transformer-dim-ffn"]
    source_vocab, target_vocab = options["dim-vocabs"]
    is_pre = options["transformer-preprocess"] == "n"
    suffix = "_pre" if is_pre else ""
    shapes: dict[str, tuple[int, int]] = {}

    def norm(prefix: str, suffix: str) -> None:
        shapes[f"{prefix}_ln_scale{suffix}"] = shapes[f"{prefix}_ln_bias{suffix}"] = (1, width)

    def attention(prefix: str) -> None:
        for part in "qkvo":
            shapes[f"{prefix}_W{part}"] = (width, width)
            shapes[f"{prefix}_b{part}"] = (1, width)
        norm(f"{prefix}_Wo", suffix)

    def feed_forward(prefix: str) -> None:
        shapes[f"{prefix}_W1"], shapes[f"{prefix}_b1"] = (width, ffn), (1, ffn)
        shapes[f"{prefix}_W2"], shapes[f"{prefix}_b2"] = (ffn, width), (1, width)
        norm(f"{prefix}_ffn", suffix)

    def recurrent(prefix: str) -> None:
        shapes[f"{prefix}_W"] = shapes[f"{prefix}_Wf"] = (width, width)
        shapes[f"{prefix}_bf"] = (1, width)
        norm(prefix if is_pre else f"{prefix}_ffn", suffix)

    if options["tied-embeddings-all"]:
        shapes["Wemb"] = (source_vocab, width)
    else:
        shapes["encoder_Wemb"], shapes["decoder_Wemb"] = (source_vocab, width), (target_vocab, width)
        if not options["tied-embeddings"]:
            shapes["decoder_ff_logit_out_W"] = (width, target_vocab)
    shapes["decoder_ff_logit_out_b"] = (1, target_vocab)
    for i in range(1, options["enc-depth"] + 1):
        attention(f"encoder_l{i}_self")
        feed_forward(f"encoder_l{i}_ffn")
    for i in range(1, options["dec-depth"] + 1):
        if options["transformer-decoder-autoreg"] == "rnn":
            recurrent(f"decoder_l{i}_rnn")
        else:
            attention(f"decoder_l{i}_self")
        attention(f"decoder_l{i}_context")
        feed_forward(f"decoder_l{i}_ffn")
    for stack in ("encoder", "decoder"):
        if options["transformer-postprocess-emb"] == "n":
            norm(f"{stack}_emb", "_pre")
        if options["transformer-postprocess-top"] == "n":
            norm(f"{stack}_top", "")
    return shapes


def write_student(path: Path, student: Student, *, int8: Collection[str] = ()) -> None:
    """A model file; the tensors named in `int8` are quantized, with their activations' multipliers."""
    config = yaml.safe_dump(student.options).encode() + b"\0"
    items: list[tuple[str, int, tuple[int, ...], bytes]] = []
    for name, value in sorted(student.tensors.items()):
        if name in int8:
            items.append((name, INT8_TYPE, value.shape, _int8_data(name, value)))
            items.append((f"{name}_QuantMultA", FLOAT32_TYPE, (1, 1), np.float32(0.1).tobytes()))
        else:
            items.append((name, FLOAT32_TYPE, value.shape, value.astype("<f4").tobytes()))
    items.append(("special:model.yml", 0x101, (len(config),), config))
    path.write_bytes(encode_items(items))


def encode_items(items: Sequence[tuple[str, int, tuple[int, ...], bytes]], *, version: int = 1) -> bytes:
    """The bytes of a file with these names, types, shapes and data."""
    blocks = [data + bytes(-len(data) % BLOCK) for *_, data in items]
    head = struct.pack("<QQ", version, len(items))
    for (name, kind, shape, _), block in zip(items, blocks, strict=True):
        head += struct.pack("<4Q", len(name.encode()) + 1, kind, len(shape), len(block))
    head += b"".join(name.encode() + b"\0" for name, *_ in items)
    head += b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _ in items)
    padding = -(len(head) + 8) % BLOCK
    return head + struct.pack("<Q", padding) + bytes(padding) + b"".join(blocks)


def quantized(value: Array) -> tuple[npt.NDArray[np.int8], np.float32]:
    """The integers that stand for `value`, and their multiplier."""
    multiplier = np.float32(127 / np.abs(value).max())
    return np.rint(value * multiplier).astype(np.int8), multiplier


def _int8_data(name: str, value: Array) -> bytes:
    integers, multiplier = quantized(value)
    rows = integers if name.endswith("Wemb") else integers.T
    return rows.tobytes() + multiplier.tobytes()


def write_shortlist(path: Path, lists: Sequence[Sequence[int]], *, num_frequent: int) -> None:
    """A `lex.*.bin`: `lists[i]` are the target ids that source id i may become."""
    offsets = np.cumsum([0, *map(len, lists)]).astype("<u8")
    entries = np.array([entry for one in lists for entry in one], dtype="<u4")
    header = struct.pack("<6Q", 0xF11A48D5013417F5, 0, num_frequent, 4, len(offsets), len(entries))
    path.write_bytes(header + offsets.tobytes() + entries.tobytes())


def write_vocabulary(path: Path) -> int:
    """A SentencePiece model of the tests' sentences, `</s>` first; returns its size."""
    train_sentencepiece(path.parent / "spm")
    (path.parent / "spm.model").rename(path)
    listing = path.parent / "spm.vocab"
    size = len(listing.read_text(encoding="utf-8").splitlines())
    listing.unlink()
    return size
