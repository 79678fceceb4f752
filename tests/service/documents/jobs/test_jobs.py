"""Documents in the background: several workers on one store and one folder, as several replicas are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from crosslate.service.documents.jobs.sealing import DocumentKey
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.documents.jobs.worker import LEASE_S
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.types import Allowance, TranslationRequest, TranslationResult
from tests.service.documents.jobs.places import (
    PORTIONS,
    REQUEST,
    TEXT,
    Gate,
    Place,
    submitted,
    until,
    until_told,
)
from tests.service.documents.test_translation import FakeTranslator


async def test_a_document_is_translated_and_fetched(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs)
    assert (await jobs.status(ticket, None)).state == "queued"
    translator = Gate(1000)
    place.work(jobs, translator)
    await until(jobs, ticket, "done")
    result = await jobs.result(ticket, None)
    assert (result.name, result.content) == ("poem.pt.txt", TEXT.upper())
    assert (await jobs.status(ticket, None)).progress == 1.0
    await until_told(place, "done")
    share = translator.allowances[0].share
    assert share is not None
    assert share.weight < 1


async def test_another_goes_on_from_where_a_dead_one_was(place: Place) -> None:
    jobs, first, second = place.jobs(), Gate(2), Gate(1000)
    ticket = await submitted(jobs)
    place.work(jobs, first)
    await asyncio.wait_for(first.is_waiting.wait(), 120)
    before = await jobs.status(ticket, None)
    assert before.state == "running"
    assert 0 < before.progress < 1
    place.work(place.jobs(), second)
    await asyncio.sleep(0.1)
    assert second.asked == []  # the first one has the lease
    place.clock.time += LEASE_S + 1
    await until(jobs, ticket, "done")
    assert (await jobs.result(ticket, None)).content == TEXT.upper()
    assert len(second.asked) == len(PORTIONS) - 2
    # The first one was not dead but slow: what it does now changes nothing.
    first.opened.set()
    await asyncio.sleep(0.1)
    assert (await jobs.result(ticket, None)).content == TEXT.upper()
    await until_told(place, "done")


async def test_another_goes_on_with_what_lies_on_s3(place_on_s3: Place) -> None:
    await test_another_goes_on_from_where_a_dead_one_was(place_on_s3)


async def test_one_that_is_closed_gives_back_what_it_has_begun(place: Place) -> None:
    jobs, first, second = place.jobs(), Gate(2), Gate(1000)
    ticket = await submitted(jobs)
    worker = place.work(jobs, first)
    await asyncio.wait_for(first.is_waiting.wait(), 120)
    await worker.close()
    assert (await jobs.status(ticket, None)).state == "queued"
    place.work(jobs, second)
    await until(jobs, ticket, "done")
    assert len(second.asked) == len(PORTIONS) - 2


async def test_one_is_closed_as_a_document_comes(place: Place) -> None:
    jobs = place.jobs()
    worker = place.work(jobs, Gate(1000))
    await asyncio.sleep(0.1)  # until it waits for one
    jobs.arrived.set()
    async with asyncio.timeout(120):
        await worker.close()


async def test_files_say_nothing_without_the_key_and_the_key_is_the_client_s_alone(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs)
    place.work(jobs, Gate(1000))
    await until(jobs, ticket, "done")
    kept = [file.read_bytes() for file in place.folder.rglob("*") if file.is_file()]
    assert kept
    assert not any(b"poem" in content.lower() for content in kept)
    row = place.store.get(ticket.id)
    assert row is not None
    assert row.secret is None
    assert ticket.key.digest == row.key_digest
    assert ticket.key.token not in repr(ticket)


async def test_a_wrong_key_and_another_owner_find_nothing(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs, request=replace(REQUEST, key_name="ann"))
    for other, owner in [(replace(ticket, key=DocumentKey.new()), "ann"), (ticket, "bob"), (ticket, None)]:
        with pytest.raises(ServiceError) as raised:
            await jobs.status(other, owner)
        assert raised.value.code == "document_not_found"
    assert (await jobs.status(Ticket.parse(ticket.token), "ann")).state == "queued"


async def test_what_is_deleted_is_gone_though_somebody_works_on_it(place: Place) -> None:
    jobs, gate = place.jobs(), Gate(1)
    ticket = await submitted(jobs)
    place.work(jobs, gate)
    await asyncio.wait_for(gate.is_waiting.wait(), 120)
    await jobs.delete(ticket, None)
    gate.opened.set()
    async with asyncio.timeout(120):
        while [file for file in place.folder.rglob("*") if file.is_file()]:
            await asyncio.sleep(0.01)
    with pytest.raises(ServiceError, match="no document"):
        await jobs.status(ticket, None)
    assert place.ended == []


async def test_old_documents_are_deleted(place: Place) -> None:
    jobs = place.jobs(keep_s=60)
    ticket = await submitted(jobs)
    assert jobs.sweep() == 0
    place.clock.time += 61
    assert jobs.sweep() == 1
    assert list(place.folder.iterdir()) == []
    with pytest.raises(ServiceError, match="no document"):
        await jobs.status(ticket, None)


async def test_what_cannot_be_translated_says_why(place: Place) -> None:
    jobs = place.jobs()
    ticket = await submitted(jobs)
    error = ServiceError("unsupported_language_pair", "No model has this pair.")
    place.work(jobs, FakeTranslator(refused="Portion", error=error))
    await until(jobs, ticket, "failed")
    status = await jobs.status(ticket, None)
    assert (status.error_code, status.error) == ("unsupported_language_pair", "No model has this pair.")
    with pytest.raises(ServiceError, match="No model has this pair"):
        await jobs.result(ticket, None)
    await until_told(place, "failed")


async def test_a_defect_is_tried_three_times_and_others_get_on(place: Place) -> None:
    class Broken(FakeTranslator):
        async def translate_all(
            self, requests: Sequence[TranslationRequest], allowance: Allowance
        ) -> list[TranslationResult]:
            if "bad" in requests[0].text:
                self.asked.append("bad")
                raise RuntimeError
            return await super().translate_all(requests, allowance)

    jobs, translator = place.jobs(), Broken()
    bad, good = await submitted(jobs, b"bad words"), await submitted(jobs, b"good words")
    place.work(jobs, translator)
    await until(jobs, good, "done")
    await until(jobs, bad, "failed")
    assert translator.asked.count("bad") == 3
    assert (await jobs.status(bad, None)).error_code == "internal_error"


async def test_a_result_that_is_not_there_yet_is_said(place: Place) -> None:
    jobs = place.jobs()
    with pytest.raises(ServiceError) as raised:
        await jobs.result(await submitted(jobs), None)
    assert (raised.value.status, raised.value.code) == (409, "document_not_ready")


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"max_bytes": 10}, "document_too_large"), ({"max_characters": 10}, "document_too_large")],
)
async def test_what_is_too_large_is_refused(place: Place, settings: dict[str, int], code: str) -> None:
    with pytest.raises(ServiceError) as raised:
        await submitted(place.jobs(**settings))
    assert (raised.value.status, raised.value.code) == (413, code)


async def test_whoever_leaves_while_it_is_taken_in_leaves_nothing_behind(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could ask for it, and it would be translated all the same."""
    jobs, write = place.jobs(max_waiting=1), place.files.write
    is_writing, may_write = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait(document: str, name: str, plain: bytes, key: DocumentKey) -> None:
        loop.call_soon_threadsafe(is_writing.set)
        assert may_write.wait(60)
        write(document, name, plain, key)

    with monkeypatch.context() as patch:
        patch.setattr(place.files, "write", wait)
        leaving = asyncio.create_task(submitted(jobs))
        await is_writing.wait()
        leaving.cancel()
        await asyncio.sleep(0.05)
        may_write.set()
        with pytest.raises(asyncio.CancelledError):
            await leaving
    assert list(Path(place.files._root).iterdir()) == []
    await submitted(jobs)  # there is room for it


async def test_too_many_are_refused(place: Place) -> None:
    jobs = place.jobs(max_waiting=1)
    await submitted(jobs)
    with pytest.raises(ServiceError) as raised:
        await submitted(jobs)
    assert (raised.value.status, raised.value.code) == (429, "queue_full")
