"""The files of documents, wherever fsspec can keep them: a folder, or a store that many machines share."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec

from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.errors import ToldError

SOURCE, REQUEST, RESULT, REPORT = "source", "request", "result", "report"
_PART = "part-"
_WITHOUT_FOLDERS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az"})
"""There a name may have slashes in it, and what a folder's making makes is a bucket: its owner's to make."""
_INSTALL = {"s3": "pip install 'crosslate[s3]'"}


class FilesError(ToldError):
    """Files cannot be kept where the settings say; the message says why, without what a URL may hold."""


class FilesAwayError(FilesError):
    """They cannot be reached at the moment; nothing of the settings seems to be wrong."""


_SETTINGS_ERRORS = (ValueError, ImportError, PermissionError, NotADirectoryError, FileExistsError)
_NO_CREDENTIALS = "CredentialsError"
"""How the names of botocore's errors end that say that there are none, or not all."""


class DocumentFiles:
    """Sealed files, in a folder for each document. Its methods block; any thread may call them.

    They raise `FilesError` where the place cannot be reached.
    """

    def __init__(self, file_system: Any, root: str) -> None:  # noqa: ANN401  (fsspec has no types)
        self._fs = file_system
        self._root = root.rstrip("/")
        self._has_folders = _has_folders(file_system)

    @classmethod
    def open(cls, url: str) -> DocumentFiles:
        """A folder, made if need be, or a URL that fsspec knows. Something is written and deleted there.

        A bucket is never made: one of a misspelt name would be, with documents in it that nobody looks after.

        Raises:
            FilesError: it cannot be used.
            FilesAwayError: it cannot be reached, which may pass.
        """
        with _told("documents.url cannot be used", url):
            fs, root = fsspec.url_to_fs(url)
            if _has_folders(fs):
                fs.makedirs(root, exist_ok=True)
            trial = f"{root.rstrip('/')}/trial-{uuid.uuid4().hex}"
            try:
                fs.pipe_file(trial, b"")
            except FileNotFoundError:
                raise FilesError("documents.url cannot be used: there is no such bucket; make it") from None
            fs.rm(trial)
        return cls(fs, root)

    def write(self, document: str, name: str, plain: bytes, key: DocumentKey) -> None:
        """One file, sealed."""
        path = self._path(document, name)
        with _told():
            if self._has_folders:
                self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                self._fs.pipe_file(path, key.seal(f"{document}/{name}", plain))
            except FileNotFoundError as error:
                raise FilesError(f"the files of documents cannot be reached: {_reason(error, '')}") from None

    def read(self, document: str, name: str, key: DocumentKey) -> bytes:
        """What was written.

        Raises:
            FileNotFoundError: there is no such file.
            SealError: it is damaged, or the key another one.
        """
        with _told():
            sealed = self._fs.cat_file(self._path(document, name))
        return key.unseal(f"{document}/{name}", sealed)

    def write_part(self, document: str, number: int, plain: bytes, key: DocumentKey) -> None:
        """One batch of what is finished; each number once."""
        self.write(document, f"{_PART}{number}", plain, key)

    def parts(self, document: str) -> list[str]:
        """The names of the batches that are there."""
        folder = self._path(document, "")
        with _told():
            self._fs.invalidate_cache()
            paths = self._fs.ls(folder, detail=False) if self._fs.isdir(folder) else []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in sorted(paths))
        return [name for name in names if name.startswith(_PART)]

    def delete_parts(self, document: str) -> None:
        """And what else is needed only while the work is under way."""
        for name in [*self.parts(document), SOURCE]:
            self._delete(self._path(document, name))

    def delete(self, document: str) -> None:
        """All of a document's files; nothing where there are none."""
        self._delete(self._path(document, ""))

    def _delete(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError), _told():
            self._fs.rm(path.rstrip("/"), recursive=True)

    def _path(self, document: str, name: str) -> str:
        return f"{self._root}/{document}/{name}"


def _has_folders(file_system: Any) -> bool:  # noqa: ANN401
    """Whether a folder has to be there before a file in it."""
    protocols = file_system.protocol
    return _WITHOUT_FOLDERS.isdisjoint({protocols} if isinstance(protocols, str) else protocols)


@contextmanager
def _told(what: str = "the files of documents cannot be reached", url: str = "") -> Iterator[None]:
    """Every failure but that something is not there, whatever classes a kind of store has for them."""
    try:
        yield
    except (FileNotFoundError, FilesError):
        raise
    except Exception as error:
        is_wrong = isinstance(error, _SETTINGS_ERRORS) or type(error).__name__.endswith(_NO_CREDENTIALS)
        raise (FilesError if is_wrong else FilesAwayError)(f"{what}: {_reason(error, url)}") from None


def _reason(error: Exception, url: str) -> str:
    """In one line, and nothing that was in the URL, which may hold a password."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, ImportError):
        scheme = url.partition("://")[0]
        return f"a package is not installed: {_INSTALL.get(scheme, f'the one that fsspec has for {scheme}')}"
    return type(error).__name__
