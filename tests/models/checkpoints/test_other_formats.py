"""What is said of folders whose model is not one that is read here."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from crosslate.models.checkpoints.model_files import check_holds_model, find_model
from crosslate.models.checkpoints.weight_files import read_weights
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import read_description


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {f"checkpoint-{n}/config.json": b"{}" for n in (500, 1500, 900)} | {"training_args.bin": b""},
            "take the newest, .*checkpoint-1500$",
        ),
        ({"checkpoint-7/adapter_config.json": b"{}", "checkpoint-9/x": b""}, "checkpoint-7$"),
        ({"small-q4.gguf": b"GGUF"}, r"in GGUF \(small-q4\.gguf\): take the model's folder with safetensors"),
        ({"onnx/encoder_model.onnx": b""}, r"in ONNX \(onnx/encoder_model\.onnx\)"),
        ({"pytorch_model.bin": b""}, r"weights \(pytorch_model\.bin\) without the config\.json"),
        ({"model-00001-of-00002.safetensors": b""}, r"without the config\.json"),
        ({"README.md": b""}, "neither model"),
        ({}, "neither model"),
    ],
)
def test_what_a_folder_has_instead_is_said(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    """At the start of a service, and where a model is loaded without one."""
    write(tmp_path, files)
    with pytest.raises(CheckpointError, match=f"{tmp_path} holds no model that is known here.*{told}"):
        check_holds_model(tmp_path)
    with pytest.raises(CheckpointError, match=told):
        read_description("it", tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"tf_model.h5": b""}, "TensorFlow's form"),
        ({"flax_model.msgpack": b""}, "Flax's form"),
        ({"model.gguf": b""}, "GGUF"),
        ({"checkpoint-12/config.json": b"{}"}, "checkpoint-12$"),
        ({}, "download the weights"),
    ],
)
def test_weights_of_another_kind_are_named(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    write(tmp_path, {"config.json": b"{}", **files})
    check_holds_model(tmp_path)
    with pytest.raises(CheckpointError, match=f"{tmp_path} has no model.safetensors.*{told}"):
        read_weights(tmp_path)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            ["small-Q4_K_M.GGUF"],
            "weights in GGUF: take the model's folder with safetensors, as it was published",
        ),
        (["encoder_model.onnx", "config.json"], "weights in ONNX: take the model's folder"),
        (["tf_model.h5"], "weights in TensorFlow's form: take the model's folder"),
        (
            ["model.safetensors"],
            r"weights without the config\.json .*: put it beside them, .*give their folder, {}$",
        ),
        (["pytorch_model.bin"], r"weights without the config\.json"),
        (["model.safetensors", "config.json"], "weights: give the folder that they are in, {}$"),
        (
            ["adapter_model.safetensors", "adapter_config.json"],
            "weights: give the folder that they are in, {}$",
        ),
        (["model.bin"], "weights: give the folder that they are in, {}$"),
        (["model.npz"], "weights: give the folder that they are in, {}$"),
    ],
)
def test_what_a_file_has_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], told: str
) -> None:
    write(tmp_path, dict.fromkeys(files, b""))
    monkeypatch.chdir(tmp_path)
    for name in (files[0], str(tmp_path / files[0])):
        with pytest.raises(CheckpointError, match=f"^{name} is a file with {told.format(tmp_path)}"):
            find_model(name)


def test_nobody_is_told_to_unpack_what_pytorch_has_written(tmp_path: Path) -> None:
    """It is a zip archive, as packages of Argos Translate are."""
    torch.save({}, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match=f"is a file with weights: give the folder .*, {tmp_path}$"):
        find_model(str(tmp_path / "model.pt"))
    with zipfile.ZipFile(tmp_path / "translate-en_pt.argosmodel", "w") as package:
        package.writestr("metadata.json", "{}")
    with pytest.raises(CheckpointError, match="is a file; unpack it"):
        find_model(str(tmp_path / "translate-en_pt.argosmodel"))
