"""Packed weights that are kept: whoever maps them has what he would have packed."""

from __future__ import annotations

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.int8 import shared_weights
from crosslate.models.int8.int8_network import read_int8
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.conftest import build_marian
from tests.models.whole_int8 import assert_is_whole_int8

pytestmark = pytest.mark.skipif(load_kernels() is None, reason="nothing is packed without kernels")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("shared") / "marian"
    build_marian(folder)
    return load_model(str(folder), dtype="float32")


@pytest.fixture
def folder(whole: LoadedModel, tmp_path: Path) -> Path:
    shutil.copytree(whole.folder, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "deeper"


@pytest.fixture
def packings(monkeypatch: pytest.MonkeyPatch) -> list[StoredNetwork]:
    """A network for each time that weights were packed."""
    found: list[StoredNetwork] = []

    def counted(stored: StoredNetwork) -> EncoderDecoder:
        found.append(stored)
        return read_int8(stored)

    monkeypatch.setattr(shared_weights, "read_int8", counted)
    return found


def load(folder: Path, place: Path | None) -> LoadedModel:
    return load_model(str(folder), dtype="int8", weights_dir=place)


def entries(place: Path) -> list[Path]:
    return sorted(place.glob("*.int8"))


def test_all_have_the_same_weights_and_answers(
    whole: LoadedModel, folder: Path, place: Path, packings: list[StoredNetwork]
) -> None:
    first, second = load(folder, place), load(folder, place)
    assert len(packings) == 1
    own = load(folder, None)
    request = GenerationRequest(source_ids=[5, 9, 11, 0], params=GenerationParams(num_beams=2))
    (expected,) = own.make_engine().generate([request])
    for loaded in (first, second):
        assert_is_whole_int8(loaded.model, whole.model)
        (answer,) = loaded.make_engine().generate([request])
        assert (answer.token_ids, answer.score) == (expected.token_ids, expected.score)
    assert first.num_parameters == second.num_parameters == own.num_parameters


def test_who_comes_at_the_same_time_waits(
    whole: LoadedModel, folder: Path, place: Path, packings: list[StoredNetwork]
) -> None:
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(load, [folder] * 4, [place] * 4))
    assert len(packings) == 1
    for one in loaded:
        assert_is_whole_int8(one.model, whole.model)


def test_who_has_waited_long_packs_for_himself(
    folder: Path, place: Path, packings: list[StoredNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_weights, "WAIT_S", 0.0)
    load(folder, place)
    (entry,) = entries(place)
    entry.unlink()
    with shared_weights._turn(entry):
        load(folder, place)
    assert len(packings) == 2


def test_a_damaged_file_is_written_anew(
    whole: LoadedModel,
    folder: Path,
    place: Path,
    packings: list[StoredNetwork],
    caplog: pytest.LogCaptureFixture,
) -> None:
    load(folder, place)
    (entry,) = entries(place)
    good = entry.read_bytes()
    for bad in (good[:-1], good[: len(good) // 2] + b"\x55" * 8 + good[len(good) // 2 + 8 :], b""):
        # Not in place: those who map it would see it.
        entry.unlink()
        entry.write_bytes(bad)
        caplog.clear()
        assert_is_whole_int8(load(folder, place).model, whole.model)
        assert len(caplog.records) == 1
        assert "packed anew" in caplog.text
        assert entry.read_bytes() == good
    assert len(packings) == 4


def test_weights_of_another_model_are_not_taken(
    whole: LoadedModel, folder: Path, place: Path, tmp_path: Path
) -> None:
    build_marian(tmp_path / "other", seed=1)
    load(tmp_path / "other", place)
    (other,) = entries(place)
    load(folder, place)
    (own,) = (entry for entry in entries(place) if entry != other)
    shutil.copy(other, own)
    assert_is_whole_int8(load(folder, place).model, whole.model)


def test_other_files_are_other_weights_whatever_they_look_like(
    folder: Path, place: Path, packings: list[StoredNetwork]
) -> None:
    load(folder, place)
    weights = folder / "model.safetensors"
    before = weights.stat()
    data = bytearray(weights.read_bytes())
    data[-3] ^= 4
    weights.write_bytes(data)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    load(folder, place)
    assert len(packings) == 2


def test_a_file_where_the_folder_should_be(
    whole: LoadedModel, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert_is_whole_int8(load(folder, tmp_path / "file").model, whole.model)
    assert len(caplog.records) == 1  # a line of this process, however many models it loads
    assert "each process packs its own" in caplog.text


def test_a_full_disk(
    whole: LoadedModel,
    folder: Path,
    place: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    assert_is_whole_int8(load(folder, place).model, whole.model)
    (record,) = caplog.records
    assert "No space left" in record.getMessage()
    assert [file.suffix for file in place.iterdir()] == [".lock"]


def test_what_killed_writers_left_goes_at_the_next_start(folder: Path, place: Path) -> None:
    load(folder, place)
    (own,) = entries(place)
    own.unlink()
    left = own.with_name(f"{own.stem}abc.writing")
    other = own.with_name("another.writing")  # of somebody who may be at work
    for file in (left, other):
        file.write_text("half")
    with shared_weights._turn(own), pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_weights, "WAIT_S", 0.0)
        load(folder, place)
    assert left.exists(), "it may belong to the one whose turn it is"
    own.unlink()
    load(folder, place)
    assert sorted(place.iterdir()) == sorted([own, own.with_suffix(".lock"), other])


def test_versions_are_told_by_all_that_packs() -> None:
    """The C that was compiled, and what is far from this module."""
    names = {Path(str(identity[0])).name for identity in shared_weights._own_code()}
    assert {"kernels_generic.so", "packed_weights.py", "quantization.py", "marian_binary.py"} <= names


def test_what_another_version_packed_goes(
    folder: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_marian(tmp_path / "other", seed=1)
    load(tmp_path / "other", place)
    (other,) = entries(place)
    load(folder, place)
    (before,) = set(entries(place)) - {other}
    monkeypatch.setattr(shared_weights, "_own_code", lambda: [["changed"]])
    load(folder, place)
    assert before not in entries(place)
    assert len(entries(place)) == 2
    assert other in entries(place)


def test_what_nobody_has_used_for_long_goes(folder: Path, place: Path) -> None:
    place.mkdir(parents=True)
    old = time.time() - shared_weights.KEPT_S - 60
    for name in ("old.int8", "killed.writing", "old.lock", "mine.txt", "young.int8"):
        (place / name).write_text("")
        if not name.startswith("young"):
            os.utime(place / name, (old, old))
    load(folder, place)
    (own,) = (entry for entry in entries(place) if entry.name != "young.int8")
    os.utime(own, (old, old))
    load(folder, place)
    assert own.stat().st_mtime > old, "it was used"
    kept = {own.name, own.with_suffix(".lock").name, "mine.txt", "young.int8"}
    assert {file.name for file in place.iterdir()} == kept
