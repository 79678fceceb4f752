"""Translates the documents that wait, whichever replica they came to, and goes on with what others left."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping

from crosslate.service.documents.formats.registry import read_document
from crosslate.service.documents.jobs.files import REPORT, REQUEST, RESULT, SOURCE, DocumentFiles, FilesError
from crosslate.service.documents.jobs.jobs import DocumentJobs
from crosslate.service.documents.jobs.sealing import DocumentKey, SealError
from crosslate.service.documents.jobs.stored import PARTS, REPORTS, REQUESTS
from crosslate.service.documents.translation import (
    DocumentTranslation,
    TextTranslator,
    TranslatedSegment,
    full_report,
)
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.logs.logging import Logger
from crosslate.service.logs.recurring import Recurring
from crosslate.service.store.database import StoreError
from crosslate.service.store.documents import DocumentRow, DocumentStore
from crosslate.service.store.threads import StoreThreads

LEASE_S = 30.0
_RENEW_EVERY_S = 10.0
_LOOK_EVERY_S = 2.0
"""For documents that came to other replicas, or that these have left."""
_SWEEP_EVERY_S = 60.0
_MAX_ATTEMPTS = 3
_BUSY = frozenset({429, 503, 504})
_BUSY_WAIT_S = 2.0
_PUT_OFF_S = 15.0
"""Of a document whose files cannot be reached, or whose disk is full: what is lost is done anew each time."""
_LONGEST_WAIT_S = 30.0

OnEnd = Callable[[str], None]
"""Told how a document ended: `done` or `failed`."""


class _LostError(Exception):
    """Somebody else works on the document by now, or it was deleted."""


class DocumentWorker:
    """Works on some documents at a time until it is closed; what it has begun then waits for others.

    Args:
        jobs: what is asked for; woken when something comes.
        store: who works on what.
        files: where documents are.
        translator: that is asked for every text.
        max_running: how many at a time.
        now: as `DocumentJobs` has it.
        logger: told of ends and of defects, never of any text.
        on_end: see `OnEnd`.
    """

    def __init__(
        self,
        jobs: DocumentJobs,
        store: DocumentStore,
        files: DocumentFiles,
        translator: TextTranslator,
        *,
        max_running: int,
        now: Callable[[], float],
        logger: Logger,
        on_end: OnEnd,
    ) -> None:
        self._jobs, self._store, self._files = jobs, store, files
        self._translator = translator
        self._now = now
        self._logger = logger
        self._on_end = on_end
        self._stalling = Recurring()
        self._holder = uuid.uuid4().hex
        # Besides one for the sweep, each that works may read or write while its lease is renewed.
        self._threads = StoreThreads(2 * max_running + 1)
        self._tasks = [asyncio.create_task(self._serve()) for _ in range(max_running)]
        self._tasks.append(asyncio.create_task(self._sweep()))

    async def close(self) -> None:
        """Stop, and give back what is under way, from where it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._threads.close()

    async def _serve(self) -> None:
        while True:
            try:
                # Before the store is asked: what comes while it answers is not waited for.
                self._jobs.arrived.clear()
                row = await self._threads.run(self._claim)
                self._tell_of_resumption()
                if row is None:
                    await self._wait()
                else:
                    await self._take(row)
            except Exception as error:  # the store or the files: perhaps they are there again later
                self._tell_of_stall(error)
                await asyncio.sleep(_BUSY_WAIT_S)

    def _tell_of_stall(self, error: Exception) -> None:
        """Its reason only where it was written for a log: others may quote a text."""
        if times := self._stalling.count():
            reason = {"reason": str(error)} if isinstance(error, ToldError) else {}
            self._logger.error("documents_stalled", exception=type(error).__name__, times=times, **reason)

    def _tell_of_resumption(self) -> None:
        if episode := self._stalling.ended():
            self._logger.info("documents_resumed", times=episode.times, seconds=episode.seconds)

    async def _wait(self) -> None:
        # Not `wait_for`, which forgets in Python 3.11 that it is cancelled if that happens as it ends.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._jobs.arrived.wait()

    async def _sweep(self) -> None:
        while True:
            with contextlib.suppress(Exception):  # `_serve` tells of a store that is not there
                await self._threads.run(self._jobs.sweep)
            await asyncio.sleep(_SWEEP_EVERY_S)

    def _claim(self) -> DocumentRow | None:
        now = self._now()
        return self._store.claim(self._holder, now, now + LEASE_S)

    async def _take(self, row: DocumentRow) -> None:
        """Work on one document, and say how it ended."""
        work = asyncio.create_task(self._work(row))
        renewing = asyncio.create_task(self._renew(row, work))
        try:
            await work
        except _LostError:
            await self._threads.run(self._clean_up, row.id)
        except ServiceError as error:
            await self._fail(row, error.code, error.detail)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is None or not me.cancelling():
                return  # the lease was lost
            with contextlib.suppress(StoreError):  # it is away: the lease ends by itself
                await self._threads.run(self._store.release, row.id, self._holder)
            raise
        except (FilesError, StoreError):
            # No fault of the document's, and so none of its tries. Others are next: their files may be there.
            until = self._now() + _PUT_OFF_S
            await self._threads.run(self._store.put_off, row.id, self._holder, until)
            raise
        except Exception as error:
            self._logger.error(
                "document_defect", document=row.id, exception=type(error).__name__, attempt=row.attempts
            )
            await self._retry(row)
        finally:
            renewing.cancel()
            work.cancel()
            await asyncio.gather(renewing, work, return_exceptions=True)

    async def _renew(self, row: DocumentRow, work: asyncio.Task[None]) -> None:
        """Keep the lease; where it is lost, end the work.

        A store that cannot be reached is asked again: the lease outlasts some of these.
        """
        is_mine = True
        while is_mine:
            await asyncio.sleep(_RENEW_EVERY_S)
            with contextlib.suppress(StoreError):
                until = self._now() + LEASE_S
                is_mine = await self._threads.run(self._store.renew, row.id, self._holder, until)
        work.cancel()

    def _clean_up(self, document: str) -> None:
        """Of what was deleted while it was being worked on, something may have been written since."""
        row = self._store.get(document)
        if row is None or row.expires <= self._now():
            self._files.delete(document)

    async def _retry(self, row: DocumentRow) -> None:
        if row.attempts >= _MAX_ATTEMPTS:
            await self._fail(row, "internal_error", f"It could not be translated in {_MAX_ATTEMPTS} tries.")
        else:
            await self._threads.run(self._store.give_back, row.id, self._holder)

    async def _fail(self, row: DocumentRow, code: str, detail: str) -> None:
        if await self._told(self._store.fail, row.id, self._holder, code, detail):
            await self._ended("failed", row, self._files.delete, code)

    async def _told(self, end: Callable[..., bool], *arguments: str) -> bool:
        """Whether the store has an end from us; where its answer is lost on the way it is asked again.

        However long it is away: where it has the end, nobody else works on the document again, and tells.
        """
        while True:
            try:
                is_ours = await self._threads.run(end, *arguments)
            except StoreError as error:
                self._tell_of_stall(error)
                await asyncio.sleep(_BUSY_WAIT_S)
            else:
                self._tell_of_resumption()
                return is_ours

    async def _ended(
        self, state: str, row: DocumentRow, put_away: Callable[[str], None], code: str | None = None
    ) -> None:
        """Tell of an end that the store knows, and put away the files that nobody needs any more.

        That is told first, and files that cannot be reached now are no fault of the document's: the sweep
        takes all that are left.
        """
        self._on_end(state)
        self._logger.info(
            f"document_{state}",
            document=row.id,
            key=row.owner,
            characters=row.num_characters,
            seconds=round(self._now() - row.created, 1),
            error=code,
        )
        try:
            await self._threads.run(put_away, row.id)
        except FilesError as error:
            self._logger.error("document_files_left", document=row.id, exception=type(error).__name__)

    async def _work(self, row: DocumentRow) -> None:
        if row.secret is None:
            raise _LostError
        key = DocumentKey(row.secret)
        request = REQUESTS.parse(await self._threads.run(self._files.read, row.id, REQUEST, key))
        data = await self._threads.run(self._files.read, row.id, SOURCE, key)
        document = await asyncio.to_thread(read_document, request.name, data, request.options)
        done = await self._threads.run(self._finished, row.id, key)
        sizes = [len(segment.text) for segment in document.segments]

        async def keep(new: Mapping[int, TranslatedSegment]) -> None:
            done.update(new)
            content = PARTS.to_bytes(dict(new))
            await self._threads.run(self._files.write_part, row.id, min(new), content, key)
            num_done = sum(sizes[i] for i in done)
            until = self._now() + LEASE_S
            if not await self._threads.run(self._store.advance, row.id, self._holder, until, num_done):
                raise _LostError

        translation = DocumentTranslation(
            document.segments, request.translation, self._translator, request.allowance
        )
        while True:
            try:
                outcome = await translation.run(keep, done)
                break
            except ServiceError as error:
                if error.status not in _BUSY:
                    raise
                await asyncio.sleep(min(error.retry_after_s or _BUSY_WAIT_S, _LONGEST_WAIT_S))
        content = await asyncio.to_thread(document.write, outcome.texts)
        report = REPORTS.to_bytes(full_report(document, outcome.report))
        await self._threads.run(self._files.write, row.id, RESULT, content, key)
        await self._threads.run(self._files.write, row.id, REPORT, report, key)
        if not await self._told(self._store.finish, row.id, self._holder):
            raise _LostError
        await self._ended("done", row, self._files.delete_parts)

    def _finished(self, document: str, key: DocumentKey) -> dict[int, TranslatedSegment]:
        """What was done before, by this replica or another."""
        found: dict[int, TranslatedSegment] = {}
        for name in self._files.parts(document):
            with contextlib.suppress(SealError, FileNotFoundError):  # cut off as its writer died: done anew
                found |= PARTS.parse(self._files.read(document, name, key))
        return found
