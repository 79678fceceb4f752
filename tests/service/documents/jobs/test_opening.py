"""Opening what documents need while it is away, and once it is there."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from pathlib import Path

import fsspec
import pytest
from sqlalchemy import Engine

from crosslate.service.documents.jobs import opening
from crosslate.service.documents.jobs.opening import DocumentPlace, Documents
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.errors import ServiceError
from crosslate.service.logs.logging import create_logger
from crosslate.service.settings.config import LogSettings
from crosslate.service.store.database import open_database
from crosslate.service.store.settings import StoreSettings
from tests.service.documents.jobs.places import TEXT, submitted, until
from tests.service.documents.test_translation import FakeTranslator

AWAY = "postgresql://u:secret@127.0.0.1:1/crosslate"


async def test_a_database_that_is_away_at_the_start_is_asked_again_until_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody sends a document, since others may have before."""
    monkeypatch.setattr(opening, "_TRY_AGAIN_S", 0.01)
    place = DocumentPlace(documents=DocumentSettings(), store=StoreSettings(url=AWAY), state_dir=tmp_path)
    log = io.StringIO()
    documents = Documents(place, FakeTranslator(), create_logger(LogSettings(format="json"), log), print)
    await documents.resume()
    with pytest.raises(ServiceError, match="database of documents cannot be reached") as away:
        await documents.jobs()
    assert (away.value.status, away.value.code) == (503, "store_unavailable")
    assert "secret" not in log.getvalue() + str(away.value.__cause__)

    def open_here(url: str | None, folder: Path | None) -> Engine:
        return open_database(f"sqlite:///{tmp_path}/store.db", None)

    monkeypatch.setattr(opening, "open_database", open_here)
    await check_resumed(documents, log)


async def test_files_that_are_away_at_the_start_are_asked_for_again_until_they_are_there(
    tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents are on: who sends one is to send it again."""
    monkeypatch.setattr(opening, "_TRY_AGAIN_S", 0.01)
    settings = DocumentSettings(url=bucket_url)
    place = DocumentPlace(documents=settings, store=StoreSettings(), state_dir=tmp_path)
    log = io.StringIO()
    documents = Documents(place, FakeTranslator(), create_logger(LogSettings(format="json"), log), print)
    with monkeypatch.context() as away, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        away.setenv("AWS_MAX_ATTEMPTS", "1")
        await documents.resume()
        with pytest.raises(ServiceError, match="files of documents cannot be reached") as raised:
            await documents.jobs()
        assert (raised.value.status, raised.value.code) == (503, "store_unavailable")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    await check_resumed(documents, log)


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_replica_that_is_to_go_leaves_documents_to_others(tmp_path: Path, *, is_open: bool) -> None:
    """It would fail those that are for a model which it has not; it takes them in, and tells of them."""
    place = DocumentPlace(documents=DocumentSettings(), store=StoreSettings(), state_dir=tmp_path)
    translators = FakeTranslator(), FakeTranslator()
    logger = create_logger(LogSettings(level="error"))
    leaving, staying = (Documents(place, translator, logger, print) for translator in translators)
    if is_open:
        await leaving.jobs()
    await leaving.leave()
    jobs = await leaving.jobs()
    tickets = [await submitted(jobs, TEXT) for _ in range(3)]
    await staying.resume()
    for ticket in tickets:
        await until(jobs, ticket, "done")
    for documents in (leaving, staying):
        await documents.close()
    assert [bool(translator.asked) for translator in translators] == [False, True]


async def check_resumed(documents: Documents, log: io.StringIO) -> None:
    async with asyncio.timeout(120):
        while "documents_resumed" not in log.getvalue():
            await asyncio.sleep(0.01)
    jobs = await documents.jobs()
    await until(jobs, await submitted(jobs, TEXT), "done")
    await documents.close()
    events = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    assert events[:2] == ["documents_off", "documents_resumed"]
