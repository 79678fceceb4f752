"""What comes of documents while their database or their files cannot be reached."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from crosslate.service.documents.jobs import opening
from crosslate.service.documents.jobs.files import REQUEST, SOURCE, FilesError
from crosslate.service.documents.jobs.opening import DocumentPlace, Documents
from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.documents.jobs.worker import LEASE_S
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.logs.logging import create_logger
from crosslate.service.settings.config import LogSettings
from crosslate.service.store.database import StoreError
from crosslate.service.store.documents import DocumentRow
from crosslate.service.store.settings import StoreSettings
from tests.service.documents.jobs.places import Gate, Place, submitted, until, until_told
from tests.service.documents.test_translation import FakeTranslator


async def test_a_database_that_is_gone_is_said_as_such(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs)
    with place.store._engine.begin() as connection:
        connection.execute(text("DROP TABLE documents"))
    for ask in (
        lambda: submitted(jobs),
        lambda: jobs.status(ticket, None),
        lambda: jobs.result(ticket, None),
        lambda: jobs.owner(ticket),
        lambda: jobs.delete(ticket, None),
    ):
        with pytest.raises(ServiceError, match="database of documents") as raised:
            await ask()
        assert (raised.value.status, raised.value.code) == (503, "store_unavailable")
        assert raised.value.retry_after_s
        assert "documents" in str(raised.value.__cause__)


@pytest.mark.parametrize("last", [SOURCE, REQUEST, "row"])
async def test_what_could_not_be_taken_in_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Of a disk that is full in the middle of a file, or a database that is away by then."""
    jobs, write, folder = place.jobs(), place.files.write, Path(place.files._root)

    def fail(document: str, name: str, plain: bytes, key: DocumentKey) -> None:
        write(document, name, plain, key)
        if name == last:
            raise FilesError("no space left on device")

    def fail_to_add(row: DocumentRow, max_open: int) -> bool:
        raise StoreError("away")

    monkeypatch.setattr(place.files, "write", fail)
    if last == "row":
        monkeypatch.setattr(place.store, "add", fail_to_add)
    with pytest.raises(ServiceError) as raised:
        await submitted(jobs)
    assert raised.value.code == "store_unavailable"
    assert isinstance(raised.value.__cause__, ToldError)
    assert list(folder.iterdir()) == []


async def test_what_a_database_that_went_away_left_half_taken_in_holds_no_place_for_long(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = place.jobs(max_waiting=1)

    def fail(document: str, holder: str, expires: float) -> bool:
        raise StoreError("away")

    with monkeypatch.context() as away:
        away.setattr(place.store, "admit", fail)
        away.setattr(place.store, "end", pytest.fail)  # whoever has waited once does not wait again
        with pytest.raises(ServiceError, match="database of documents"):
            await submitted(jobs)
    with pytest.raises(ServiceError, match="1 documents wait"):
        await submitted(jobs)
    place.clock.time += 3600
    assert jobs.sweep() == 1
    ticket = await submitted(jobs)
    place.clock.time += 3600
    assert jobs.sweep() == 1  # the row that goes a while after its files
    place.work(jobs, Gate(1000))
    await until(jobs, ticket, "done")


async def test_files_that_cannot_be_reached_for_a_time_cost_a_document_none_of_its_tries(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, read, num_failed = place.jobs(), place.files.read, 0
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._BUSY_WAIT_S", 0.01)
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._PUT_OFF_S", 0)
    ticket = await submitted(jobs)

    def fail(document: str, name: str, key: DocumentKey) -> bytes:
        nonlocal num_failed
        num_failed += 1
        if num_failed <= 5:
            raise FilesError("away")
        return read(document, name, key)

    monkeypatch.setattr(place.files, "read", fail)
    place.work(jobs, Gate(1000))
    await until(jobs, ticket, "done")


async def test_files_of_one_that_cannot_be_reached_keep_no_other_from_its_turn(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one worker, which takes the oldest first."""
    jobs, read = place.jobs(), place.files.read
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._BUSY_WAIT_S", 0.01)
    stuck, other = await submitted(jobs), await submitted(jobs)

    def fail(document: str, name: str, key: DocumentKey) -> bytes:
        if document == stuck.id:
            raise FilesError("input/output error")
        return read(document, name, key)

    monkeypatch.setattr(place.files, "read", fail)
    place.work(jobs, Gate(1000))
    await until(jobs, other, "done")
    monkeypatch.setattr(place.files, "read", read)
    place.clock.time += 60
    await until(jobs, stuck, "done")


async def test_a_stall_is_logged_with_its_reason(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, log = place.jobs(), io.StringIO()
    logger = create_logger(LogSettings(format="json"), log)
    await submitted(jobs)

    def fail(document: str, name: str, key: DocumentKey) -> bytes:
        raise FilesError("no space left on device")

    monkeypatch.setattr(place.files, "read", fail)
    place.work(jobs, Gate(1000), logger)
    async with asyncio.timeout(120):
        while "no space left" not in log.getvalue():
            await asyncio.sleep(0.01)
    assert json.loads(log.getvalue())["event"] == "documents_stalled"


async def test_the_end_of_a_stall_is_logged_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, claim, log = place.jobs(), place.store.claim, io.StringIO()
    for name, value in (("worker._BUSY_WAIT_S", 0.01), ("worker._LOOK_EVERY_S", 0.01)):
        monkeypatch.setattr(f"crosslate.service.documents.jobs.{name}", value)
    monkeypatch.setattr("crosslate.service.logs.recurring.CALM_S", 0.01)

    def fail(holder: str, now: float, until: float) -> DocumentRow | None:
        raise StoreError("connection refused")

    monkeypatch.setattr(place.store, "claim", fail)
    place.work(jobs, Gate(1000), create_logger(LogSettings(format="json"), log))
    async with asyncio.timeout(120):
        while "refused" not in log.getvalue():
            await asyncio.sleep(0.01)
        monkeypatch.setattr(place.store, "claim", claim)
        while "documents_resumed" not in log.getvalue():
            await asyncio.sleep(0.01)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["documents_stalled", "documents_resumed"]


async def test_a_worker_ends_though_what_it_has_begun_cannot_be_given_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(document: str, holder: str) -> bool:
        raise StoreError("away")

    jobs, gate = place.jobs(), Gate(0)
    ticket = await submitted(jobs)
    worker = place.work(jobs, gate)
    await asyncio.wait_for(gate.is_waiting.wait(), 120)
    monkeypatch.setattr(place.store, "release", fail)
    async with asyncio.timeout(60):
        await worker.close()
    place.clock.time += LEASE_S
    place.work(jobs, Gate(1000))
    await until(jobs, ticket, "done")


@pytest.mark.parametrize(("refused", "state"), [("", "done"), ("Portion", "failed")])
async def test_an_end_is_told_though_what_is_left_of_a_document_cannot_be_deleted(
    place: Place, monkeypatch: pytest.MonkeyPatch, refused: str, state: str
) -> None:
    def fail(path: str) -> None:
        raise FilesError("away")

    jobs, error = place.jobs(), ServiceError("unsupported_language_pair", "No model has this pair.")
    monkeypatch.setattr(place.files, "_delete", fail)
    ticket = await submitted(jobs)
    place.work(jobs, FakeTranslator(refused=refused, error=error))
    await until(jobs, ticket, state)
    await until_told(place, state)
    after = await submitted(jobs)  # and the worker goes on
    await until(jobs, after, state)
    await until_told(place, state, state)


async def test_one_that_cannot_be_deleted_keeps_no_other_from_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, delete = place.jobs(keep_s=60), place.files.delete
    stuck, _ = await submitted(jobs), await submitted(jobs)

    def fail(document: str) -> None:
        if document == stuck.id:
            raise FilesError("permission denied")
        delete(document)

    monkeypatch.setattr(place.files, "delete", fail)
    place.clock.time += 61
    jobs.sweep()
    assert [path.name for path in place.folder.iterdir()] == [stuck.id]
    monkeypatch.undo()
    place.clock.time += 600
    jobs.sweep()  # its row is there yet, so that it is found
    assert list(place.folder.iterdir()) == []


async def test_a_lease_is_kept_though_the_store_was_away_for_a_moment(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, gate, renew, num_asked = place.jobs(), Gate(0), place.store.renew, 0
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._RENEW_EVERY_S", 0.01)

    def fail_once(document: str, holder: str, until: float) -> bool:
        nonlocal num_asked
        num_asked += 1
        if num_asked == 1:
            raise StoreError("away")
        return renew(document, holder, until)

    monkeypatch.setattr(place.store, "renew", fail_once)
    ticket = await submitted(jobs)
    place.work(jobs, gate)
    await asyncio.wait_for(gate.is_waiting.wait(), 120)
    place.clock.time += LEASE_S / 2
    async with asyncio.timeout(120):
        while (row := place.store.get(ticket.id)) and row.leased_until < place.clock.time + LEASE_S:
            await asyncio.sleep(0.01)
    gate.opened.set()
    await until(jobs, ticket, "done")


async def test_a_document_that_comes_as_the_store_says_that_there_is_none_is_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, claim, loop = place.jobs(), place.store.claim, asyncio.get_running_loop()
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._LOOK_EVERY_S", 600)
    came = loop.create_future()

    def claim_late(holder: str, now: float, until: float) -> DocumentRow | None:
        found = claim(holder, now, until)
        if not came.done():
            ticket = asyncio.run_coroutine_threadsafe(submitted(jobs), loop).result()
            loop.call_soon_threadsafe(came.set_result, ticket)
        return found

    monkeypatch.setattr(place.store, "claim", claim_late)
    place.work(jobs, Gate(1000))
    await until(jobs, await came, "done")


async def test_a_database_whose_files_have_no_place_is_closed_again(
    tmp_path: Path, opened: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, closed = opened(f"sqlite:///{tmp_path}/store.db"), list[Engine]()
    monkeypatch.setattr(engine, "dispose", lambda: closed.append(engine))
    monkeypatch.setattr(opening, "open_database", lambda url, folder: engine)
    (tmp_path / "taken").touch()
    place = DocumentPlace(
        documents=DocumentSettings(url=str(tmp_path / "taken" / "below")),
        store=StoreSettings(),
        state_dir=None,
    )
    documents = Documents(place, FakeTranslator(), create_logger(LogSettings(level="error")), print)
    for number in (1, 2):
        with pytest.raises(ServiceError, match="does not translate documents"):
            await documents.jobs()
        assert closed == [engine] * number
