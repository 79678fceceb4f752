"""What comes of documents while their database or their files cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from crosslate.service.documents.jobs.files import REQUEST, SOURCE, FilesError
from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.store.database import StoreError
from crosslate.service.store.documents import DocumentRow
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

    def fail_to_add(row: DocumentRow) -> None:
        raise StoreError("away")

    monkeypatch.setattr(place.files, "write", fail)
    if last == "row":
        monkeypatch.setattr(place.store, "add", fail_to_add)
    with pytest.raises(ServiceError) as raised:
        await submitted(jobs)
    assert raised.value.code == "store_unavailable"
    assert isinstance(raised.value.__cause__, ToldError)
    assert list(folder.iterdir()) == []


async def test_files_that_cannot_be_reached_for_a_time_cost_a_document_none_of_its_tries(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, read, num_failed = place.jobs(), place.files.read, 0
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._BUSY_WAIT_S", 0.01)
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
