"""Documents in a replica: their store, their files and the worker; or why there are none."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from service.documents.jobs.files import DocumentFiles, FilesError
from service.documents.jobs.jobs import DocumentJobs
from service.documents.jobs.settings import DocumentSettings
from service.documents.jobs.worker import DocumentWorker, OnEnd
from service.documents.translation import TextTranslator
from service.errors import ServiceError
from service.logging import Logger
from service.store.database import StoreError, default_folder, open_database
from service.store.documents import DocumentStore
from service.store.settings import StoreSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPlace:
    """The settings of which documents are kept where."""

    documents: DocumentSettings
    store: StoreSettings
    state_dir: Path | None


@dataclass(frozen=True, slots=True)
class Documents:
    """What a replica has for documents."""

    _jobs: DocumentJobs | None = None
    _worker: DocumentWorker | None = field(default=None, repr=False)
    _reason: str = "documents.enabled is false"

    @classmethod
    async def open(
        cls, place: DocumentPlace, translator: TextTranslator, logger: Logger, on_end: OnEnd
    ) -> Self:
        """With a worker that begins at once. Where documents cannot be kept, texts are served alone."""
        settings = place.documents
        if not settings.enabled:
            return cls()
        try:
            engine = await asyncio.to_thread(open_database, place.store.url, place.state_dir)
            files = await asyncio.to_thread(
                DocumentFiles.open, settings.url, place.state_dir or default_folder()
            )
        except (StoreError, FilesError) as error:
            logger.warning("documents_off", reason=str(error))
            return cls(_reason=str(error))
        store = DocumentStore(engine)
        jobs = DocumentJobs(store, files, settings, time.time)
        worker = DocumentWorker(
            jobs,
            store,
            files,
            translator,
            max_running=settings.max_running,
            now=time.time,
            logger=logger,
            on_end=on_end,
        )
        return cls(jobs, worker)

    @property
    def jobs(self) -> DocumentJobs:
        """To ask of.

        Raises:
            ServiceError: 400, there are none here.
        """
        if self._jobs is None:
            raise ServiceError(
                400,
                "documents_off",
                "Documents are off",
                f"This service does not translate documents ({self._reason}): send their texts.",
            )
        return self._jobs

    @property
    def are_on(self) -> bool:
        """Whether any can be sent."""
        return self._jobs is not None

    async def close(self) -> None:
        """Give back what is under way."""
        if self._worker is not None:
            await self._worker.close()
