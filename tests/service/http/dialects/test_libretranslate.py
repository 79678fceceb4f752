"""LibreTranslate's API over a translator that answers in upper case."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from crosslate.service.documents.formats.registry import FORMATS
from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.libretranslate.dialect import LIBRETRANSLATE
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service, served_model, unavailable
from tests.service.http.test_errors import check_problem

ASKED = {"q": "ab", "source": "en", "target": "pt"}


async def test_what_is_sent_as_a_list_comes_back_as_one(client: httpx.AsyncClient) -> None:
    one = await client.post("/translate", json=ASKED)
    assert one.json() == {"translatedText": "AB"}
    several = await client.post("/translate", json={**ASKED, "q": ["ab", "", "c"]})
    assert several.json() == {"translatedText": ["AB", "", "C"]}


async def test_a_language_is_told_where_it_was_to_be_found(client: httpx.AsyncClient) -> None:
    one = await client.post("/translate", json={**ASKED, "source": "auto"})
    assert one.json() == {"translatedText": "AB", "detectedLanguage": {"confidence": 90, "language": "en"}}
    several = await client.post("/translate", json={**ASKED, "source": "auto", "q": ["a", "b"]})
    assert several.json()["detectedLanguage"] == [{"confidence": 90, "language": "en"}] * 2


async def test_alternatives_are_given_where_some_were_asked_for(
    client: httpx.AsyncClient, service: Service
) -> None:
    one = await client.post("/translate", json={**ASKED, "alternatives": 2})
    several = await client.post("/translate", json={**ASKED, "alternatives": 2, "q": ["a", "b"]})
    assert one.json()["alternatives"] == []
    assert several.json()["alternatives"] == [[], []]
    assert {request.num_alternatives for request in service.translator.requests} == {2}
    too_many = await client.post("/translate", json={**ASKED, "alternatives": 11})
    assert (too_many.status_code, "max_alternatives" in too_many.json()["error"]) == (400, True)


async def test_unknown_fields_are_ignored(client: httpx.AsyncClient) -> None:
    answer = await client.post("/translate", json={**ASKED, "secret": "s", "format": None, "more": [1]})
    assert answer.json() == {"translatedText": "AB"}


@pytest.mark.parametrize("kind", ["data", "files", "params"])
async def test_fields_may_come_as_a_form(client: httpx.AsyncClient, service: Service, kind: str) -> None:
    fields = {**ASKED, "q": "Olá,\r\né\r\n", "alternatives": "1", "source": "auto", "api_key": ""}
    sent: dict[str, Any] = {kind: fields}
    if kind == "files":
        sent = {"files": {name: (None, value) for name, value in fields.items()}}
    elif kind == "params":
        sent["headers"] = {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post("/translate", **sent)
    assert answer.json()["translatedText"] == "OLÁ,\nÉ\n"
    (request,) = service.translator.requests
    assert (request.text, request.source_lang, request.num_alternatives) == ("Olá,\né\n", None, 1)


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("pt", "pt"),
        ("PT", "PT"),
        ("pt_XX", "pt_XX"),
        ("pb", "pt-BR"),
        ("nb", "no"),
        ("no", "no"),
        ("xx", "xx"),
    ],
)
async def test_codes_are_led_to_those_that_are_served(sent: str, known: str) -> None:
    models = [replace(served_model(), pairs=(("en", "pt"), ("en", "no")))]
    service = create_service(models=models, dialects=(LIBRETRANSLATE,))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/translate", json={**ASKED, "target": sent})
    assert [request.target_lang for request in service.translator.requests] == [known]


@pytest.mark.parametrize("name", ["q", "source", "target"])
@pytest.mark.parametrize("missing", [None, "", "left out"])
async def test_a_missing_field_is_named(client: httpx.AsyncClient, name: str, missing: str | None) -> None:
    fields = {**ASKED, name: missing}
    if missing == "left out":
        del fields[name]
    answer = await client.post("/translate", json=fields)
    assert answer.status_code == 400
    assert answer.json() == {"error": f"Invalid request: missing {name} parameter"}


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[1]",
        b"\xff",
        b"",
        b"[" * 100_000,
        b'{"q": 1, "source": "en", "target": "pt"}',
        b'{"q": ["a", 1], "source": "en", "target": "pt"}',
        b'{"q": "a", "source": [1], "target": "pt"}',
        b'{"q": "a", "source": "en", "target": "pt", "format": "xml"}',
    ],
)
async def test_a_body_of_another_form_is_refused_and_not_repeated(
    client: httpx.AsyncClient, content: bytes
) -> None:
    answer = await client.post("/translate", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid request: ")
    assert set(answer.json()) == {"error"}


async def test_a_refusal_names_its_own_fields(client: httpx.AsyncClient, service: Service) -> None:
    answer = await client.post("/translate", json={**ASKED, "q": "a", "alternatives": 99})
    assert answer.json()["error"] == "Invalid request: alternatives: at most 10 (limits.max_alternatives)"
    service.translator.failures["b"] = ServiceError("invalid_parameters", "num_alternatives is 3: too many")
    answer = await client.post("/translate", json={**ASKED, "q": "b", "alternatives": 3})
    assert answer.json()["error"] == "alternatives is 3: too many"


@pytest.mark.parametrize(
    ("failure", "status", "text"),
    [
        (ServiceError("key_missing", "native words"), 400, "Please contact the server operator"),
        (ServiceError("key_invalid", "native words"), 403, "Invalid API key"),
        (ServiceError("key_not_for_model", "Not for it."), 403, "Not for it."),
        (ServiceError("quota_exceeded", "Used up."), 403, "Used up."),
        (ServiceError("rate_limited", "Wait.", retry_after_s=9), 429, "Slowdown: Wait."),
        (unavailable(), 429, "Slowdown: Too many requests wait."),
        (ServiceError("text_too_large", "Too large."), 400, "Too large."),
        (ServiceError("unsupported_language_pair", "None."), 400, "None."),
        (ServiceError("draining", "Later.", retry_after_s=1), 503, "Later."),
        (ServiceError("timeout", "Too slow."), 504, "Too slow."),
        (ValueError("ab"), 500, "The server failed"),
    ],
)
async def test_failures_have_its_form_and_its_statuses(
    client: httpx.AsyncClient, service: Service, failure: Exception, status: int, text: str
) -> None:
    service.translator.failures["bad"] = failure
    answer = await client.post("/translate", json={**ASKED, "q": "bad"})
    assert answer.status_code == status
    assert answer.json()["error"].startswith(text)
    assert ("retry-after" in answer.headers) == (getattr(failure, "retry_after_s", None) is not None)


async def test_a_language_is_among_its_own_targets(client: httpx.AsyncClient, service: Service) -> None:
    service.translator.failures["ab"] = ServiceError("same_language", "d")
    answer = await client.post("/translate", json={**ASKED, "source": "pt"})
    assert answer.json() == {"translatedText": "ab"}
    service.translator.failures["bad"] = ServiceError("same_language", "d")
    listed = await client.post("/translate", json={**ASKED, "q": ["bad", "c"], "source": "pt"})
    assert listed.json() == {"translatedText": ["bad", "c"]}


async def test_html_is_translated_as_html(client: httpx.AsyncClient, service: Service) -> None:
    sent = ["a &lt;script&gt; b", "<p>x</p>"]
    answer = await client.post("/translate", json={**ASKED, "q": sent, "format": "html"})
    assert [request.text for request in service.translator.requests] == sent
    assert {request.text_format for request in service.translator.requests} == {"html"}
    assert answer.json()["translatedText"] == ["A &lt;SCRIPT&gt; B", "<p>X</p>"]
    plain = await client.post("/translate", json={**ASKED, "q": sent[1]})
    assert plain.json() == {"translatedText": "<P>X</P>"}
    assert service.translator.requests[-1].text_format == "text"


async def test_a_text_without_any_language_has_one_without_confidence(
    client: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.post("/detect", data={"q": "ab"})).json() == [{"confidence": 75, "language": "en"}]

    async def nothing(text: str) -> Detection:
        return Detection("und", 0.0)

    monkeypatch.setattr(service.translator, "detect", nothing)
    assert (await client.post("/detect", json={"q": "1"})).json() == [{"confidence": 0, "language": "en"}]
    assert (await client.post("/detect", json={"q": ""})).status_code == 400


async def test_every_language_is_listed_with_its_targets(client: httpx.AsyncClient) -> None:
    answer = await client.request("GET", "/languages", content=b"api_key=k")
    assert answer.json() == [
        {"code": "en", "name": "English", "targets": ["en", "pt"]},
        {"code": "pt", "name": "Portuguese", "targets": ["pt"]},
    ]


async def test_what_a_page_is_told(client: httpx.AsyncClient, service: Service) -> None:
    settings = (await client.get("/frontend/settings")).json()
    assert settings == {
        "charLimit": 32768,
        "frontendTimeout": 500,
        "apiKeys": False,
        "keyRequired": False,
        "suggestions": False,
        "filesTranslation": True,
        "supportedFilesFormat": sorted(FORMATS),
        "language": {
            "source": {"code": "auto", "name": "Auto Detect"},
            "target": {"code": "pt", "name": "Portuguese"},
        },
    }
    longest = "𝕏" * settings["charLimit"]
    assert (await client.post("/translate", json={**ASKED, "q": longest})).status_code == 200
    assert (await client.post("/translate", json={**ASKED, "q": longest + "a"})).status_code == 400


async def test_health_is_that_of_the_models(client: httpx.AsyncClient, service: Service) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    (line,) = service.log.getvalue().splitlines()
    assert json.loads(line)["level"] == "debug"  # a probe asks every few seconds
    service.readiness.drain()
    answer = await client.get("/health")
    assert (answer.status_code, set(answer.json())) == (503, {"error"})


async def test_what_is_not_offered_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.post("/suggest")
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


async def test_another_method_and_another_version_are_not_taken(client: httpx.AsyncClient) -> None:
    wrong = await client.get("/translate")
    assert (wrong.status_code, set(wrong.json()), wrong.headers["allow"]) == (405, {"error"}, "POST")
    assert (await client.get("/download_file/")).status_code == 404


async def test_other_apis_paths_stay_theirs(client: httpx.AsyncClient) -> None:
    check_problem(await client.get("/nope"), 404, "not_found")
    native = await client.post("/v1/translate", json={"text": "ab", "target_lang": "pt"})
    assert native.json()["translations"][0]["text"] == "AB"


@pytest.mark.parametrize("key", ["k", "", None, 1])
def test_a_key_is_a_field(key: object) -> None:
    assert LIBRETRANSLATE.read_key(Headers(), {"api_key": key}) == ("k" if key == "k" else None)


async def test_a_service_that_only_summarizes_has_no_languages() -> None:
    models = [replace(served_model(), task="summarization", pairs=())]
    service = create_service(models=models, dialects=(LIBRETRANSLATE,))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/languages")).json() == []
        assert (await client.get("/frontend/settings")).json()["language"]["target"]["code"] == ""
        assert (await client.post("/detect", json={"q": "ab"})).status_code == 200


async def test_a_file_that_nobody_waits_for_any_more_is_deleted(tmp_path: Path) -> None:
    """Only the answer would say where its translation is."""
    service = create_service(Settings(state_dir=tmp_path), dialects=DIALECTS)
    service.translator.delays_s["slow"] = 600
    fields = {"source": "en", "target": "pt"}
    folder = tmp_path / "documents"

    async def until(num_documents: int) -> None:
        async with asyncio.timeout(60):
            while not folder.exists() or len(list(folder.glob("*/request"))) != num_documents:
                await asyncio.sleep(0.01)

    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        sending = client.post("/translate_file", files={"file": ("a.txt", b"slow")}, data=fields)
        leaving = asyncio.create_task(sending)
        await until(1)
        await asyncio.sleep(0.3)  # past the taking in
        leaving.cancel()
        await until(0)
    await service.close()
