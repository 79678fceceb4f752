"""A refusal names what its API has: paths of its own, and none of another's."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import crosslate.service
from crosslate.models.errors import DeadlineExceededError, SourceTooLargeError
from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.native import NATIVE
from crosslate.service.http.requests import AlignBody, SummarizeBody, TranslateBody
from crosslate.service.http.uploads import PLACES
from crosslate.service.pipeline.engines.engine_calls import service_error
from crosslate.service.settings.config import Settings
from tests.service.http.dialects.amazon import CBOR_PATH, sent
from tests.service.http.fakes import MODEL_ID, create_service

SERVICE = Path(crosslate.service.__path__[0])

LONG = "a" * 140_000
AMAZON = {"SourceLanguageCode": "en", "TargetLanguageCode": "pt"}
ASKED: dict[str, tuple[str, Any, str | None]] = {
    "amazon": ("/", {**AMAZON, "Text": LONG}, "TranslateDocument"),
    "amazon-cbor": (CBOR_PATH, {**AMAZON, "Text": LONG}, "TranslateDocument"),
    "native": ("/v1/translate", {"text": LONG, "target_lang": "pt"}, "/v1/documents"),
    "azure": ("/translate?api-version=3.0&to=pt", [{"Text": LONG}], "/translator/document:translate"),
    "deepl": ("/v2/translate", {"text": [LONG], "target_lang": "PT"}, "/v2/document"),
    "deeplx": ("/translate", {"text": LONG, "target_lang": "PT"}, None),
    "google-v2": ("/language/translate/v2", {"q": LONG, "target": "pt"}, None),
    "google-v3": (
        "/v3/projects/p/locations/global:translateText",
        {"contents": [LONG], "targetLanguageCode": "pt"},
        "/v3/projects/{project}/locations/{location}:translateDocument",
    ),
    "hugging-face": (f"/hf/{MODEL_ID}", {"inputs": LONG}, None),
    "libretranslate": ("/translate", {"q": LONG, "source": "en", "target": "pt"}, "/translate_file"),
    "nllb-api": ("/translator", {"text": LONG, "target": "pt"}, None),
    "nllb-serve": ("/translate", {"source": LONG, "tgt_lang": "pt"}, None),
}


@pytest.mark.parametrize("dialect", [NATIVE, *DIALECTS], ids=lambda dialect: dialect.name)
async def test_too_much_text_is_led_to_where_the_api_takes_files(
    client: httpx.AsyncClient, dialect: Any
) -> None:
    path, body, files = ASKED[dialect.name]
    answer = await client.post(path, **sent(path, body))
    assert answer.status_code in (400, 413)
    assert "(limits.max_text_bytes): send several requests." in answer.text
    assert {place for place in PLACES if f" {place}." in answer.text} == ({files} if files else set())
    assert dialect.file_path == files


@pytest.mark.parametrize("dialect", [NATIVE, *DIALECTS], ids=lambda dialect: dialect.name)
async def test_where_no_files_are_taken_nobody_is_led_to_them(dialect: Any) -> None:
    service = create_service(Settings(documents=DocumentSettings(enabled=False)), dialects=DIALECTS)
    path, body, _ = ASKED[dialect.name]
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(path, **sent(path, body))
    assert "(limits.max_text_bytes): send several requests." in answer.text
    assert "file" not in answer.text


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    "error", [service_error(DeadlineExceededError()), service_error(SourceTooLargeError(9, 5))]
)
def test_a_refusal_asks_for_nothing_that_the_api_lacks(dialect: Any, error: ServiceError) -> None:
    native = NATIVE.error_response(error, "id").body
    other = dialect.error_response(error, "id").body
    assert (b"more time" in native) or (b"fewer beams" in native)
    for word in (b"timeout_s or", b"more time", b"beams"):
        assert word not in other


def test_details_with_words_of_the_native_api_have_others_for_the_rest() -> None:
    """Names that only the native API has, in a refusal that may reach any client."""
    fields = {name for body in (TranslateBody, SummarizeBody, AlignBody) for name in body.model_fields}
    native = {name for name in fields if "_" in name} - {"source_lang", "target_lang"}
    found = {
        (path.stem, name)
        for path in SERVICE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ServiceError"
        if not any(keyword.arg == "neutral_detail" for keyword in call.keywords)
        for text in ast.walk(call)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        for name in {"/v1/", *native}
        if re.search(rf"(?<![\w.]){re.escape(name)}", text.value)
    }
    assert found == {
        ("pictures", "timeout_s"),  # the native API alone draws
        ("summarizer", "/v1/"),  # the only other one that summarizes names a model that does
    }
