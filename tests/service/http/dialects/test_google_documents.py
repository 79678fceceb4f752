"""Google's translation of a document by one request: `:translateDocument`."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import httpx
import pytest

from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.uploads import FORM_BYTES
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.dialects.office_files import letter
from tests.service.http.fakes import Service, create_service
from tests.service.http.running import running

PATH = "/v3/projects/p/locations/global:translateDocument"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAX_BYTES = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def under_way(folder: Path) -> Iterator[tuple[Service, str]]:
    settings = Settings(
        state_dir=folder,
        documents=DocumentSettings(max_bytes=MAX_BYTES),
        limits=LimitSettings(max_body_bytes=MAX_BYTES // 2),
        glossaries=GlossarySettings(enabled=True),
    )
    service = create_service(settings, dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(under_way: tuple[Service, str]) -> Service:
    service, _ = under_way
    service.translator.refused_targets.clear()
    service.translator.requests.clear()
    return service


@pytest.fixture
def url(under_way: tuple[Service, str]) -> str:
    return under_way[1]


def body(data: bytes | str, mime_type: str = "text/plain", **changes: Any) -> dict[str, Any]:
    content = data if isinstance(data, str) else base64.b64encode(data).decode()
    given = {"content": content, "mimeType": mime_type}
    asked = {"documentInputConfig": given, "targetLanguageCode": "pt", "sourceLanguageCode": "en"}
    return asked | changes


def send(url: str, asked: dict[str, Any], path: str = PATH) -> httpx.Response:
    return httpx.post(url + path, json=asked, timeout=60)


def content_of(answer: httpx.Response, name: str = "documentTranslation") -> bytes:
    assert answer.status_code == 200, answer.text
    (content,) = answer.json()[name]["byteStreamOutputs"]
    return base64.b64decode(content)


def message(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


@pytest.mark.parametrize("path", [PATH, PATH.replace("/v3/", "/v3beta1/")])
def test_a_document_comes_back_in_base64(service: Service, url: str, path: str) -> None:
    answer = send(url, body(letter(), DOCX), path)
    assert docx.Document(io.BytesIO(content_of(answer))).paragraphs[0].text == "SOME BOLD"
    assert answer.json()["documentTranslation"].keys() == {"byteStreamOutputs", "mimeType"}
    assert answer.json()["documentTranslation"]["mimeType"] == DOCX
    assert service.translator.requests[-1].source_lang == "en"


def test_its_language_may_be_found_and_what_has_no_effect_is_said(url: str) -> None:
    asked = body(b"words", sourceLanguageCode="", isTranslateNativePdfOnly=True, labels={"a": "b"})
    asked |= {"customizedAttribution": "", "model": "projects/p/locations/global/models/general/nmt"}
    answer = send(url, asked)
    found = answer.json()
    assert found["documentTranslation"]["detectedLanguageCode"] == "en"
    assert found["model"] == asked["model"]
    assert answer.headers["x-crosslate-warning"] == "isTranslateNativePdfOnly has no effect"


@pytest.mark.parametrize("sent", ["_-8=", "_-8", "/+8=", "/+\n8="])
def test_either_alphabet_is_read(url: str, sent: str) -> None:
    """These two bytes are letters in Latin-1."""
    assert content_of(send(url, body(sent))).decode() == "ÿï".upper()


def test_nothing_of_a_document_is_kept(url: str, folder: Path) -> None:
    assert content_of(send(url, body(b"words"))) == b"WORDS"
    before = set(folder.rglob("*"))
    assert content_of(send(url, body(b"word"))) == b"WORD"
    assert set(folder.rglob("*")) == before


def test_a_document_has_a_glossary_that_is_kept(service: Service, url: str) -> None:
    entries = [{"source": "cat", "target": "felino"}]
    kept = {"name": "mine", "dictionaries": [{"source_lang": "en", "target_lang": "pt", "entries": entries}]}
    httpx.post(f"{url}/v1/glossaries", json=kept).raise_for_status()
    config = {"glossary": "projects/p/locations/global/glossaries/mine"}
    answer = send(url, body(b"the cat", glossaryConfig=config))
    assert content_of(answer) == content_of(answer, "glossaryDocumentTranslation") == b"THE CAT"
    assert answer.json()["glossaryConfig"] == config
    glossaries = {request.glossary for request in service.translator.requests}
    assert glossaries == {(), (GlossaryEntry("cat", "felino"),)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (body(b"a", "application/pdf"), "text/plain"),
        (body(b"a", ""), "documentInputConfig.mimeType: is required"),
        (body(b""), "documentInputConfig.content: is required"),
        (body("é"), "documentInputConfig.content: is not in base64"),
        (body("a"), "documentInputConfig.content: is not in base64"),
        (body(b"a", targetLanguageCode=""), "targetLanguageCode"),
        (body(b"a", targetLanguageCode="fi"), "fi"),
        (body(b"a", documentInputConfig={"gcsSource": {"inputUri": "gs://x"}}), "storage"),
        (body(b"a", documentOutputConfig={"gcsDestination": {"outputUriPrefix": "gs://x"}}), "storage"),
        (body(b"a", documentOutputConfig={"mimeType": "text/html"}), "keeps its format"),
        (body(b"a", DOCX), "docx"),
        ({"targetLanguageCode": "pt"}, "documentInputConfig: is required"),
    ],
)
def test_a_document_that_cannot_be_translated_is_refused(url: str, asked: dict[str, Any], said: str) -> None:
    status, told = message(send(url, asked))
    assert (status, said in told) == (400, True), told


def test_why_it_failed_is_told(service: Service, url: str) -> None:
    service.translator.refused_targets["pt"] = ServiceError("wrong_task", "It cannot be done.")
    assert message(send(url, body(b"words"))) == (400, "It cannot be done.")


def test_a_document_may_be_as_large_as_elsewhere(service: Service, url: str) -> None:
    """Its body is larger than one with texts may be."""
    words = b"a" * 99 + b"\n"
    assert content_of(send(url, body(words * (MAX_BYTES // 100)))) == words.upper() * (MAX_BYTES // 100)
    status, told = message(send(url, body(b"a" * (MAX_BYTES + 1))))
    assert (status, "documents.max_bytes" in told) == (400, True)
    status, told = message(send(url, body(b"a" * (MAX_BYTES + FORM_BYTES))))
    assert (status, "documents.max_bytes" in told) == (400, True)
