"""Files of tensors: what was written comes back, and nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from crosslate.models.checkpoints.mapped_tensors import (
    ALIGNMENT,
    DamagedError,
    NamedTensors,
    map_tensors,
    write_tensors,
)

DTYPES = (torch.int8, torch.int16, torch.int64, torch.float32)


def numbered(dtype: torch.dtype, shape: tuple[int, ...]) -> Tensor:
    return torch.arange(int(torch.tensor(shape).prod()), dtype=torch.int64).to(dtype).view(shape)


NAMED = NamedTensors(
    {"a.b": numbered(torch.int8, (3, 5)), "a.c": numbered(torch.float32, (7,))}, {"a": (3, 5, 255)}
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.int8"
    write_tensors(path, "key", NAMED)
    return path


shapes = st.lists(st.integers(0, 5), min_size=1, max_size=3).map(tuple)


@given(st.lists(st.tuples(st.sampled_from(DTYPES), shapes), max_size=4))
def test_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[torch.dtype, tuple[int, ...]]]
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "one.int8"
    written = {f"näme {i}": numbered(*kind) for i, kind in enumerate(kinds)}
    write_tensors(path, "key", NamedTensors(written, {"n": (1, 2)}))
    found = map_tensors(path, "key")
    assert found.tensors.keys() == written.keys()
    assert found.numbers == {"n": [1, 2]}
    for name, tensor in written.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert torch.equal(found.tensors[name], tensor)
        assert found.tensors[name].data_ptr() % ALIGNMENT == 0 or not tensor.numel()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux what is mapped")
def test_it_is_mapped_and_not_read(file: Path) -> None:
    found = map_tensors(file, "key")
    (line,) = (line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith(str(file)))
    begin, end = (int(address, 16) for address in line.split()[0].split("-"))
    assert all(begin <= tensor.data_ptr() < end for tensor in found.tensors.values())


def test_any_other_byte_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    for place in range(len(whole)):
        if any(whole[place : place + 1]) or place % 7 == 0:
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            try:
                found = map_tensors(file, "key")
            except DamagedError:
                continue
            # What stands between the head and the tensors is nobody's.
            assert all(torch.equal(found.tensors[name], NAMED.tensors[name]) for name in NAMED.tensors)


@pytest.mark.parametrize("size", [0, 1, 31, 32, 100, -64, -1])
def test_what_is_cut_off_is_noticed(file: Path, size: int) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:size])
    with pytest.raises(DamagedError):
        map_tensors(file, "key")
    file.write_bytes(whole + b"\0")
    with pytest.raises(DamagedError):
        map_tensors(file, "key")


def test_what_is_not_there_and_what_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        map_tensors(tmp_path / "none", "key")
    with pytest.raises(OSError):  # noqa: PT011  (the message is the system's)
        map_tensors(tmp_path, "key")


def test_another_key_is_not_this_one(file: Path) -> None:
    with pytest.raises(DamagedError, match="something else"):
        map_tensors(file, "another")


def test_who_has_mapped_it_keeps_it(file: Path) -> None:
    before = map_tensors(file, "key")
    write_tensors(file, "key", NamedTensors({"a.b": torch.zeros(3, 5, dtype=torch.int8)}, {}))
    assert torch.equal(before.tensors["a.b"], NAMED.tensors["a.b"])
    assert not map_tensors(file, "key").tensors["a.b"].any()


def test_a_write_that_fails_leaves_what_was_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_tensors(file, "key", NamedTensors({}, {}))
    assert list(file.parent.iterdir()) == [file]
    assert torch.equal(map_tensors(file, "key").tensors["a.c"], NAMED.tensors["a.c"])
