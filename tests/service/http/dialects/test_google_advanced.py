"""Google's version 3 on the wire: texts, languages, glossaries, and what is refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http import fakes
from tests.service.http.fakes import MODEL_ID, Service, create_service

PARENT = "/v3/projects/p/locations/global"
PARENTS = (
    PARENT,
    "/v3/projects/p",
    "/v3beta1/projects/example.com:p/locations/us-central1",
    "/v3beta1/projects/p",
)
ASKED: dict[str, Any] = {"contents": ["it's", "b"], "targetLanguageCode": "pt"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(state_dir=tmp_path, glossaries=GlossarySettings(enabled=True))
    made = create_service(settings, dialects=DIALECTS)
    yield made
    await made.close()


async def translate(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post(f"{PARENT}:translateText", json={**ASKED, **changes})


@pytest.mark.parametrize("parent", PARENTS)
async def test_texts_are_translated_for_any_project(client: httpx.AsyncClient, parent: str) -> None:
    answer = await client.post(f"{parent}:translateText", json=ASKED)
    found = {"detectedLanguageCode": "en"}
    translations = [{"translatedText": "IT&#39;S", **found}, {"translatedText": "B", **found}]
    assert answer.json() == {"translations": translations}


async def test_members_have_two_names(service: Service, client: httpx.AsyncClient) -> None:
    body = {
        "contents": "it's",
        "target_language_code": "pt",
        "source_language_code": "en",
        "mime_type": "text/plain",
        "parent": "projects/p",
        "labels": {"team": "a"},
        "model": f"projects/p/locations/global/models/{MODEL_ID}",
        "glossaryConfig": None,
        "transliterationConfig": {"enableTransliteration": False},
    }
    answer = await client.post(f"{PARENT}:translateText", json=body)
    assert answer.json() == {"translations": [{"translatedText": "IT'S", "model": body["model"]}]}
    assert "x-crosslate-warning" not in answer.headers
    (request,) = service.translator.requests
    assert (request.text_format, request.source_lang, request.model) == ("text", "en", MODEL_ID)


@pytest.mark.parametrize(
    ("given", "text_format"), [("", "html"), ("text/html", "html"), ("Text/Plain", "text")]
)
async def test_texts_are_html_unless_mime_type_says_otherwise(
    service: Service, client: httpx.AsyncClient, given: str, text_format: str
) -> None:
    assert (await translate(client, mimeType=given)).status_code == 200
    assert service.translator.requests[0].text_format == text_format


async def test_what_has_no_effect_on_texts_is_said(client: httpx.AsyncClient) -> None:
    answer = await translate(client, model="general/translation-llm", adaptiveMode="x")
    assert answer.headers["x-crosslate-warning"] == "adaptiveMode has no effect; model has no effect"


async def test_a_language_is_found(client: httpx.AsyncClient) -> None:
    body = {
        "content": "<p>a</p>",
        "mimeType": "text/html",
        "labels": {},
        "model": "language-detection/default",
    }
    answer = await client.post("/v3/projects/p:detectLanguage", json=body)
    assert answer.json() == {"languages": [{"languageCode": "en", "confidence": 0.75}]}
    (plain,) = (await client.post(f"{PARENT}:detectLanguage", json={"content": "a"})).json()["languages"]
    assert plain["languageCode"] == "en"


@pytest.mark.parametrize("name", ["displayLanguageCode", "display_language_code"])
async def test_languages_are_listed_with_what_they_are_for(client: httpx.AsyncClient, name: str) -> None:
    path = f"{PARENT}/supportedLanguages"
    english = {"languageCode": "en", "supportSource": True, "supportTarget": False}
    portuguese = {"languageCode": "pt", "supportSource": False, "supportTarget": True}
    assert (await client.get(path)).json() == {"languages": [english, portuguese]}
    named = await client.get(path, params={name: "de", "$alt": "json;enum-encoding=int", "model": "nmt"})
    assert named.json() == {
        "languages": [{**english, "displayName": "Englisch"}, {**portuguese, "displayName": "Portugiesisch"}]
    }
    assert (await client.get(path, params={name: "??"})).status_code == 400


async def kept(client: httpx.AsyncClient, name: str = "my_glossary") -> str:
    dictionary = {
        "source_lang": "en",
        "target_lang": "pt",
        "entries": [{"source": "cat", "target": "felino"}],
    }
    answer = await client.post("/v1/glossaries", json={"name": name, "dictionaries": [dictionary]})
    made: str = answer.json()["id"]
    return made


def place_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """In texts with a cat, as a model would."""
    made = fakes.translation_result

    def result(request: Any) -> Any:
        has_term = bool(request.glossary) and "cat" in request.text
        one = made(request)
        if not has_term:
            return replace(one, terms=[] if request.glossary else None)
        term = PlacedTerm("cat", "felino", (0, 3), (0, 6))
        return replace(one, text=one.text.replace("CAT", "felino"), terms=[term])

    monkeypatch.setattr(fakes, "translation_result", result)


@pytest.mark.parametrize("is_by_name", [True, False])
async def test_a_glossary_is_named_by_its_id_or_its_name(
    service: Service, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, is_by_name: bool
) -> None:
    """With it and without; what has no term of it is asked for once."""
    place_terms(monkeypatch)
    made = await kept(client)
    path = f"projects/p/locations/us-central1/glossaries/{'my_glossary' if is_by_name else made}"
    config = {"glossary": path, "ignoreCase": True}
    answer = await translate(
        client, contents=["a cat", "b"], sourceLanguageCode="en", glossaryConfig=config, mimeType="text/plain"
    )
    assert answer.json() == {
        "translations": [{"translatedText": "A CAT"}, {"translatedText": "B"}],
        "glossaryTranslations": [
            {"translatedText": "A felino", "glossaryConfig": config},
            {"translatedText": "B", "glossaryConfig": config},
        ],
    }
    assert service.translator.calls == [2, 1]
    assert service.translator.requests[0].glossary == (GlossaryEntry("cat", "felino"),)


async def test_a_glossary_that_cannot_be_used_is_refused(client: httpx.AsyncClient) -> None:
    made = await kept(client)
    config, unknown = {"glossary": made}, {"glossary": "projects/p/locations/l/glossaries/none"}
    for changes, status, said in (
        ({"glossaryConfig": config}, 400, "sourceLanguageCode: is required"),
        ({"glossaryConfig": unknown, "sourceLanguageCode": "en"}, 404, "no glossary"),
        ({"glossaryConfig": config, "sourceLanguageCode": "de"}, 400, "no entries from de to pt"),
        ({"glossaryConfig": {}, "sourceLanguageCode": "en"}, 400, "glossaryConfig.glossary"),
    ):
        answer = await translate(client, **changes)
        assert answer.status_code == status
        assert said in answer.json()["error"]["message"]


async def test_glossaries_are_shown(client: httpx.AsyncClient) -> None:
    made, folder = await kept(client), f"{PARENT}/glossaries"
    (listed,) = (await client.get(folder)).json()["glossaries"]
    assert listed["name"] == f"projects/p/locations/global/glossaries/{made}"
    assert (listed["displayName"], listed["entryCount"]) == ("my_glossary", 1)
    assert listed["languagePair"] == {"sourceLanguageCode": "en", "targetLanguageCode": "pt"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", listed["submitTime"])
    by_name = (await client.get(f"{folder}/my_glossary")).json()
    assert by_name == {**listed, "name": "projects/p/locations/global/glossaries/my_glossary"}
    assert (await client.get(f"{folder}/none")).status_code == 404


async def test_where_no_glossaries_are_kept_none_are_listed() -> None:
    service = create_service(Settings(glossaries=GlossarySettings(enabled=False)), dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get(f"{PARENT}/glossaries")).json() == {"glossaries": []}
        assert (await client.get(f"{PARENT}/glossaries/a")).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        *("/v3/projects/p:romanizeText", f"{PARENT}:romanizeText", f"{PARENT}:adaptiveMtTranslate"),
        *(f"{PARENT}:batchTranslateText", f"{PARENT}:batchTranslateDocument", f"{PARENT}/glossaries"),
        *(f"{PARENT}/datasets", f"{PARENT}/models", f"{PARENT}/adaptiveMtDatasets"),
    ],
)
async def test_what_google_has_besides_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json={})
    error = answer.json()["error"]
    assert (answer.status_code, error["details"][0]["reason"]) == (400, "NOT_SUPPORTED_YET")
    assert len(error["message"]) > 20


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{PARENT}:translateText", 405),
        ("DELETE", f"{PARENT}/glossaries/a", 405),
        ("POST", f"{PARENT}:rewriteText", 404),
        ("GET", "/v3/projects/p/locations", 404),
    ],
)
async def test_unknown_paths_and_methods_have_its_form(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, status)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contents": []}, "contents"),
        ({"targetLanguageCode": ""}, "targetLanguageCode"),
        ({"mimeType": "application/pdf"}, "mimeType"),
        ({"transliterationConfig": {"enableTransliteration": True}}, "transliterationConfig"),
        ({"contents": [1]}, "contents.0"),
    ],
)
async def test_faults_of_texts_are_named(client: httpx.AsyncClient, changes: Any, said: str) -> None:
    answer = await translate(client, **changes)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert said in answer.json()["error"]["message"]


async def test_a_missed_deadline_is_one(service: Service, client: httpx.AsyncClient) -> None:
    """Its clients do not translate again."""
    service.translator.failures["bad"] = ServiceError("timeout", "Send less.")
    answer = await translate(client, contents=["bad"])
    assert (answer.status_code, answer.json()["error"]["status"]) == (504, "DEADLINE_EXCEEDED")


async def test_deepl_s_paths_stay_theirs(client: httpx.AsyncClient) -> None:
    """Both have `/v3/`."""
    assert set((await client.get("/v3/projects")).json()) == {"message"}
    assert (await client.get("/v3/glossaries")).json() == {"glossaries": []}


async def test_keys_are_asked_for_by_every_operation() -> None:
    service = create_service(access=make_access(make_key()), dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    asked = [
        ("POST", f"{PARENT}:translateText", ASKED),
        ("POST", f"{PARENT}:detectLanguage", {"content": "a"}),
        ("GET", f"{PARENT}/supportedLanguages", None),
        ("POST", f"{PARENT}:translateDocument", {}),
    ]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path, body in asked:
            none = await client.request(method, path, json=body)
            wrong = await client.request(method, path, json=body, headers={"authorization": "Bearer x"})
            right = await client.request(method, path, json=body, headers={"x-goog-api-key": SECRET})
            assert (none.status_code, wrong.json()["error"]["message"][:8]) == (403, "API key ")
            assert right.status_code == (200 if body != {} else 400)
