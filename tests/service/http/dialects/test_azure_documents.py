"""Azure's translation of a document by one request, as `azure-ai-translation-document` 2.0 sends it."""

from __future__ import annotations

import io
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import Settings
from tests.service.http.dialects.office_files import letter
from tests.service.http.fakes import Service, create_service
from tests.service.http.running import running

PATH = "/translator/document:translate"
QUERY = {"api-version": "2026-03-01", "sourceLanguage": "en", "targetLanguage": "pt"}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def under_way(folder: Path) -> Iterator[tuple[Service, str]]:
    service = create_service(Settings(state_dir=folder), dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(under_way: tuple[Service, str]) -> Service:
    service, _ = under_way
    service.translator.refused_targets.clear()
    return service


@pytest.fixture
def url(under_way: tuple[Service, str]) -> str:
    return under_way[1]


def send(url: str, name: str, data: bytes, *glossaries: tuple[str, bytes], **query: Any) -> httpx.Response:
    files = [("document", (name, data, DOCX)), *(("glossary", (*one, "text/plain")) for one in glossaries)]
    headers = {"Accept": "application/octet-stream", "Ocp-Apim-Subscription-Key": "k"}
    return httpx.post(f"{url}{PATH}", params={**QUERY, **query}, files=files, headers=headers, timeout=60)


def message(answer: httpx.Response) -> tuple[int, int, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_a_document_comes_back_translated(service: Service, url: str) -> None:
    answer = send(url, "letter.docx", letter())
    assert answer.headers["content-type"] == "application/octet-stream"
    assert int(answer.headers["x-metered-usage"]) >= len("Some bold")
    assert "x-requestid" in answer.headers
    assert docx.Document(io.BytesIO(answer.content)).paragraphs[0].text == "SOME BOLD"
    assert service.translator.requests[-1].source_lang == "en"


def test_nothing_of_it_is_kept(url: str, folder: Path) -> None:
    before = set(folder.rglob("*"))
    assert send(url, "a.txt", b"words").content == b"WORDS"
    assert send(url, "a.txt", b"word").content == b"WORD"
    assert set(folder.rglob("*")) == before


def test_a_document_has_its_terms_with_it(service: Service, url: str) -> None:
    glossaries = ("a.tsv", b"cat\tfelino\nred\trubro"), ("b.csv", "cat,gato\ndog,totó".encode())
    assert send(url, "a.txt", b"the cat", *glossaries).content == b"THE CAT"
    assert service.translator.requests[-1].glossary == (
        GlossaryEntry("cat", "felino"),
        GlossaryEntry("red", "rubro"),
        GlossaryEntry("dog", "totó"),
    )


def test_a_language_may_be_detected_and_what_has_no_effect_is_said(url: str) -> None:
    query = {"sourceLanguage": "", "deploymentName": "gpt", "translateTextWithinImage": "true"}
    answer = send(url, "a.txt", b"words", **query)
    assert answer.content == b"WORDS"
    said = "translateTextWithinImage has no effect; deploymentName has no effect"
    assert answer.headers["x-crosslate-warning"] == said


def test_a_document_that_cannot_be_translated_is_refused_by_number(
    service: Service, url: str, folder: Path
) -> None:
    refused: tuple[tuple[dict[str, str], str, tuple[int, int, str]], ...] = (
        ({"targetLanguage": ""}, "a.txt", (400, 400036, "targetLanguage")),
        ({"targetLanguage": "fi"}, "a.txt", (400, 400036, "targetLanguage")),
        ({"sourceLanguage": "fi"}, "a.txt", (400, 400035, "sourceLanguage")),
        ({"category": "x", "allowFallback": "false"}, "a.txt", (400, 400002, "category")),
        ({}, "a.png", (415, 415000, ".png")),
    )
    for query, name, expected in refused:
        status, number, said = message(send(url, name, b"words", **query))
        assert (status, number) == expected[:2]
        assert expected[2] in said
    assert message(send(url, "a.txt", b"a", ("a.xlf", b"")))[:2] == (400, 400000)
    assert "byte 0" in message(send(url, "a.txt", b"a", ("a.tsv", b"\xff")))[2]
    assert "line 1" in message(send(url, "a.txt", b"a", ("a.tsv", b"cat")))[2]
    parts = {"file": ("a.txt", b"words")}
    assert message(httpx.post(f"{url}{PATH}", params=QUERY, files=parts))[0] == 400
    service.translator.refused_targets["pt"] = ServiceError("wrong_task", "It cannot be done.")
    assert message(send(url, "a.txt", b"words"))[2] == "It cannot be done."
    assert kept(folder) == [], "nobody could fetch it"


def kept(folder: Path) -> list[str]:
    """The files of documents that there are, and the documents that have not been given up."""
    with sqlite3.connect(folder / "crosslate.db") as database:
        rows = database.execute("SELECT id FROM documents WHERE expires > ?", (time.time(),)).fetchall()
    database.close()
    return [str(row[0]) for row in rows] + [path.name for path in (folder / "documents").iterdir()]


def test_documents_in_azure_s_storage_are_refused(url: str) -> None:
    batch = {"inputs": [{"source": {"sourceUrl": "https://x"}, "targets": []}]}
    answer = httpx.post(
        f"{url}/translator/document/batches", params={"api-version": "2026-03-01"}, json=batch
    )
    assert (message(answer)[0], PATH in message(answer)[2]) == (400, True)
    assert message(httpx.get(f"{url}/translator/document/formats"))[0] == 404
