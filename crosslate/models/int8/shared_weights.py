"""Int8 weights that the processes of a machine share, and that a later start finds packed already.

The first process packs them and keeps them in a file; it and all others map that file. What it is called says
what the weights were made of: the model's files as they were then, the kernels, the code that packs.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import torch

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.mapped_tensors import (
    UNFINISHED,
    DamagedError,
    NamedTensors,
    map_tensors,
    write_tensors,
)
from crosslate.models.checkpoints.model_files import model_files
from crosslate.models.freed_memory import return_freed_memory
from crosslate.models.int8.int8_network import read_int8
from crosslate.models.int8.kept_int8 import check_fit, fill_with, named_weights, put_weights
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder

ENDING = ".int8"
KEPT_S = 7 * 24 * 3600
"""For which files are kept that no process has begun to use."""
WAIT_S = 120.0
"""For another process that is packing; who has waited so long packs for itself."""
_POLL_S = 0.05
_LOCK = ".lock"
_OWN_CODE = Path(__file__).parents[1]

logger = logging.getLogger(__name__)


def shared_int8(stored: StoredNetwork, folders: Sequence[Path], place: Path | None) -> EncoderDecoder:
    """The network with int8 modules in the place of its linear layers and embeddings.

    Args:
        stored: its values.
        folders: where these come from.
        place: the folder where weights are kept; None: they are this process' own.

    Raises:
        CheckpointError: the checkpoint cannot be read.
    """
    kernels = load_kernels()
    if place is None or kernels is None:
        return read_int8(stored)
    key = _key(folders, kernels.isa)
    path = place / f"{key}{ENDING}"
    with _turn(path) as is_ours:
        kept = _found(path, key, stored.model)
        if kept is not None:
            return fill_with(stored, kept)
        if is_ours:
            _remove_unfinished(path)
        model = read_int8(stored)
        is_same = _key(folders, kernels.isa) == key
        kept = _keep(path, key, model) if is_same else None  # files that were changed meanwhile
    if kept is not None:
        put_weights(model, kept)
        return_freed_memory()
    return model


def _key(folders: Sequence[Path], isa: str) -> str:
    """Of all that decides what the weights are when they are packed: the model for this CPU, and by what."""
    model = [*([_identity(file) for file in model_files(folder.resolve())] for folder in folders), isa]
    packed_by = [torch.__version__, torch.backends.cpu.get_cpu_capability(), _own_code()]
    return f"{_digest(model)}-{_digest(packed_by)}"


def _digest(decisive: object) -> str:
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:24]


@cache
def _own_code() -> list[list[object]]:
    """This package as it is installed: a version of its own code, also while that is changed."""
    files = (file for file in _OWN_CODE.rglob("*") if file.suffix in {".py", ".so"})
    return [_identity(file) for file in sorted(files)]


def _identity(file: Path) -> list[object]:
    """A file's path and state. Other contents change the last time, whatever is set back."""
    status = file.stat()
    return [str(file), status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _found(path: Path, key: str, model: EncoderDecoder) -> NamedTensors | None:
    """What is kept for this network; None where there is nothing, or nothing that can be trusted."""
    try:
        kept = map_tensors(path, key)
        check_fit(model, kept)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, DamagedError) as error:
        logger.warning("the packed weights in %s cannot be used (%s): they are packed anew", path, error)
        return None
    with contextlib.suppress(OSError):  # a folder that is only read from
        os.utime(path)
    return kept


def _keep(path: Path, key: str, model: EncoderDecoder) -> NamedTensors | None:
    """What was kept, as it is in the file; None where none could be written."""
    try:
        write_tensors(path, key, named_weights(model))
        _remove_unused(path)
        return map_tensors(path, key)
    except (OSError, DamagedError) as error:
        _tell_of_none_kept(path.parent, getattr(error, "strerror", None) or type(error).__name__)
        return None


@cache
def _tell_of_none_kept(folder: Path, reason: str) -> None:
    """Once, however many models this process loads."""
    logger.warning(
        "packed weights cannot be kept in %s (%s): each process packs its own, and none are shared; "
        "weights_dir names another folder, or none",
        folder,
        reason,
    )


def _remove_unfinished(path: Path) -> None:
    """What writers of this file have left that were killed: who is killed again and again fills no disk."""
    for file in path.parent.glob(f"{path.stem}*{UNFINISHED}"):
        with contextlib.suppress(OSError):
            file.unlink()


def _remove_unused(path: Path) -> None:
    """What other versions packed of this model, and what no start has used for long.

    Who has mapped such a file keeps it.
    """
    oldest, model = time.time() - KEPT_S, path.stem.partition("-")[0]
    for file in path.parent.iterdir():
        is_older_form = file.suffix == ENDING and file != path and file.stem.partition("-")[0] == model
        with contextlib.suppress(OSError):
            is_old = file.suffix in {ENDING, UNFINISHED, _LOCK} and file.stat().st_mtime < oldest
            if is_older_form or is_old:
                file.unlink()


@contextlib.contextmanager
def _turn(path: Path) -> Iterator[bool]:
    """One process at a time, so that the weights are packed once; whether it is this one's turn.

    It is not where there can be no lock, or after a long wait: then it goes on without.
    """
    with contextlib.ExitStack() as stack:
        is_ours = False
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = stack.enter_context(path.with_suffix(_LOCK).open("w"))
            deadline = time.monotonic() + WAIT_S
            while not (is_ours := _locked(lock.fileno())) and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        yield is_ours


def _locked(handle: int) -> bool:
    """Raises `OSError` where the file system has no locks. Closing the file ends the lock, as does a kill."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
