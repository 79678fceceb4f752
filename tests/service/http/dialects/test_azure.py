"""Azure's API on the wire: what its client does not show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.azure.dialect import AZURE
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrase
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import Service, create_service, served_model

PATH = "/translator/text/v3.0/translate"


async def translate(
    client: httpx.AsyncClient,
    *texts: str,
    path: str = PATH,
    headers: Mapping[str, str] | None = None,
    **query: Any,
) -> httpx.Response:
    body = [{"Text": text} for text in texts]
    return await client.post(
        path, params={"api-version": "3.0", "to": "pt", **query}, json=body, headers=headers
    )


async def test_a_text_comes_back_for_each_language(client: httpx.AsyncClient) -> None:
    response = await translate(client, "a b", "c", to=["pt", "pt-BR"])
    detected = {"language": "en", "score": 0.9}
    assert response.json() == [
        {
            "detectedLanguage": detected,
            "translations": [{"to": "pt", "text": text}, {"to": "pt-BR", "text": text}],
        }
        for text in ("A B", "C")
    ]
    assert response.headers["x-metered-usage"] == "8"
    assert response.headers["x-requestid"] == response.headers["x-request-id"]


async def test_the_bare_path_is_told_by_its_version(client: httpx.AsyncClient) -> None:
    """LibreTranslate's and others' have the same path and no version."""
    assert (await translate(client, "a", path="/translate")).json()[0]["translations"][0]["text"] == "A"
    libre = await client.post("/translate", json={"q": "a", "source": "en", "target": "pt"})
    assert libre.json() == {"translatedText": "A"}
    assert "translation" in (await client.get("/languages", params={"api-version": "3.0"})).json()
    assert isinstance((await client.get("/languages")).json(), list)


@pytest.mark.parametrize("member", ["Text", "text", "TEXT"])
async def test_the_member_of_a_text_has_any_case(client: httpx.AsyncClient, member: str) -> None:
    query = {"api-version": "3.0", "to": "pt", "from": "en"}
    response = await client.post(PATH, params=query, json=[{member: "a"}])
    assert response.json() == [{"translations": [{"to": "pt", "text": "A"}]}]


@pytest.mark.parametrize(
    ("query", "body", "number"),
    [
        ({}, [{"Text": "a"}], 400021),
        ({"api-version": "2025-10-01-preview"}, [{"Text": "a"}], 400021),
        ({"api-version": "3.0"}, [{"Text": "a"}], 400036),
        ({"to": "pt"}, [], 400072),
        ({"to": "pt"}, {"Text": "a"}, 400072),
        ({"to": "pt"}, [{"Text": 1}], 400005),
        ({"to": "pt"}, ["a"], 400005),
        ({"to": "pt"}, "[", 400074),
        ({"to": "pt", "textType": "rtf"}, [{"Text": "a"}], 400071),
        ({"to": "pt", "includeAlignment": "yes"}, [{"Text": "a"}], 400042),
        ({"to": "pt", "profanityAction": "Shout"}, [{"Text": "a"}], 400042),
        ({"to": ["pt", "klingon"]}, [{"Text": "a"}], 400036),
    ],
)
async def test_faults_have_numbers(
    client: httpx.AsyncClient, query: dict[str, str], body: object, number: int
) -> None:
    if query and "api-version" not in query:
        query = {"api-version": "3.0", **query}
    content = body if isinstance(body, str) else json.dumps(body)
    response = await client.post(
        PATH, params=query, content=content, headers={"content-type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["error"].keys() == {"code", "message"}
    assert response.json()["error"]["code"] == number
    assert response.headers["x-requestid"]


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", PATH, (405, 405000)),
        ("GET", "/translator/text/v3.0/nothing", (404, 404000)),
        ("POST", "/translator/text/v3.0/transliterate", (400, 400000)),
        ("POST", "/translator/text/v3.0/breaksentence", (400, 400000)),
        ("POST", "/dictionary/lookup?api-version=3.0", (400, 400000)),
        ("POST", "/dictionary/examples?api-version=3.0", (400, 400000)),
        ("GET", "/languages?api-version=3.0&scope=weather", (400, 400001)),
    ],
)
async def test_what_is_not_offered_is_refused_in_its_form(
    client: httpx.AsyncClient, method: str, path: str, told: tuple[int, int]
) -> None:
    response = await client.request(method, path)
    assert (response.status_code, response.json()["error"]["code"]) == told


async def test_a_body_that_is_too_large_or_of_another_type_is_refused_in_its_form() -> None:
    service = create_service(
        Settings(limits=LimitSettings(max_body_bytes=100, max_texts=2)), dialects=DIALECTS
    )
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        large = await translate(client, "a" * 100)
        many = await translate(client, "a", "b", to=["pt", "pt-BR"])
        query = {"api-version": "3.0", "to": "pt"}
        xml = await client.post(PATH, params=query, content=b"<a/>", headers={"content-type": "text/xml"})
    assert (large.status_code, large.json()["error"]["code"]) == (400, 400077)
    assert (many.status_code, many.json()["error"]["code"]) == (400, 400072)
    assert (xml.status_code, xml.json()["error"]["code"]) == (415, 415000)


async def test_what_has_no_effect_is_said(client: httpx.AsyncClient) -> None:
    response = await translate(
        client,
        "a",
        category="mine",
        profanityAction="Deleted",
        suggestedFrom="en",
        textType="html",
        includeAlignment="true",
    )
    warned = response.headers["x-crosslate-warning"]
    for name in ("category", "profanityAction", "suggestedFrom", "includeAlignment"):
        assert name in warned
    assert response.json()[0]["translations"] == [{"to": "pt", "text": "A"}]
    assert "x-crosslate-warning" not in (await translate(client, "a")).headers


async def test_html_is_translated_as_html(service: Service, client: httpx.AsyncClient) -> None:
    given = '<p>a <mstrans:dictionary translation="X &amp; y">b</mstrans:dictionary></p>'
    response = await translate(client, given, textType="html")
    assert response.json()[0]["translations"] == [{"to": "pt", "text": "<p>A B</p>"}]
    (request,) = service.translator.requests
    assert (request.text, request.text_format) == ("<p>a b</p>", "html")
    assert request.phrases == (GivenPhrase((5, 6), "X & y"),)


async def test_another_variety_of_the_language_is_said(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.names["pt-pt"] = "pt"
    response = await translate(client, "a", to="pt-pt")
    assert response.json()[0]["translations"] == [{"to": "pt-pt", "text": "A"}]
    assert "pt-PT was asked for and pt given" in response.headers["x-crosslate-warning"]


async def test_a_text_in_the_target_language_comes_back() -> None:
    """And the other languages of the request are not kept from it."""
    models = [replace(served_model(), pairs=(("en", "pt"), ("pt", "en")))]
    service = create_service(models=models, dialects=DIALECTS)
    same = ServiceError("same_language", "Nothing to do.")
    service.translator.refused_targets.update({"en": same, "en-GB": same})
    query: dict[str, Any] = {"from": "en", "includeAlignment": "true", "includeSentenceLength": "true"}
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        both = await translate(client, "ab", "c", to=["en", "pt"], **query)
        alone = await translate(client, "a😀", to="en-GB", **query)
    (untouched, translated), *_ = (item["translations"] for item in both.json())
    assert untouched.pop("warnings")
    assert untouched == {
        "to": "en",
        "text": "ab",
        "alignment": {"proj": ""},
        "sentLen": {"srcSentLen": [2], "transSentLen": [2]},
    }
    assert (translated["to"], translated["text"]) == ("pt", "AB")
    assert [item["translations"][1]["text"] for item in both.json()] == ["AB", "C"]
    assert alone.json()[0]["translations"][0]["sentLen"] == {"srcSentLen": [3], "transSentLen": [3]}


async def test_languages_are_detected(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/detect", params={"api-version": "3.0"}, json=[{"Text": "a"}, {"Text": "b"}]
    )
    one = {
        "language": "en",
        "score": 0.75,
        "isTranslationSupported": True,
        "isTransliterationSupported": False,
    }
    assert response.json() == [one, one]


async def test_languages_are_described_in_the_language_of_the_reader(client: httpx.AsyncClient) -> None:
    path = "/translator/text/v3.0/languages"
    german = {"accept-language": "de-AT,de;q=0.9"}
    response = await client.get(path, params={"api-version": "3.0"}, headers=german)
    assert response.json() == {
        "translation": {
            "en": {"name": "Englisch", "nativeName": "English", "dir": "ltr"},
            "pt": {"name": "Portugiesisch", "nativeName": "português", "dir": "ltr"},
        },
        "transliteration": {},
        "dictionary": {},
    }
    for header in ("*", "", "??"):
        named = await client.get(
            path, params={"api-version": "3.0", "scope": "translation"}, headers={"accept-language": header}
        )
        assert named.json()["translation"]["en"]["name"] == "English"


async def test_failures_show_nothing_of_the_text(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.failures["bad"] = ValueError("the secret text")
    response = await translate(client, "bad")
    assert (response.status_code, response.json()["error"]["code"]) == (500, 500000)
    service.translator.failures["bad"] = ServiceError("invalid_text", "Half of a pair.")
    assert (await translate(client, "bad")).json()["error"]["code"] == 400005
    assert "secret" not in response.text + service.log.getvalue()


async def test_a_key_is_needed_and_has_its_limits() -> None:
    service = create_service(access=make_access(make_key(characters_per_month=4)), dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    key = {"ocp-apim-subscription-key": SECRET}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=key) as client:
        taken = await translate(client, "ab", to=["pt", "pt-BR"])
        used_up = await translate(client, "a")
        missing = await translate(client, "a", headers={"ocp-apim-subscription-key": ""})
    assert taken.status_code == 200
    assert (used_up.status_code, used_up.json()["error"]["code"]) == (403, 403001)
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, 401000)
    assert missing.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"ocp-apim-subscription-key": "k"}, "k"),
        ({"authorization": "Bearer t"}, "t"),
        ({"ocp-apim-subscription-key": "k", "authorization": "Bearer t"}, "k"),
        ({"authorization": "Basic t"}, None),
        ({}, None),
    ],
)
def test_the_key_has_its_own_header_or_is_a_token(headers: dict[str, str], key: str | None) -> None:
    assert AZURE.read_key(Headers(headers), {}) == key
