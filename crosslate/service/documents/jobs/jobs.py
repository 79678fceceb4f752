"""Documents in the background, as those see them who send and fetch them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TypeVar

from crosslate.service.documents.document import Document, too_large
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.documents.jobs.files import REPORT, REQUEST, RESULT, SOURCE, DocumentFiles, FilesError
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.sealing import DocumentKey, SealError
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.documents.jobs.stored import REPORTS, REQUESTS
from crosslate.service.documents.jobs.ticket import Ticket, not_found
from crosslate.service.documents.translation import DocumentReport
from crosslate.service.errors import ServiceError
from crosslate.service.store.database import StoreAwayError, StoreError
from crosslate.service.store.documents import DocumentRow, DocumentStore, State
from crosslate.service.store.threads import StoreThreads

T = TypeVar("T")
_RETRY_AFTER_S = 2.0
_ARRIVAL = "arrival"
"""Holds a document's row until its files are all there."""
_ARRIVAL_S = 3600.0
"""At most: a row that is older was left by a replica that was killed, or whose database was away."""
_LAST_WRITES_S = 60.0
"""How long somebody may still write to a document that was deleted."""
_NOTHING = DocumentReport()
_NUM_READERS = 2
"""Documents that are unpacked and read at once, each of which may take a few hundred megabytes."""


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """How far a document is."""

    state: State
    progress: float
    """Of its characters, in 0..1."""
    num_characters: int
    seconds: float
    """Since it came."""
    report: DocumentReport = _NOTHING
    """Once it is done."""
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """A translated file."""

    name: str
    content: bytes


class DocumentJobs:
    """Takes documents in, tells how far they are, hands them out, forgets them.

    Args:
        store: who works on what.
        files: where they are kept.
        settings: how many, how large.
        now: seconds since 1970, as all replicas count them.
    """

    def __init__(
        self,
        store: DocumentStore,
        files: DocumentFiles,
        settings: DocumentSettings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._files = files
        self._settings = settings
        self._now = now
        self._threads = StoreThreads()
        self._reading = asyncio.Semaphore(_NUM_READERS)
        self.arrived = asyncio.Event()
        """Set when there is something to do."""

    async def read(self, data: bytes, request: DocumentRequest) -> Document:
        """The document, to know that it can be read and how much there is to translate.

        Raises:
            ServiceError: 413, 415, 422.
        """
        if len(data) > self._settings.max_bytes:
            limit = self._settings.max_bytes
            raise too_large(
                f"The file has {len(data)} bytes, at most {limit} are taken (documents.max_bytes)."
            )
        async with self._reading:
            document = await asyncio.to_thread(read_document, request.name, data, request.options)
        if document.num_characters > self._settings.max_characters:
            raise too_large(
                f"The document has {document.num_characters} characters to translate, at most "
                f"{self._settings.max_characters} are taken (documents.max_characters)."
            )
        return document

    async def submit(self, data: bytes, document: Document, request: DocumentRequest) -> Ticket:
        """Take in a document that was read.

        Raises:
            ServiceError: 429, too many wait; 503, the database or the files cannot be reached.
        """
        ticket = Ticket(uuid.uuid4().hex, DocumentKey.new())
        now = self._now()
        row = DocumentRow(
            id=ticket.id,
            key_digest=ticket.key.digest,
            secret=ticket.key.secret,
            owner=request.key_name,
            state="queued",
            num_characters=document.num_characters,
            holder=_ARRIVAL,
            leased_until=now + self._settings.keep_s,
            created=now,
            expires=now + min(_ARRIVAL_S, self._settings.keep_s),
        )
        if not await self._kept(ticket.id, partial(self._keep, row, ticket.key, data, request)):
            raise ServiceError(
                "queue_full",
                f"{self._settings.max_waiting} documents wait (documents.max_waiting): try again later.",
                retry_after_s=_RETRY_AFTER_S,
            )
        self.arrived.set()
        return ticket

    async def _kept(self, document: str, keep: Callable[[], bool]) -> bool:
        """Whoever leaves meanwhile never hears of the document: then it is forgotten."""
        keeping = asyncio.ensure_future(self._reached(keep))
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:
            await asyncio.wait({keeping})
            with contextlib.suppress(ServiceError):
                await self._reached(partial(self._forget, document))
            raise

    def _keep(self, row: DocumentRow, key: DocumentKey, data: bytes, request: DocumentRequest) -> bool:
        """The row first, which no worker may have yet: wherever this ends, the sweep knows of the files.

        Returns:
            Whether there was a place for it.
        """
        try:
            if not self._store.add(row, self._settings.max_waiting):
                return False
            self._files.write(row.id, SOURCE, data, key)
            self._files.write(row.id, REQUEST, REQUESTS.to_bytes(request), key)
            if not self._store.admit(row.id, _ARRIVAL, row.created + self._settings.keep_s):
                raise StoreAwayError("the document's row has expired before its files were there")
        except StoreError:
            raise  # asked again it would be waited for again
        except Exception:
            with contextlib.suppress(FilesError, StoreError):
                self._forget(row.id)
            raise
        return True

    async def status(self, ticket: Ticket, owner: str | None) -> DocumentStatus:
        """How far it is.

        Raises:
            ServiceError: 404, there is none that this ticket, of this owner, is for; 503 as `submit`.
        """
        row = await self._row(ticket, owner)
        is_done = row.state == "done"
        report = REPORTS.parse(await self._read(ticket, REPORT)) if is_done else _NOTHING
        return DocumentStatus(
            state=row.state,
            progress=1.0 if is_done else row.num_done / max(row.num_characters, 1),
            num_characters=row.num_characters,
            seconds=max(0.0, self._now() - row.created),  # a clock may be set back
            report=report,
            error_code=row.error_code,
            error=row.error,
        )

    async def result(self, ticket: Ticket, owner: str | None) -> DocumentResult:
        """The translated file.

        Raises:
            ServiceError: 404 as `status`; 409 it is not finished; what was wrong, if it could not be done.
        """
        row = await self._row(ticket, owner)
        if row.state == "failed":
            raise ServiceError("document_failed", row.error or "It could not be translated.")
        if row.state != "done":
            raise ServiceError(
                "document_not_ready",
                "The document is not finished yet: ask for its state, and again for its result later.",
                retry_after_s=_RETRY_AFTER_S,
            )
        request = REQUESTS.parse(await self._read(ticket, REQUEST))
        name = PurePath(request.name)
        return DocumentResult(
            f"{name.stem}.{request.target_lang}{name.suffix}", await self._read(ticket, RESULT)
        )

    async def owner(self, ticket: Ticket) -> str | None:
        """Whose it is, for those to whom its own key is enough.

        Raises:
            ServiceError: 404, there is none that this ticket is for; 503 as `submit`.
        """
        return (await self._open(ticket)).owner

    async def delete(self, ticket: Ticket, owner: str | None) -> None:
        """Forget it, whether it is finished or not; raises as `status`."""
        await self._row(ticket, owner)
        await self._reached(partial(self._forget, ticket.id))

    async def close(self) -> None:
        """Wait for what somebody who has left has asked of the store."""
        await self._threads.close()

    def sweep(self) -> int:
        """Delete what has been kept for long enough; how many documents. It blocks.

        A row goes last, and a while after its files: what a worker wrote meanwhile is found by it.
        """
        now = self._now()
        expired = self._store.expired(now)
        long_ago = set(self._store.expired(now - _LAST_WRITES_S))
        for document in expired:
            with contextlib.suppress(FilesError):  # one that cannot be deleted now keeps its row
                self._forget(document)
                if document in long_ago:
                    self._store.delete(document)
        return len(expired)

    def _forget(self, document: str) -> None:
        # The row first: a worker that is at it finds that it has ended, and writes nothing more.
        self._store.end(document, self._now())
        self._files.delete(document)

    async def _row(self, ticket: Ticket, owner: str | None) -> DocumentRow:
        row = await self._open(ticket)
        if row.owner != owner:
            raise not_found()
        return row

    async def _open(self, ticket: Ticket) -> DocumentRow:
        row = await self._reached(partial(self._store.get, ticket.id))
        if row is None or row.expires <= self._now() or not ticket.key.opens(row.key_digest):
            raise not_found()
        return row

    async def _read(self, ticket: Ticket, name: str) -> bytes:
        try:
            return await self._reached(partial(self._files.read, ticket.id, name, ticket.key))
        except (FileNotFoundError, SealError):
            raise not_found() from None

    async def _reached(self, work: Callable[[], T]) -> T:
        try:
            return await self._threads.run(work)
        except (FilesError, StoreError) as error:
            raise unreachable("files" if isinstance(error, FilesError) else "database") from error


def unreachable(what: str) -> ServiceError:
    """A part of the store that may be there again later."""
    return ServiceError(
        "store_unavailable",
        f"The {what} of documents cannot be reached at the moment. Try again a little later.",
        retry_after_s=_RETRY_AFTER_S,
    )
