"""Models of the Hugging Face Hub: fetched once into its cache, looked over, and then read from there.

The library does the fetching: it goes on where a download was broken off, and of several processes on one
machine one fetches a file while the others wait for it. It compares sizes only; contents are compared here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crosslate.models.checkpoints.adapter_files import (
    ADAPTER_PICKLE,
    ADAPTER_SAFETENSORS,
    MODEL_PICKLES,
    MODEL_SAFETENSORS,
    is_adapter,
)
from crosslate.models.checkpoints.hub_reach import check_reachable
from crosslate.models.errors import CheckpointError

HUB_ID = re.compile(r"(?![^@]*(?:--|\.\.))[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?:@[\w./-]+)?")
"""`owner/name`, or `owner/name@revision` with a branch, tag or commit."""
Say = Callable[[str], None]
FILES = (
    "*.json",
    "*.safetensors",
    "*.spm",
    "*.model",
    "model.SRC",
    "model.TGT",
    "*.tokenizer",
    "*.txt",
    "*.yml",
    "*.yaml",
)
"""Never code."""
_NATIVE_WEIGHTS = ("*.pt", "*.npz", "model*.bin")
NATIVE = (
    *_NATIVE_WEIGHTS,
    "lex*.bin",
    "*.vocab",
    "*.bpe",
    "*.codes",
    "bpecodes",
    "preprocess.sh",
)
"""Only where it has no `config.json`: Marian's, OpenNMT-py's and fairseq's. The script is read, never run."""
CTRANSLATE2 = "model.bin"
"""Only beside the vocabularies that CTranslate2's converter writes: elsewhere it is another program's."""
_CTRANSLATE2_VOCABULARIES = ("shared_vocabulary.*", "source_vocabulary.*")
OTHERS = ("*/*", "*.optimizer.npz")
"""Other frameworks' files, training states: not the model's own."""
_SAY_EVERY_S = 5.0


def download(location: str, say: Say | None = None) -> Path:
    """The folder of a model, with what of it was missing.

    Args:
        location: as `HUB_ID`.
        say: is told every few seconds how much has come; by default the library draws a bar on a terminal.

    Raises:
        CheckpointError: there is no such model, it cannot be reached, or it came damaged.
    """
    repo_id, revision = _parsed(location)
    if not _cache_folder(repo_id).exists():
        _check_reachable(location, say)
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    before = _blobs(repo_id)
    try:
        folder = _snapshot(location, local_files_only=False, say=say)
    except HFValidationError as e:
        raise CheckpointError(f"{repo_id} can be no model: the Hugging Face Hub allows no such name") from e
    except RevisionNotFoundError as e:
        raise CheckpointError(f"{repo_id} has no branch, tag or commit {revision!r}") from e
    except RepositoryNotFoundError as e:
        raise CheckpointError(
            f"there is no folder {repo_id}, and the Hugging Face Hub has no public model of that name;"
            " for a private or gated one set HF_TOKEN"
        ) from e
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as e:
        raise CheckpointError(_unreachable(location, _reason(e))) from e
    for blob in sorted(_blobs(repo_id) - before):
        _check_content(blob, location)
    if not _is_whole(folder):
        raise CheckpointError(_in_part(location, folder))
    return folder


def find_cached(location: str) -> Path | None:
    """The folder of a model that is here whole; None where something of it is missing."""
    if not _cache_folder(_parsed(location)[0]).exists():
        return None
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = _snapshot(location, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    return folder if _is_whole(folder) else None


def _is_whole(folder: Path) -> bool:
    """Whether what a download fetches is all here: the library takes any folder for it."""
    if _lacks_contents(folder):
        return False
    if is_adapter(folder):
        return _has(folder, (ADAPTER_SAFETENSORS, ADAPTER_PICKLE))
    if not (folder / "config.json").exists():
        return _has(folder, _NATIVE_WEIGHTS)
    if _has(folder, _CTRANSLATE2_VOCABULARIES):
        return _has(folder, (CTRANSLATE2,))
    for weights in (MODEL_SAFETENSORS, MODEL_PICKLES):
        if _has(folder, weights):
            return all((folder / shard).exists() for shard in _shards(folder, weights))
    return False


def _has(folder: Path, patterns: tuple[str, ...]) -> bool:
    """Whether a file of it matches one of these."""
    return any(any(folder.glob(pattern)) for pattern in patterns)


def _lacks_contents(folder: Path) -> bool:
    """Whether a name in it has no file any more."""
    return any(path.is_symlink() and not path.exists() for path in folder.iterdir())


def _shards(folder: Path, weights: tuple[str, ...]) -> set[str]:
    """The files that an index of these weights names, where there is one."""
    indices = [path for pattern in weights for path in folder.glob(f"{pattern}.index.json")]
    texts = [path.read_text(encoding="utf-8") for path in indices]
    return {shard for text in texts for shard in json.loads(text).get("weight_map", {}).values()}


def _parsed(location: str) -> tuple[str, str | None]:
    repo_id, _, revision = location.partition("@")
    return repo_id, revision or None


def _check_reachable(location: str, say: Say | None) -> None:
    """Of a model of which nothing is here: before anything is imported that takes long.

    Raises:
        CheckpointError: the Hub may not be asked, or cannot.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise CheckpointError(_offline(location))
    try:
        check_reachable(constants.ENDPOINT, say)
    except OSError as error:
        raise CheckpointError(_unreachable(location, str(error))) from error


def _in_part(location: str, folder: Path) -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return _offline(location)
    if _lacks_contents(folder):  # another process has found them damaged
        return _damaged(location)
    return (
        f"{location} has no weights in the local Hugging Face cache, or not all of them: either the Hub can"
        "not be reached, then start again where it can, or it has none of a kind that is read here"
    )


def _damaged(location: str) -> str:
    return f"{location}: a file came damaged from the Hugging Face Hub and was removed: start again"


def _offline(location: str) -> str:
    return (
        f"{location} is not in the local Hugging Face cache, or not all of it, and --offline or"
        " HF_HUB_OFFLINE forbids to download it: start once without, or copy the cache from where there is"
        " a network"
    )


def _unreachable(location: str, reason: str) -> str:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return _offline(location)
    return (
        f"{location} is not in the local Hugging Face cache and the Hub cannot be reached"
        f" ({reason}); check the network, or download the folder elsewhere and give its path"
    )


def _reason(error: Exception) -> str:
    """What went wrong at first: the library's own error says only that nothing was cached either."""
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {(str(cause).splitlines() or ['no message'])[0]}"


def _snapshot(location: str, *, local_files_only: bool, say: Say | None = None) -> Path:
    """Hugging Face's files first: whether a pickle or another program's are needed is known with them."""
    from huggingface_hub import snapshot_download

    repo_id, revision = _parsed(location)

    def fetch(patterns: tuple[str, ...]) -> Path:
        folder = snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=list(patterns),
            ignore_patterns=list(OTHERS),
            local_files_only=local_files_only,
            tqdm_class=None if say is None else _told(repo_id, say),
        )
        return Path(folder)

    folder = fetch(FILES)
    if is_adapter(folder):
        return folder if _has(folder, (ADAPTER_SAFETENSORS,)) else fetch((ADAPTER_PICKLE,))
    if not (folder / "config.json").exists():
        return fetch(NATIVE)
    if _has(folder, _CTRANSLATE2_VOCABULARIES):
        return fetch((CTRANSLATE2,))
    # Pickles only where a repository has no safetensors.
    return folder if _has(folder, MODEL_SAFETENSORS) else fetch(MODEL_PICKLES)


def _told(repo_id: str, say: Say) -> type[Any]:
    """A progress bar that is no bar, but a line now and then."""
    from huggingface_hub.utils.tqdm import tqdm

    class Lines(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (the library's own)
            counts_bytes = kwargs.get("unit") == "B"
            super().__init__(  # type: ignore[no-untyped-call]
                *args, **{**kwargs, "mininterval": _SAY_EVERY_S, "disable": not counts_bytes}
            )

        def display(self, msg: str | None = None, pos: int | None = None) -> None:
            """A line in the log, where the class it is of draws a bar."""
            if self.n:
                total = max(self.n, self.total or 0)
                say(f"Downloading {repo_id}: {self.n / 1e6:,.1f} of {total / 1e6:,.1f} MB")

    return Lines


def _blobs(repo_id: str) -> set[Path]:
    """The files of a model that are here, under the names that the Hub has for their contents."""
    blobs = (_cache_folder(repo_id) / "blobs").glob("*")
    return {path for path in blobs if path.suffix != ".incomplete"}


def _cache_folder(repo_id: str) -> Path:
    """Where the library keeps a model: its own function for this is in what takes long to be imported."""
    from huggingface_hub import constants

    parts = ("models", *repo_id.split("/"))
    return Path(constants.HF_HUB_CACHE) / constants.REPO_ID_SEPARATOR.join(parts)


def _check_content(blob: Path, location: str) -> None:
    """Its name is the SHA-256 of a large file's content, or Git's SHA-1 of a small one's.

    Raises:
        CheckpointError: the content is another one; it is gone then, so that the next try fetches it anew.
    """
    try:
        is_sound = _is_as_named(blob)
    except FileNotFoundError:  # another process has found it so, and removed it
        is_sound = False
    if not is_sound:
        blob.unlink(missing_ok=True)
        raise CheckpointError(_damaged(location))


def _is_as_named(blob: Path) -> bool:
    digests = {64: hashlib.sha256(), 40: hashlib.sha1(f"blob {blob.stat().st_size}\0".encode())}
    digest = digests.get(len(blob.name))
    if digest is None:
        return True
    with blob.open("rb") as content:
        return hashlib.file_digest(content, lambda: digest).hexdigest() == blob.name
