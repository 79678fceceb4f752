"""Azure's own Python client for single documents against a running service."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import docx
import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import Service, create_service
from tests.service.http.running import running

pytest.importorskip("azure.ai.translation.document", reason="uv sync --group clients")
from azure.ai.translation.document import DocumentTranslationClient, SingleDocumentTranslationClient
from azure.ai.translation.document.models import DocumentTranslateContent
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    service = create_service(settings, dialects=DIALECTS, access=make_access(make_key()))
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(started: tuple[Service, str]) -> Service:
    started[0].translator.requests.clear()
    return started[0]


@pytest.fixture(params=["", "/"], ids=["bare", "slash"])
def client(started: tuple[Service, str], request: pytest.FixtureRequest) -> SingleDocumentTranslationClient:
    return SingleDocumentTranslationClient(started[1] + request.param, AzureKeyCredential(SECRET))


def content(sent: Any) -> bytes:
    """Newer clients give bytes, older ones parts of them."""
    return sent if isinstance(sent, bytes) else b"".join(sent)


def test_a_file_is_translated_with_its_glossaries(
    client: SingleDocumentTranslationClient, service: Service
) -> None:
    letter, written = docx.Document(), io.BytesIO()
    letter.add_paragraph("the cat")
    letter.save(written)
    body = DocumentTranslateContent(
        document=("letter.docx", written.getvalue(), DOCX),
        glossary=[("a.csv", b"cat,felino", "text/csv"), ("b.tsv", b"red\trubro", "text/plain")],
    )
    translated = content(client.translate(body=body, target_language="pt", source_language="en"))
    assert docx.Document(io.BytesIO(translated)).paragraphs[0].text == "THE CAT"
    (request,) = service.translator.requests
    assert (request.source_lang, request.target_lang) == ("en", "pt")
    assert request.glossary == (GlossaryEntry("cat", "felino"), GlossaryEntry("red", "rubro"))


@pytest.mark.parametrize("sent", [b"words", io.BytesIO(b"words"), "words"], ids=["bytes", "file", "text"])
def test_a_file_may_be_given_in_several_ways(client: SingleDocumentTranslationClient, sent: Any) -> None:
    if isinstance(sent, io.BytesIO):
        sent.seek(0)
    body: Any = {"document": ("a.txt", sent)}
    assert content(client.translate(body=body, target_language="pt")) == b"WORDS"


def test_a_file_without_an_ending_is_told_by_its_type(client: SingleDocumentTranslationClient) -> None:
    body: Any = {"document": ("page", b"<p>words</p>", "text/html; charset=utf-8")}
    assert content(client.translate(body=body, target_language="pt")) == b"<p>WORDS</p>"
    with pytest.raises(HttpResponseError, match="no ending"):
        client.translate(body={"document": b"words"}, target_language="pt")


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"target_language": "xx"}, 400036),
        ({"target_language": "pt", "source_language": "xx"}, 400035),
        ({"target_language": "pt", "category": "mine", "allow_fallback": False}, 400002),
    ],
)
def test_a_refusal_has_its_number(
    client: SingleDocumentTranslationClient, options: dict[str, Any], number: int
) -> None:
    body: Any = {"document": ("a.txt", b"words", "text/plain")}
    with pytest.raises(HttpResponseError) as raised:
        client.translate(body=body, **options)
    assert raised.value.error is not None
    assert int(raised.value.error.code or 0) == number


def test_what_has_no_effect_does_not_fail(client: SingleDocumentTranslationClient) -> None:
    body: Any = {"document": ("a.txt", b"words", "text/plain")}
    options: Any = {"category": "mine", "allow_fallback": True}
    assert content(client.translate(body=body, target_language="pt", **options)) == b"WORDS"


def test_a_wrong_key_is_told(started: tuple[Service, str]) -> None:
    client = SingleDocumentTranslationClient(started[1], AzureKeyCredential("wrong"))
    body: Any = {"document": ("a.txt", b"words", "text/plain")}
    with pytest.raises(ClientAuthenticationError):
        client.translate(body=body, target_language="pt")


def test_documents_of_azure_s_storage_are_refused_in_words(started: tuple[Service, str]) -> None:
    client = DocumentTranslationClient(started[1], AzureKeyCredential(SECRET))
    with pytest.raises(HttpResponseError, match="storage"):
        client.begin_translation("https://a.test/in", "https://a.test/out", "pt")
