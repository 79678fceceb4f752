"""Texts that are empty, or in the target language already: they come back, in whichever API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.dialects.amazon import sent
from tests.service.http.fakes import MODEL_ID, Service, create_service, served_model

AZURE = "/translate?api-version=3.0&from=en&to=en"
ASKED: dict[str, tuple[str, Any]] = {
    "amazon": ("/", {"Text": "TEXT", "SourceLanguageCode": "en", "TargetLanguageCode": "en"}),
    "azure": (AZURE, [{"Text": "TEXT"}]),
    "deepl": ("/v2/translate", {"text": ["TEXT"], "target_lang": "EN", "source_lang": "EN"}),
    "deeplx": ("/translate", {"text": "TEXT", "target_lang": "en", "source_lang": "en"}),
    "google-v2": ("/language/translate/v2", {"q": ["TEXT"], "target": "en", "source": "en"}),
    "google-v3": (
        "/v3/projects/p:translateText",
        {"contents": ["TEXT"], "targetLanguageCode": "en", "sourceLanguageCode": "en"},
    ),
    "libretranslate": ("/translate", {"q": ["TEXT"], "source": "en", "target": "en"}),
    "nllb-api": ("/translator", {"text": "TEXT", "source": "eng_Latn", "target": "eng_Latn"}),
    "nllb-serve": ("/translate", {"source": ["TEXT"], "src_lang": "eng_Latn", "tgt_lang": "eng_Latn"}),
}


def members(answer: Any) -> set[Any]:
    """Every string in it."""
    if isinstance(answer, dict):
        return set().union(*(members(value) for value in answer.values()))
    return set().union(*map(members, answer)) if isinstance(answer, list) else {answer}


def says(answer: httpx.Response, word: str) -> bool:
    return any(word in text for text in members(answer.json()) if isinstance(text, str))


@pytest.fixture
async def service() -> Service:
    models = [replace(served_model(), pairs=(("en", "pt"), ("pt", "en")))]
    return create_service(models=models, dialects=DIALECTS)


@pytest.fixture
async def refusing(service: Service) -> Service:
    """With the pipeline's refusal of a pair of one language."""
    same = ServiceError("same_language", "Nothing to do.")
    service.translator.refused_targets |= dict.fromkeys(("en", "EN", "eng_Latn"), same)
    return service


@pytest.mark.parametrize(("path", "body"), ASKED.values(), ids=ASKED)
async def test_a_text_in_its_target_language_comes_back(
    client: httpx.AsyncClient, refusing: Service, path: str, body: Any
) -> None:
    answer = await client.post(path, **sent(path, body))
    assert answer.status_code == 200
    assert "TEXT" in members(answer.json())


@pytest.mark.parametrize(("path", "body"), ASKED.values(), ids=ASKED)
async def test_nothing_is_said_of_an_empty_one(
    client: httpx.AsyncClient, refusing: Service, path: str, body: Any
) -> None:
    asked = httpx.Request("POST", f"http://test{path}", **sent(path, body))
    headers = {name: value for name, value in asked.headers.items() if name != "content-length"}
    answer = await client.post(path, content=asked.content.replace(b"TEXT", b" "), headers=headers)
    assert answer.status_code == 200
    assert " " in members(answer.json())
    assert not says(answer, "already")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/translate", {"text": "ab", "target_lang": "pt", "source_lang": "auto"}),
        ("/", {"Text": "ab", "SourceLanguageCode": "auto", "TargetLanguageCode": "pt"}),
        ("/v1/translate", {"text": ["ab"], "target_lang": "pt", "source_lang": "AUTO"}),
        ("/translate?api-version=3.0&to=pt&from=auto", [{"Text": "ab"}]),
        ("/v2/translate", {"text": "ab", "target_lang": "PT", "source_lang": "auto"}),
        ("/translate", {"text": "ab", "target_lang": "pt", "source_lang": "auto"}),
        ("/translate", {"q": "ab", "target": "pt", "source": "auto"}),
        ("/translator", {"text": "ab", "target": "pt", "source": "auto"}),
        ("/translate", {"source": "ab", "tgt_lang": "pt", "src_lang": "auto"}),
        ("/language/translate/v2", {"q": "ab", "target": "pt", "source": "auto"}),
        (
            "/v3/projects/p:translateText",
            {"contents": "ab", "targetLanguageCode": "pt", "sourceLanguageCode": "auto"},
        ),
        (f"/hf/{MODEL_ID}", {"inputs": "ab", "parameters": {"src_lang": "auto", "tgt_lang": "pt"}}),
    ],
)
async def test_auto_has_the_language_detected_in_every_api(
    client: httpx.AsyncClient, service: Service, path: str, body: Any
) -> None:
    answer = await client.post(path, **sent(path, body))
    assert answer.status_code == 200
    assert [request.source_lang for request in service.translator.requests] == [None]
