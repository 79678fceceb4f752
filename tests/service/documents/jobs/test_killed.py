"""A replica that is killed in the middle of a document, as the kernel kills what takes too much memory."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crosslate.service.documents.jobs.files import REQUEST, SOURCE, DocumentFiles
from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.documents.jobs.worker import LEASE_S
from crosslate.service.errors import ServiceError
from crosslate.service.store.documents import DocumentStore
from tests.service.documents.jobs.places import PORTIONS, TEXT, Clock, Gate, Place, submitted, until

ROOT = Path(__file__).parents[4]
_BATCHES = 3


class Later(Clock):
    """The time of all replicas, with so much skipped."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return time.time() + self.time


async def test_another_replica_ends_what_a_killed_one_has_begun(
    store_url: str, tmp_path: Path, opened: Callable[[str], Engine]
) -> None:
    folder, now = tmp_path / "files", Later()
    files = DocumentFiles.open(str(folder))
    place = Place(DocumentStore(opened(store_url)), files, folder, now, [], [])
    jobs = place.jobs()
    ticket = await submitted(jobs)
    replica = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.service.documents.jobs.replica_process"),
        *(str(folder), store_url, str(_BATCHES)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert replica.stdout is not None
    async with asyncio.timeout(60):
        assert await replica.stdout.readline() == b"ready\n"
        replica.send_signal(signal.SIGKILL)
        assert await replica.wait() == -signal.SIGKILL
    before = await jobs.status(ticket, None)
    assert before.state == "running"
    assert before.progress > 0
    # What it was writing as it died is cut off: that is done anew.
    half = folder / ticket.id / f"part-{_BATCHES}"
    assert not half.exists()
    half.write_bytes(b"\x00" * 7)
    other = Gate(1000)
    worker = place.work(jobs, other)
    await asyncio.sleep(0.2)
    assert other.asked == []  # the dead one's lease runs yet
    now.time = LEASE_S + 1
    await until(jobs, ticket, "done")
    assert (await jobs.result(ticket, None)).content == TEXT.upper()
    assert len(other.asked) == len(PORTIONS) - _BATCHES
    await worker.close()


class _KilledError(BaseException):
    """Nothing cleans up after it."""


@pytest.mark.parametrize("last", [SOURCE, REQUEST, "admit"])
async def test_what_one_that_was_killed_had_begun_to_take_in_is_swept(
    place: Place, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    write = place.files.write

    def write_and_die(document: str, name: str, plain: bytes, key: DocumentKey) -> None:
        write(document, name, plain, key)
        if name == last:
            raise _KilledError

    def die(document: str, holder: str, expires: float) -> bool:
        raise _KilledError

    jobs = place.jobs(keep_s=24 * 3600)
    with monkeypatch.context() as dying:
        dying.setattr(place.files, "write", write_and_die)
        dying.setattr(place.store, "admit", die)
        with pytest.raises(_KilledError):
            await submitted(jobs)
    left = [path.name for path in place.folder.iterdir()]
    assert len(left) == 1
    # Nobody takes up what nobody was given a ticket for, and it waits for nobody.
    place.clock.time += LEASE_S + 1
    assert place.store.claim("other", place.clock.time, place.clock.time + LEASE_S) is None
    assert place.jobs().sweep() == 0
    place.clock.time += 3600
    assert place.jobs().sweep() == 1
    assert list(place.folder.iterdir()) == []
    place.clock.time += 600
    assert (place.jobs().sweep(), place.store.get(left[0])) == (1, None)


async def test_what_one_that_was_killed_had_begun_to_delete_is_swept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(document: str) -> None:
        raise _KilledError

    jobs = place.jobs()
    ticket = await submitted(jobs)
    with monkeypatch.context() as dying:
        dying.setattr(place.files, "delete", die)
        with pytest.raises(_KilledError):
            await jobs.delete(ticket, None)
    with pytest.raises(ServiceError, match="no document"):
        await jobs.status(ticket, None)
    assert place.jobs().sweep() == 1
    assert list(place.folder.iterdir()) == []


async def test_what_a_worker_wrote_to_a_deleted_document_before_it_was_killed_is_swept(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs)
    await jobs.delete(ticket, None)
    place.files.write_part(ticket.id, 0, b"late", ticket.key)
    assert jobs.sweep() == 1
    assert list(place.folder.iterdir()) == []
    place.clock.time += 600
    assert (jobs.sweep(), jobs.sweep()) == (1, 0)
