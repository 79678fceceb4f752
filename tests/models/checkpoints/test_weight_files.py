"""Weights of Hugging Face folders: what is read, what is refused, and what stands in memory meanwhile."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from crosslate.models.checkpoints.stored_tensors import StoredTensor
from crosslate.models.checkpoints.weight_files import PICKLE, SAFETENSORS, read_weights
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import load_model

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int8, torch.bool]


def test_every_type_of_number(tmp_path: Path) -> None:
    tensors = {str(dtype): (torch.randn(3, 5) * 9).to(dtype) for dtype in DTYPES}
    tensors |= {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4)}
    save_file(tensors, tmp_path / SAFETENSORS)
    read = read_weights(tmp_path)
    assert set(read) == set(tensors)
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_a_type_that_is_not_supported(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2).to(torch.float8_e5m2)}, tmp_path / SAFETENSORS)
    with pytest.raises(CheckpointError, match="numbers of type F8_E5M2: not supported"):
        read_weights(tmp_path)


def test_a_file_that_is_cut_later(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(100)}, tmp_path / SAFETENSORS)
    read = read_weights(tmp_path)
    with (tmp_path / SAFETENSORS).open("r+b") as file:
        file.truncate(200)
    with pytest.raises(CheckpointError, match="it has become shorter"):
        read["a"]


@pytest.fixture
def folder(marian_folder: Path, tmp_path: Path) -> Path:
    """A copy whose weights are still to be written."""
    copy = Path(shutil.copytree(marian_folder, tmp_path / "opus-mt-en-pt"))
    (copy / SAFETENSORS).unlink()
    return copy


@pytest.fixture
def tensors(marian_folder: Path) -> dict[str, Tensor]:
    return load_file(marian_folder / SAFETENSORS)


def parameters(folder: Path) -> dict[str, Tensor]:
    return dict(load_model(str(folder), dtype="float32").model.named_parameters())


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "as before torch 1.6"])
def test_pickled_weights_and_nothing_else(
    is_zip: bool, folder: Path, marian_folder: Path, tensors: dict[str, Tensor]
) -> None:
    copies = {
        f"model.{side}.embed_tokens.weight": tensors["model.shared.weight"] for side in ("encoder", "decoder")
    }
    content = tensors | copies | {"model.encoder.version": torch.tensor([3.0])}
    torch.save(content, folder / PICKLE, _use_new_zipfile_serialization=is_zip)
    loaded = parameters(folder)
    for name, value in parameters(marian_folder).items():
        assert torch.equal(loaded[name], value)
        assert not loaded[name].requires_grad


def test_pickled_shards(folder: Path, marian_folder: Path, tensors: dict[str, Tensor]) -> None:
    names = sorted(tensors)
    shards = {"pytorch_model-1.bin": names[::2], "pytorch_model-2.bin": names[1::2]}
    for file, members in shards.items():
        torch.save({name: tensors[name] for name in members}, folder / file)
    weight_map = {name: file for file, members in shards.items() for name in members}
    (folder / f"{PICKLE}.index.json").write_text(json.dumps({"weight_map": weight_map}))
    loaded = parameters(folder)
    assert all(torch.equal(loaded[name], value) for name, value in parameters(marian_folder).items())
    (folder / "pytorch_model-2.bin").unlink()
    with pytest.raises(CheckpointError, match=r"pytorch_model-2.bin is missing or damaged"):
        load_model(str(folder))


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_pickle_that_would_run_code(
    is_zip: bool, folder: Path, tmp_path: Path, tensors: dict[str, Tensor]
) -> None:
    content = tensors | {"model.encoder.version": Payload(tmp_path / "proof")}
    torch.save(content, folder / PICKLE, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(CheckpointError, match=r"(?s)pytorch_model.bin is a pickle that holds more.*refused"):
        load_model(str(folder))
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize(
    "content", [[1, 2], {"state_dict": {"a": torch.zeros(1)}}, {1: torch.zeros(1)}], ids=str
)
def test_a_pickle_of_something_else(folder: Path, content: object) -> None:
    torch.save(content, folder / PICKLE)
    with pytest.raises(CheckpointError, match="does not hold a model's tensors by name"):
        load_model(str(folder))


@pytest.mark.parametrize("length", [0, 1, 100, -100])
def test_a_pickle_that_is_cut(folder: Path, length: int, tensors: dict[str, Tensor]) -> None:
    torch.save(tensors, folder / PICKLE)
    whole = (folder / PICKLE).read_bytes()
    (folder / PICKLE).write_bytes(whole[:length])
    with pytest.raises(CheckpointError, match=r"pytorch_model.bin is .*damaged"):
        load_model(str(folder))


def test_weights_of_other_frameworks(folder: Path) -> None:
    (folder / "tf_model.h5").touch()
    with pytest.raises(CheckpointError, match=r"has no model.safetensors \(nor pytorch_model.bin\)"):
        load_model(str(folder))


def test_the_checkpoint_never_stands_in_memory_beside_the_network(
    marian_folder: Path, tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tensor is read once, where it is to stand, or in blocks that are converted."""
    asked: list[StoredTensor] = []
    blocks: list[int] = []
    read_rows, read_into = StoredTensor.read_rows, StoredTensor._read_into

    def observed_rows(stored: StoredTensor, start: int, out: Tensor) -> None:
        asked.append(stored)
        read_rows(stored, start, out)

    def observed_read(stored: StoredTensor, flat: Tensor, file: BufferedReader) -> None:
        blocks.append(len(flat))
        read_into(stored, flat, file)

    monkeypatch.setattr(StoredTensor, "read_rows", observed_rows)
    monkeypatch.setattr(StoredTensor, "_read_into", observed_read)
    monkeypatch.setattr("crosslate.models.checkpoints.stored_tensors.BLOCK_ENTRIES", 100)
    load_model(str(marian_folder), dtype="bfloat16")
    assert len(asked) == len(tensors)
    assert max(blocks) == 100
    assert sum(blocks) == sum(tensor.numel() for tensor in tensors.values())


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "as before torch 1.6"])
def test_nothing_that_was_loaded_follows_the_file(
    is_zip: bool, folder: Path, tensors: dict[str, Tensor]
) -> None:
    """Pickles are mapped while they are read; what they gave must stay when they change."""
    torch.save(tensors, folder / PICKLE, _use_new_zipfile_serialization=is_zip)
    loaded = parameters(folder)
    before = {name: value.clone() for name, value in loaded.items()}
    with (folder / PICKLE).open("r+b") as file:
        file.write(bytes((folder / PICKLE).stat().st_size))
    assert all(torch.equal(value, before[name]) for name, value in loaded.items())


def test_tensors_are_compared_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosslate.models.checkpoints.stored_tensors.BLOCK_ENTRIES", 12)
    matrix = torch.randn(7, 5)
    other, last = matrix.clone(), matrix.clone()
    last[6, 4] += 1
    save_file({"a": matrix, "b": other, "c": last, "d": matrix[:6].clone()}, tmp_path / SAFETENSORS)
    read = read_weights(tmp_path)
    assert read.are_equal("a", "b")
    assert not read.are_equal("a", "c")
    assert not read.are_equal("a", "d")
