"""Documents in a replica: their store, their files and the worker, once they are needed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crosslate.service.documents.jobs.files import DocumentFiles, FilesAwayError, FilesError
from crosslate.service.documents.jobs.jobs import DocumentJobs, unreachable
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.documents.jobs.worker import DocumentWorker, OnEnd
from crosslate.service.documents.translation import TextTranslator
from crosslate.service.errors import ServiceError
from crosslate.service.logs.logging import Logger
from crosslate.service.store.database import StoreAwayError, StoreError, default_folder, open_database
from crosslate.service.store.documents import DocumentStore
from crosslate.service.store.opening import SharedOpening
from crosslate.service.store.settings import StoreSettings
from crosslate.service.store.threads import StoreThreads

_FILES_FOLDER = "documents"
_TRY_AGAIN_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlace:
    """The settings that say which documents are kept where."""

    documents: DocumentSettings
    store: StoreSettings
    state_dir: Path | None

    @property
    def folder(self) -> Path:
        """Of files, where no URL says otherwise; raises `StoreError` where there is none."""
        return (self.state_dir or default_folder()) / _FILES_FOLDER

    @property
    def may_hold_some(self) -> bool:
        """Whether there can be documents from before this replica."""
        return self.store.url is not None or self.documents.url is not None or self.folder.exists()


@dataclass(frozen=True, slots=True)
class _Opened:
    jobs: DocumentJobs
    worker: DocumentWorker | None
    close: Callable[[], None]


class Documents:
    """What a replica has for documents. Nothing is opened before somebody sends one, or has sent one before.

    Args:
        place: where they are kept.
        translator: that the worker asks.
        logger: told of what becomes of them.
        on_end: see `OnEnd`.
    """

    def __init__(
        self, place: DocumentPlace, translator: TextTranslator, logger: Logger, on_end: OnEnd
    ) -> None:
        self._place = place
        self._translator = translator
        self._logger = logger
        self._on_end = on_end
        self._opened = SharedOpening(self._open)
        self._threads = StoreThreads()
        self._resuming: asyncio.Task[None] | None = None
        self._is_leaving = False
        self._is_closed = False

    @property
    def are_on(self) -> bool:
        """Whether the settings allow them."""
        return self._place.documents.enabled

    async def resume(self) -> None:
        """Go on with what is there already. Texts are served whatever stands in the way.

        What is away now is asked again and again: nobody may send a document before it is back.
        """
        try:
            if self.are_on and self._place.may_hold_some:
                await self._opened.get()
        except (StoreError, FilesError) as error:
            self._logger.warning("documents_off", reason=str(error))
            if isinstance(error, StoreAwayError | FilesAwayError):
                self._resuming = asyncio.create_task(self._keep_trying())

    async def _keep_trying(self) -> None:
        started, times = time.monotonic(), 1
        while True:
            await asyncio.sleep(_TRY_AGAIN_S)
            with contextlib.suppress(StoreError, FilesError):
                await self._opened.get()
                break
            times += 1
        self._logger.info("documents_resumed", times=times, seconds=round(time.monotonic() - started, 1))

    async def jobs(self) -> DocumentJobs:
        """To ask of, with the worker begun.

        Raises:
            ServiceError: 400, documents are off, or there is no place for them; 503, the replica stops, or
                the database or the files are away.
        """
        if not self.are_on:
            raise _off("documents.enabled is false")
        if self._is_closed:
            raise ServiceError(
                "draining", "This replica is shutting down; send the request again.", retry_after_s=1
            )
        try:
            return (await self._opened.get()).jobs
        except StoreAwayError as error:
            raise unreachable("database") from error
        except FilesAwayError as error:
            raise unreachable("files") from error
        except (StoreError, FilesError) as error:
            # Why is the operator's: it names folders of the machine.
            self._logger.warning("documents_off", reason=str(error))
            raise _off("it cannot keep them, and its log says why") from None

    async def leave(self) -> None:
        """Work on none from now on; whoever asks for one is answered.

        Others do, and may have been started for a model that this replica has never had.
        """
        self._is_leaving = True
        opened = await self._opened.begun()
        if opened is not None and opened.worker is not None:
            await opened.worker.close()

    async def close(self) -> None:
        """Give back what is under way."""
        self._is_closed = True
        if self._resuming is not None:
            self._resuming.cancel()
        opened = await self._opened.taken()
        if opened is not None:
            if opened.worker is not None:
                await opened.worker.close()
            await opened.jobs.close()
            await self._threads.run(opened.close)
        await self._threads.close()

    async def _open(self) -> _Opened:
        place = self._place
        engine = await self._threads.run(open_database, place.store.url, place.state_dir)
        try:
            files = await self._threads.run(DocumentFiles.open, place.documents.url or str(place.folder))
        except BaseException:
            engine.dispose()  # the next who asks opens another one
            raise
        store = DocumentStore(engine)
        jobs = DocumentJobs(store, files, place.documents, time.time)
        worker = None if self._is_leaving else self._worker(jobs, store, files)
        return _Opened(jobs, worker, engine.dispose)

    def _worker(self, jobs: DocumentJobs, store: DocumentStore, files: DocumentFiles) -> DocumentWorker:
        return DocumentWorker(
            jobs,
            store,
            files,
            self._translator,
            max_running=self._place.documents.max_running,
            now=time.time,
            logger=self._logger,
            on_end=self._on_end,
        )


def _off(reason: str) -> ServiceError:
    return ServiceError(
        "documents_off", f"This service does not translate documents ({reason}): send their texts."
    )
