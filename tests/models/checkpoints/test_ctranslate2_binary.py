"""Files as CTranslate2's own classes write them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ctranslate2.specs import TransformerSpec
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.checkpoints.ctranslate2_binary import is_ctranslate2, read_ctranslate2
from crosslate.models.checkpoints.marian_binary import read_marian_file
from crosslate.models.errors import CheckpointError
from crosslate.models.int8.quantization import Int8Rows

VOCABULARY = ["<unk>", "<blank>", "<s>", "</s>", "a", "b"]
WIDTH, INNER = 8, 12


def random_spec(seed: int) -> Any:
    """A network whose source and target share a table."""
    rng = np.random.default_rng(seed)
    spec = TransformerSpec.from_config(1, 2)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = rng.normal(size=(16, WIDTH)).astype(np.float32)
        for module in ([side.layer_norm], *([layer] for layer in side.layer)):
            fill(module[0], rng)
    table = rng.normal(size=(len(VOCABULARY), WIDTH)).astype(np.float32)
    for place in (spec.encoder.embeddings[0], spec.decoder.embeddings, spec.decoder.projection):
        place.weight = table
    for register in (spec.register_source_vocabulary, spec.register_target_vocabulary):
        register(VOCABULARY)
    return spec


def fill(module: Any, rng: np.random.Generator) -> None:
    for name, value in list(vars(module).items()):
        if name == "linear":
            sizes = [3 * WIDTH, WIDTH] if len(value) == 2 else [WIDTH, 2 * WIDTH, WIDTH]
            for linear, size in zip(value, sizes, strict=True):
                linear.weight = rng.normal(size=(size, WIDTH)).astype(np.float32)
        elif name in {"linear_0", "linear_1"}:
            shape = (INNER, WIDTH) if name == "linear_0" else (WIDTH, INNER)
            value.weight = rng.normal(size=shape).astype(np.float32)
        elif name in {"gamma", "beta"}:
            setattr(module, name, rng.normal(size=WIDTH).astype(np.float32))
        elif hasattr(value, "__dict__"):
            fill(value, rng)


def write(folder: Path, quantization: str | None) -> Path:
    spec = random_spec(0)
    spec.validate()
    spec.optimize(quantization)
    folder.mkdir(exist_ok=True)
    spec.save(str(folder))
    return folder / "model.bin"


@pytest.mark.parametrize(
    ("quantization", "tolerance"),
    [(None, 0.0), ("float16", 2e-3), ("bfloat16", 2e-2), ("int16", 5e-3), ("int8", 2e-2)],
)
def test_tensors_are_what_was_written(tmp_path: Path, quantization: str | None, tolerance: float) -> None:
    file = read_ctranslate2(write(tmp_path, quantization))
    layer = random_spec(0).decoder.layer[0]
    for name, expected in [
        ("decoder.layer_0.attention.linear_1.weight", layer.attention.linear[1].weight),
        ("decoder.layer_0.ffn.layer_norm.weight", layer.ffn.layer_norm.gamma),
        ("decoder.layer_0.ffn.layer_norm.bias", layer.ffn.layer_norm.beta),
    ]:
        found = file.tensors[name].float().numpy()
        np.testing.assert_allclose(found, np.asarray(expected), atol=tolerance * 2, rtol=0)
    assert file.number("decoder.num_heads", 8) == 2
    assert file.kind == "TransformerSpec"


def test_a_shared_table_is_one(tmp_path: Path) -> None:
    file = read_ctranslate2(write(tmp_path, None))
    names = ("encoder.embeddings_0.weight", "decoder.embeddings.weight", "decoder.projection.weight")
    assert len({file.name(name) for name in names}) == 1


def test_rows_are_the_same_in_any_pieces_and_type(tmp_path: Path) -> None:
    file = read_ctranslate2(write(tmp_path, "int8"))
    name = "encoder.layer_0.self_attention.linear_0.weight"
    whole = file.tensors[name]
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        part = torch.empty(5, WIDTH, dtype=dtype)
        file.tensors.read_rows(name, 7, part)
        torch.testing.assert_close(part, whole[7:12].to(dtype), rtol=0, atol=0)


def test_integers_come_out_again(tmp_path: Path) -> None:
    file = read_ctranslate2(write(tmp_path, "int8"))
    spec = random_spec(0)
    spec.validate()
    spec.optimize("int8")
    rows = Int8Rows.of(file.tensors["decoder.layer_0.ffn.linear_1.weight"])
    expected = spec.decoder.layer[0].ffn.linear_1.weight.numpy()
    assert np.array_equal(rows.values.numpy(), expected)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_cut_short_is_told(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = write(tmp_path_factory.mktemp("cut"), "int8")
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(CheckpointError):
        read_ctranslate2(path)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_damaged_is_told_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write(tmp_path_factory.mktemp("damaged"), "int8")
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    try:
        file = read_ctranslate2(path)
    except CheckpointError:
        return
    assert all(tensor.dtype.is_floating_point for tensor in file.tensors.values())


def test_files_of_marian_are_others(tmp_path: Path) -> None:
    path = write(tmp_path, None)
    assert is_ctranslate2(path)
    with pytest.raises(CheckpointError, match="not a Marian binary model"):
        read_marian_file(path)


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<QQ", 1, 300) + bytes(64),  # Marian's
        b"",
        b"\x06\x00",
        struct.pack("<IH", 6, 16) + b"Transformer",
        b"\xff" * 80,
    ],
)
def test_another_file_of_this_name_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    assert not is_ctranslate2(tmp_path / "model.bin")
    assert not is_ctranslate2(tmp_path / "nothing.bin")
