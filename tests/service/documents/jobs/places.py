"""A store and a folder that several workers share, as several replicas do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from crosslate.service.documents.jobs.files import DocumentFiles
from crosslate.service.documents.jobs.jobs import DocumentJobs
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.documents.jobs.worker import DocumentWorker
from crosslate.service.logs.logging import Logger, create_logger
from crosslate.service.pipeline.types import Allowance, TranslationRequest, TranslationResult
from crosslate.service.settings.config import LogSettings
from crosslate.service.store.documents import DocumentStore
from tests.service.documents.test_translation import FakeTranslator

REQUEST = DocumentRequest(name="poem.txt", target_lang="pt", source_lang="en")
PORTIONS = [f"Portion {i} of the poem. " + "word " * 1700 for i in range(6)]
TEXT = "\n\n".join(PORTIONS).encode()


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


class Gate(FakeTranslator):
    """Lets a number of batches through, then waits until it is opened."""

    def __init__(self, num_batches: int) -> None:
        super().__init__()
        self.num_left = num_batches
        self.is_waiting, self.opened = asyncio.Event(), asyncio.Event()
        self.allowances: list[Allowance] = []

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        self.allowances.append(allowance)
        if self.num_left == 0:
            self.is_waiting.set()
            await self.opened.wait()
        else:
            self.num_left -= 1
        return await super().translate_all(requests, allowance)


@dataclass
class Place:
    store: DocumentStore
    files: DocumentFiles
    folder: Path
    clock: Clock
    workers: list[DocumentWorker]
    ended: list[str]

    def jobs(self, **settings: object) -> DocumentJobs:
        return DocumentJobs(self.store, self.files, DocumentSettings.model_validate(settings), self.clock)

    def work(
        self, jobs: DocumentJobs, translator: FakeTranslator, logger: Logger | None = None
    ) -> DocumentWorker:
        worker = DocumentWorker(
            jobs,
            self.store,
            self.files,
            translator,
            max_running=1,
            now=self.clock,
            logger=logger or create_logger(LogSettings(level="error")),
            on_end=self.ended.append,
        )
        self.workers.append(worker)
        return worker


async def placed(
    url: str, store_url: str, tmp_path: Path, opened: Callable[[str], Engine]
) -> AsyncIterator[Place]:
    folder = tmp_path / "files"
    files = DocumentFiles.open(url)
    made = Place(DocumentStore(opened(store_url)), files, folder, Clock(), [], [])
    yield made
    for worker in made.workers:
        await worker.close()


async def submitted(jobs: DocumentJobs, data: bytes = TEXT, request: DocumentRequest = REQUEST) -> Ticket:
    return await jobs.submit(data, await jobs.read(data, request), request)


async def until(jobs: DocumentJobs, ticket: Ticket, state: str, owner: str | None = None) -> None:
    async with asyncio.timeout(120):
        while (await jobs.status(ticket, owner)).state != state:
            await asyncio.sleep(0.01)


async def until_told(place: Place, *ends: str) -> None:
    """A worker tells of an end a moment after the store knows it."""
    async with asyncio.timeout(120):
        while len(place.ended) < len(ends):
            await asyncio.sleep(0.01)
    assert place.ended == list(ends)
