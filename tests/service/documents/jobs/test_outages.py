"""What comes of documents while their database or their files cannot be reached."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crosslate.service.documents.jobs.files import FilesError
from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.errors import ServiceError
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
