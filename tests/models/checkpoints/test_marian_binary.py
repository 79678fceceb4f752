from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.marian_binary import read_marian_file
from crosslate.models.errors import CheckpointError
from crosslate.models.families.bergamot import key_map, spec_from_options
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.marian_files import (
    FLOAT32_TYPE,
    INT8_TYPE,
    encode_items,
    make_student,
    quantized,
    write_student,
)

VOCAB_SIZE = 20
CONFIG = ("special:model.yml", 0x101, (10,), b"type: test")
VECTOR = ("b", FLOAT32_TYPE, (1, 2), np.array([1.5, -2.0], "<f4").tobytes())
fuzzing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marian") / "model.bin"
    write_student(
        path, make_student(VOCAB_SIZE, enc_depth=1, dec_depth=1), int8=["Wemb", "encoder_l1_self_Wq"]
    )
    return path


def load_network(path: Path) -> EncoderDecoder:
    """All that a folder's loader does with the model file."""
    file = read_marian_file(path)
    spec = spec_from_options(file.options, eos_token_id=0)
    return StoredNetwork(spec, key_map(spec), file.tensors, origin=str(path)).filled(torch.float32)


def test_float32_matrices_are_transposed_vectors_flat_embeddings_as_they_are(tmp_path: Path) -> None:
    student = make_student(VOCAB_SIZE)
    write_student(tmp_path / "model.bin", student)
    read = read_marian_file(tmp_path / "model.bin")
    assert read.options == student.options
    assert read.tensors.keys() == student.tensors.keys()
    for name, value in student.tensors.items():
        expected = value if name == "Wemb" else value[0] if value.shape[0] == 1 else value.T
        assert torch.equal(read.tensors[name], torch.from_numpy(expected.copy())), name


def test_int8_is_an_integer_by_a_multiplier(tmp_path: Path) -> None:
    student = make_student(VOCAB_SIZE, enc_depth=1, dec_depth=1)
    write_student(tmp_path / "model.bin", student, int8=student.matrices)
    read = read_marian_file(tmp_path / "model.bin")
    assert read.tensors.keys() == student.tensors.keys(), "the activations' multipliers are no parameters"
    for name in student.matrices:
        integers, multiplier = quantized(student.tensors[name])
        value = integers.astype(np.float32) / multiplier
        expected = value if name == "Wemb" else value.T
        torch.testing.assert_close(read.tensors[name], torch.from_numpy(expected.copy()), rtol=1e-6, atol=0)
        assert np.abs(value - student.tensors[name]).max() <= 0.5 / multiplier * 1.001
        assert read.steps[name] == pytest.approx(1 / multiplier)
    assert read.steps.keys() == set(student.matrices)


def test_integers_that_are_not_symmetric_are_plain_numbers(tmp_path: Path) -> None:
    data = np.array([[-128, 5], [3, 127]], np.int8).tobytes() + np.float32(2.0).tobytes()
    (tmp_path / "model.bin").write_bytes(encode_items([CONFIG, ("W", INT8_TYPE, (2, 2), data), VECTOR]))
    read = read_marian_file(tmp_path / "model.bin")
    assert read.steps == {}
    assert read.tensors["W"].tolist() == [[-64.0, 2.5], [1.5, 63.5]]


def refuse(path: Path, content: bytes, match: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=match) as raised:
        read_marian_file(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "not a Marian binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a Marian binary"),
        (encode_items([VECTOR, CONFIG], version=2), "version 2"),
        (struct.pack("<QQ", 1, 2**60), "do not fit"),
        (encode_items([VECTOR, CONFIG])[:-500], "not a Marian binary"),
        (encode_items([VECTOR]), "special:model.yml"),
        (encode_items([VECTOR, VECTOR, CONFIG]), "several items of one name"),
        (encode_items([("b", FLOAT32_TYPE, (1, -2), b""), CONFIG]), r"a shape is \(1, -2\)"),
        (encode_items([("b", FLOAT32_TYPE, (2**30, 2**30, 0), b""), CONFIG]), "a shape is"),
        (encode_items([("b", FLOAT32_TYPE, (1, 4000), b""), CONFIG]), "b ends behind"),
        (encode_items([("b", 0x804, (1, 2), bytes(16)), CONFIG]), "b has type 0x804"),
        (encode_items([("W", INT8_TYPE, (2, 2), b"abcd" + bytes(4)), CONFIG]), "W is damaged"),
        (encode_items([("W", INT8_TYPE, (2, 2), b"abcd\x00\x00\xc0\x7f"), CONFIG]), "W is damaged"),
        (encode_items([(*CONFIG[:3], b"a: [1, 2\0")]), "is not YAML"),
        (encode_items([(*CONFIG[:3], b"words\0")]), "holds no options"),
        (encode_items([(*CONFIG[:3], b"\xff\xfe\xff\0")]), "is not YAML"),
    ],
    ids=[
        "empty",
        "magic",
        "version",
        "count",
        "cut",
        "no-options",
        "twice",
        "negative-shape",
        "empty-shape",
        "beyond-its-data",
        "type",
        "zero-multiplier",
        "nan-multiplier",
        "cut-yaml",
        "no-mapping",
        "no-text",
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, match: str) -> None:
    refuse(tmp_path / "model.bin", content, match)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_marian_file(tmp_path / "missing.bin")


@given(st.data())
@fuzzing
def test_a_cut_file_is_refused_wherever_it_is_cut(file: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole = file.read_bytes()
    length = data.draw(st.integers(0, len(whole) - 257), label="length")
    cut = tmp_path / "cut.bin"
    cut.write_bytes(whole[:length])
    with pytest.raises(CheckpointError):
        load_network(cut)


def header_size(whole: bytearray) -> int:
    """All before the data of the first item."""
    (count,) = struct.unpack_from("<Q", whole, 8)
    sizes: list[int] = [struct.unpack_from("<4Q", whole, 16 + 32 * i)[3] for i in range(count)]
    return len(whole) - sum(sizes)


@given(st.data())
@fuzzing
def test_a_damaged_header_never_gives_anything_but_a_checkpoint_error(
    file: Path, tmp_path: Path, data: st.DataObject
) -> None:
    damaged = bytearray(file.read_bytes())
    places = st.integers(0, header_size(damaged) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4), label="places"):
        damaged[place] = data.draw(st.integers(0, 255), label="byte")
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged)
    with contextlib.suppress(CheckpointError):
        load_network(path)


@given(st.data())
@fuzzing
def test_damaged_options_never_give_anything_but_a_checkpoint_error(
    file: Path, tmp_path: Path, data: st.DataObject
) -> None:
    damaged = bytearray(file.read_bytes())
    start = damaged.index(yaml.safe_dump(read_marian_file(file).options).encode())
    places = st.integers(start, damaged.index(0, start) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=3), label="places"):
        damaged[place] = data.draw(st.sampled_from(b"\n -:[]{}&*!|'\"#%@,.\xc3\x00abctruenull"), label="byte")
    path = tmp_path / "damaged.bin"
    path.write_bytes(damaged)
    with contextlib.suppress(CheckpointError):
        load_network(path)


def test_numpys_format_holds_the_same(tmp_path: Path) -> None:
    student = make_student(VOCAB_SIZE)
    write_student(tmp_path / "model.bin", student)
    config = np.frombuffer(yaml.safe_dump(student.options).encode() + b"\0", np.int8)
    arrays: dict[str, Any] = {"special:model.yml": config, **student.tensors}
    np.savez(tmp_path / "model.npz", **arrays)
    binary, numpy = (read_marian_file(tmp_path / f"model.{suffix}") for suffix in ("bin", "npz"))
    assert binary.options == numpy.options
    torch.testing.assert_close(dict(binary.tensors), dict(numpy.tensors), rtol=0, atol=0)


def test_an_output_matrix_that_is_stored_as_an_embedding(tmp_path: Path) -> None:
    """As Marian has it since 1.9, where it is not tied."""
    student = make_student(VOCAB_SIZE, tied_embeddings_all=False)
    write_student(tmp_path / "older.bin", student)
    matrix = student.tensors.pop("decoder_ff_logit_out_W")
    student.tensors["decoder_ff_logit_out_Wt"] = matrix.T.copy()
    write_student(tmp_path / "newer.bin", student)
    older, newer = (load_network(tmp_path / f"{name}.bin") for name in ("older", "newer"))
    assert not torch.equal(older.output.weight, older.decoder.embedding.weight)
    torch.testing.assert_close(older.state_dict(), newer.state_dict(), rtol=0, atol=0)
