"""The files of documents, wherever fsspec can keep them: a folder, or a store that many machines share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fsspec

from crosslate.service.documents.jobs.sealing import DocumentKey

SOURCE, REQUEST, RESULT, REPORT = "source", "request", "result", "report"
_PART = "part-"


class FilesError(Exception):
    """The files cannot be kept where the settings say; the message says why, without what a URL may hold."""


class DocumentFiles:
    """Sealed files, in a folder for each document. Its methods block; any thread may call them.

    What the file system raises is an `OSError`.
    """

    def __init__(self, file_system: Any, root: str) -> None:  # noqa: ANN401  (fsspec has no types)
        self._fs = file_system
        self._root = root.rstrip("/")

    @classmethod
    def open(cls, url: str) -> DocumentFiles:
        """A folder, made if need be, or a URL that fsspec knows.

        Raises:
            FilesError: it cannot be used.
        """
        try:
            fs, root = fsspec.url_to_fs(url)
            fs.makedirs(root, exist_ok=True)
        except (OSError, ValueError, ImportError) as error:
            raise FilesError(f"documents.url cannot be used: {_reason(error)}") from None
        return cls(fs, root)

    def write(self, document: str, name: str, plain: bytes, key: DocumentKey) -> None:
        """One file, sealed."""
        path = self._path(document, name)
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(path, key.seal(f"{document}/{name}", plain))

    def read(self, document: str, name: str, key: DocumentKey) -> bytes:
        """What was written.

        Raises:
            FileNotFoundError: there is no such file.
            SealError: it is damaged, or the key another one.
        """
        return key.unseal(f"{document}/{name}", self._fs.cat_file(self._path(document, name)))

    def write_part(self, document: str, number: int, plain: bytes, key: DocumentKey) -> None:
        """One batch of what is finished; each number once."""
        self.write(document, f"{_PART}{number}", plain, key)

    def parts(self, document: str) -> Iterator[str]:
        """The names of the batches that are there."""
        self._fs.invalidate_cache()
        folder = self._path(document, "")
        if not self._fs.isdir(folder):
            return
        for path in sorted(self._fs.ls(folder, detail=False)):
            name = str(path).rstrip("/").rpartition("/")[2]
            if name.startswith(_PART):
                yield name

    def delete_parts(self, document: str) -> None:
        """And what else is needed only while the work is under way."""
        for name in [*self.parts(document), SOURCE]:
            self._delete(self._path(document, name))

    def delete(self, document: str) -> None:
        """All of a document's files; nothing where there are none."""
        self._delete(self._path(document, ""))

    def _delete(self, path: str) -> None:
        try:
            self._fs.rm(path.rstrip("/"), recursive=True)
        except FileNotFoundError:
            return

    def _path(self, document: str, name: str) -> str:
        return f"{self._root}/{document}/{name}"


def _reason(error: Exception) -> str:
    """In one line, and nothing that was in the URL, which may hold a password."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, ImportError):
        return f"{error.name or 'a package'} is not installed"
    return type(error).__name__
