"""Google's version 2 on the wire: forms, queries, HTML, languages, keys, faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.google.dialects import GOOGLE_V2
from crosslate.service.http.dialects.google.languages import google_code
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.language.languages import LanguageSet
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import MODEL_ID, Service, create_service, served_model

PATH = "/language/translate/v2"
ASKED = {"q": "a b", "target": "pt", "format": "text"}
DETECTED = {"translatedText": "A B", "detectedSourceLanguage": "en"}


def translations(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["translations"]


@pytest.mark.parametrize(
    "sent",
    [
        {"json": ASKED},
        {"json": {**ASKED, "q": ["a b"], "source": None, "cid": [], "model": ""}},
        {"data": ASKED, "headers": {"X-HTTP-Method-Override": "GET"}},
        {"files": {name: (None, value) for name, value in ASKED.items()}},
        {"params": ASKED},
        {"params": {"key": "k", "prettyPrint": "false"}, "json": ASKED},
    ],
)
async def test_a_request_has_any_form(client: httpx.AsyncClient, sent: Any) -> None:
    answer = await client.post(PATH, **sent)
    assert answer.json() == {"data": {"translations": [DETECTED]}}
    assert "x-crosslate-warning" not in answer.headers


async def test_a_query_is_enough(client: httpx.AsyncClient) -> None:
    several = await client.get(PATH, params={"q": ["a b", "c"], "target": "pt", "source": "en"})
    assert translations(several) == [{"translatedText": "A B"}, {"translatedText": "C"}]


async def test_scripts_write_addresses_and_types_as_they_like(client: httpx.AsyncClient) -> None:
    """As public ones do: a slash before the query, all of it there, a comma in the type, no type at all."""
    asked = "key=k&source=&target=pt&model=nmt&q=a%20b"
    for method in ("GET", "POST"):
        answer = await client.request(method, f"{PATH}/?{asked}")
        assert translations(answer) == [{**DETECTED, "model": "nmt"}]
    for kind in ("application/json, charset=utf-8", "text/plain"):
        content = b'{"q": "a b", "target": "pt", "key": "k"}'
        assert translations(await client.post(PATH, content=content, headers={"content-type": kind}))
    content = b'{"contents": "a b", "target_language_code": "pt", "transliteration_config": {}}'
    answer = await client.post("/v3/projects/p/locations/global:translateText?key=k", content=content)
    assert answer.json()["translations"][0]["translatedText"] == "A B"


async def test_texts_are_html_unless_it_is_said(service: Service, client: httpx.AsyncClient) -> None:
    sent = """I'm <b title="it's">b & "c"</b> &lt; 5 > 3<br>"""
    answer = await client.post(PATH, json={"q": sent, "target": "pt"})
    written = """I&#39;M <b title="it's">B &amp; &quot;C&quot;</b> &lt; 5 &gt; 3<br>"""
    assert translations(answer)[0]["translatedText"] == written
    plain = await client.post(PATH, json={"q": 'I\'m "b" & <c>', "target": "pt", "format": "text"})
    assert translations(plain)[0]["translatedText"] == 'I\'M "B" & <C>'
    assert [request.text_format for request in service.translator.requests] == ["html", "text"]


async def test_the_model_is_repeated(service: Service, client: httpx.AsyncClient) -> None:
    for model, asked in {
        "nmt": None,
        "base": None,
        "projects/p/locations/global/models/general/nmt": None,
        MODEL_ID: MODEL_ID,
        f"projects/p/locations/us-central1/models/{MODEL_ID}": MODEL_ID,
    }.items():
        answer = await client.post(PATH, json={**ASKED, "model": model})
        assert translations(answer) == [{**DETECTED, "model": model}]
        assert service.translator.requests[-1].model == asked
    other = await client.post(PATH, json={**ASKED, "model": "general/translation-llm"})
    assert other.headers["x-crosslate-warning"] == "model has no effect"


async def test_what_has_no_effect_is_said(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.names["pt-PT"] = "pt"
    answer = await client.post(PATH, json={**ASKED, "target": "pt-PT", "cid": ["mine"], "fields": "data"})
    said = answer.headers["x-crosslate-warning"]
    assert said.startswith("cid has no effect; fields has no effect; pt-PT was asked for and pt given")


@pytest.mark.parametrize(
    ("served", "code"),
    [
        ("he", "iw"),
        ("jv", "jw"),
        ("jav_Latn", "jw"),
        ("nb", "no"),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zho_Hant", "zh-TW"),
        ("pt-BR", "pt"),
        ("pt-PT", "pt-PT"),
        ("fil", "tl"),
        ("azj_Latn", "az"),
        ("srp_Cyrl", "sr"),
        ("pa-Arab", "pa-Arab"),
        ("yue_Hant", "yue"),
        ("und", "und"),
    ],
)
def test_languages_have_google_s_codes(served: str, code: str) -> None:
    assert google_code(served) == code
    if served != "und":
        assert LanguageSet([served]).match(code) == served


async def test_codes_of_google_s_are_understood_and_come_back() -> None:
    pairs = (("he", "zh-Hans"), ("he", "zh-Hant"), ("jv", "nb"), ("pt", "pt-BR"), ("pt", "ar"))
    service = create_service(models=[replace(served_model(), pairs=pairs)], dialects=DIALECTS)
    service.translator.names |= {"zh-CN": "zh-Hans", "zh-TW": "zh-Hant", "zh": "zh-Hans"}

    found_otherwise = service.translator.detect

    async def detect(text: str) -> Any:
        return replace(await found_otherwise(text), lang="he")

    service.translator.detect = detect  # type: ignore[method-assign]
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        listed = (await client.get(f"{PATH}/languages")).json()["data"]["languages"]
        assert [one["language"] for one in listed] == [
            "ar",
            "iw",
            "jw",
            "no",
            "pt",
            "pt-BR",
            "zh-CN",
            "zh-TW",
        ]
        named = (await client.get(f"{PATH}/languages", params={"target": "en"})).json()["data"]["languages"]
        names = [one["name"] for one in named]
        assert names == sorted(names)
        assert {"language": "zh-TW", "name": "Chinese (Traditional)"} in named
        local = (await client.get(f"{PATH}/languages", params={"target": "pt"})).json()["data"]["languages"]
        assert local[0] == {"language": "ar", "name": "árabe"}
        for target in ("zh-CN", "zh-TW", "zh", "no"):
            answer = await client.post(PATH, json={**ASKED, "target": target, "source": "iw"})
            assert "x-crosslate-warning" not in answer.headers
        assert service.translator.requests[-1].target_lang == "nb"
        found = await client.post(f"{PATH}/detect", json={"q": "a"})
    assert found.json()["data"]["detections"][0][0]["language"] == "iw"


async def test_languages_are_found(client: httpx.AsyncClient) -> None:
    one = {"confidence": 0.75, "isReliable": False, "language": "en"}
    for sent in ({"params": {"q": ["a", "b"]}}, {"data": {"q": ["a", "b"]}}, {"json": {"q": ["a", "b"]}}):
        answer = await client.post(f"{PATH}/detect", **sent)  # type: ignore[arg-type]
        assert answer.json() == {"data": {"detections": [[one], [one]]}}
    assert (await client.get(f"{PATH}/detect?q=a")).json() == {"data": {"detections": [[one]]}}


async def test_languages_are_listed(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        f"{PATH}/languages", data={"target": "de"}, headers={"X-HTTP-Method-Override": "GET"}
    )
    assert answer.json()["data"]["languages"] == [
        {"language": "en", "name": "Englisch"},
        {"language": "pt", "name": "Portugiesisch"},
    ]
    assert (await client.get(f"{PATH}/languages?target=%3F%3F&model=nmt")).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", PATH, {"target": "pt"}, (400, "INVALID_ARGUMENT", "badRequest")),
        ("POST", PATH, {"q": "a"}, (400, "INVALID_ARGUMENT", "badRequest")),
        ("POST", PATH, {**ASKED, "format": "rtf"}, (400, "INVALID_ARGUMENT", "badRequest")),
        ("POST", PATH, {**ASKED, "q": [1]}, (400, "INVALID_ARGUMENT", "badRequest")),
        ("POST", PATH, [], (400, "INVALID_ARGUMENT", "badRequest")),
        ("POST", f"{PATH}/detect", {}, (400, "INVALID_ARGUMENT", "badRequest")),
        ("PUT", PATH, {}, (405, "UNIMPLEMENTED", "httpMethodNotAllowed")),
        ("GET", f"{PATH}/nothing", None, (404, "NOT_FOUND", "notFound")),
    ],
)
async def test_faults_have_google_s_form(
    client: httpx.AsyncClient, method: str, path: str, body: Any, told: tuple[int, str, str]
) -> None:
    answer = await client.request(method, path, json=body)
    error = answer.json()["error"]
    (inner,) = error["errors"]
    assert (answer.status_code, error["status"], inner["reason"]) == told
    assert (error["code"], inner["message"], inner["domain"]) == (told[0], error["message"], "global")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"


async def test_each_fault_of_a_body_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"format": "rtf"})
    (faults,) = (one["fieldViolations"] for one in answer.json()["error"]["details"][1:])
    assert [fault["field"] for fault in faults] == ["q", "target", "format"]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ServiceError("unsupported_language_pair", "Not served."), (400, "INVALID_ARGUMENT", "invalid")),
        (ServiceError("text_too_large", "Too much."), (400, "INVALID_ARGUMENT", "invalid")),
        (ServiceError("timeout", "Send less."), (400, "INVALID_ARGUMENT", "invalid")),
        (ServiceError("model_not_found", "None."), (404, "NOT_FOUND", "notFound")),
        (ServiceError("rate_limited", "Slower."), (429, "RESOURCE_EXHAUSTED", "rateLimitExceeded")),
        (ServiceError("quota_exceeded", "Used."), (403, "PERMISSION_DENIED", "dailyLimitExceeded")),
        (ServiceError("loading", "Wait."), (503, "UNAVAILABLE", "backendError")),
        (ValueError("the secret text"), (500, "INTERNAL", "backendError")),
    ],
)
async def test_failures_have_google_s_names(
    service: Service, client: httpx.AsyncClient, failure: Exception, told: tuple[int, str, str]
) -> None:
    service.translator.failures["bad"] = failure
    answer = await client.post(PATH, json={**ASKED, "q": "bad"})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["errors"][0]["reason"]) == told
    assert "secret" not in answer.text


async def test_a_refusal_speaks_of_google_s_fields(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.failures["bad"] = ServiceError("invalid_parameters", "Name source_lang.")
    answer = await client.post(PATH, json={**ASKED, "q": "bad"})
    assert answer.json()["error"]["message"] == "Name source."


@pytest.mark.parametrize(
    ("headers", "fields", "key"),
    [
        ({"x-goog-api-key": "a"}, {}, "a"),
        ({}, {"key": "b"}, "b"),
        ({"authorization": "Bearer c"}, {}, "c"),
        ({}, {"access_token": "d"}, "d"),
        ({"authorization": "Bearer c"}, {"key": "b"}, "b"),
        ({"authorization": "Basic c"}, {"key": 1}, None),
    ],
)
def test_a_key_has_several_places(headers: dict[str, str], fields: Any, key: str | None) -> None:
    assert GOOGLE_V2.read_key(Headers(headers), fields) == key


async def test_a_wrong_key_is_told_in_google_s_words() -> None:
    """By every operation, with statuses that do not make clients ask for another token."""
    service = create_service(access=make_access(make_key()), dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in (PATH, f"{PATH}/detect", f"{PATH}/languages"):
            wrong, none, right = [
                await client.post(path, params=query, json=ASKED)
                for query in ({"key": "wrong"}, {}, {"key": SECRET})
            ]
            assert wrong.json()["error"]["message"].startswith("API key not valid. ")
            assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
            assert (wrong.status_code, none.status_code, right.status_code) == (400, 403, 200)
    assert SECRET not in service.log.getvalue()


async def test_a_text_in_its_target_language_comes_back_as_html(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.translator.refused_targets["pt"] = ServiceError("same_language", "Nothing to do.")
    answer = await client.post(PATH, json={"q": ["it's", " "], "target": "pt", "source": "pt"})
    first, blank = translations(answer)
    assert (first["translatedText"], len(first["warnings"])) == ("it&#39;s", 1)
    assert blank == {"translatedText": " "}
