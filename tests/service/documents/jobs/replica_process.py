"""A replica's worker in a process of its own: `python -m … FOLDER STORE_URL BATCHES`.

It translates so many batches, says `ready`, and then waits until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from crosslate.service.documents.jobs.files import DocumentFiles
from crosslate.service.documents.jobs.jobs import DocumentJobs
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.documents.jobs.worker import DocumentWorker
from crosslate.service.logs.logging import create_logger
from crosslate.service.pipeline.types import Allowance, TranslationRequest, TranslationResult
from crosslate.service.settings.config import LogSettings
from crosslate.service.store.database import open_database
from crosslate.service.store.documents import DocumentStore
from tests.service.documents.test_translation import FakeTranslator


class Stuck(FakeTranslator):
    """After some batches it never comes back."""

    def __init__(self, num_batches: int) -> None:
        super().__init__()
        self._num_left = num_batches

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        if self._num_left == 0:
            print("ready", flush=True)
            await asyncio.Event().wait()
        self._num_left -= 1
        return await super().translate_all(requests, allowance)


async def serve(folder: str, store_url: str, num_batches: int) -> None:
    store, files = DocumentStore(open_database(store_url, None)), DocumentFiles.open(folder)
    jobs = DocumentJobs(store, files, DocumentSettings(), time.time)
    DocumentWorker(
        jobs,
        store,
        files,
        Stuck(num_batches),
        max_running=1,
        now=time.time,
        logger=create_logger(LogSettings(level="error")),
        on_end=lambda state: None,
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
