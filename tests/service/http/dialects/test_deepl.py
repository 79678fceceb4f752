"""DeepL's API on the wire: what its client does not show, and what other callers of it send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import Service, create_service, served_model, unavailable

FORM = {"content-type": "application/x-www-form-urlencoded"}


def plain(text: str, language: str = "EN", **others: object) -> dict[str, Any]:
    return {
        "detected_source_language": language,
        "text": text,
        "billed_characters": len(text),
        **others,
    }


async def translate(client: httpx.AsyncClient, text: object, **fields: object) -> httpx.Response:
    return await client.post("/v2/translate", json={"text": text, "target_lang": "PT", **fields})


async def test_a_plain_request_has_a_plain_answer(client: httpx.AsyncClient) -> None:
    response = await translate(client, ["a b"])
    assert response.json() == {"translations": [plain("A B")]}
    assert response.headers["x-trace-id"] == response.headers["x-request-id"]
    assert "x-crosslate-warning" not in response.headers
    assert (await translate(client, "a b", source_lang="en-us")).json() == {
        "translations": [plain("A B", "EN-US")]
    }


FORMS = [
    urlencode([("text", "a"), ("text", ""), ("text", "é & 1"), ("target_lang", "PT")]),
    urlencode(
        [
            ("text", "a"),
            ("target_lang", "PT"),
            ("source_lang", ""),
            ("text", ""),
            ("text", "é & 1"),
            ("formality", ""),
        ]
    ),
]


@pytest.mark.parametrize("form", FORMS)
async def test_forms_repeat_the_text(client: httpx.AsyncClient, form: str) -> None:
    response = await client.post("/v2/translate", content=form, headers=FORM)
    assert [item["text"] for item in response.json()["translations"]] == ["A", "", "É & 1"]


async def test_forms_may_come_in_parts(client: httpx.AsyncClient) -> None:
    parts = [("text", (None, "a")), ("text", (None, "b")), ("target_lang", (None, "PT"))]
    response = await client.post("/v2/translate", files=parts)
    assert [item["text"] for item in response.json()["translations"]] == ["A", "B"]


async def test_a_fediverse_server_sends_a_form_with_html(service: Service, client: httpx.AsyncClient) -> None:
    """As Mastodon does where it is set up for DeepL: no key in the body, upper case, a list."""
    form = urlencode(
        [("text", "hi &amp; bye"), ("text", "ok"), ("target_lang", "PT"), ("tag_handling", "html")]
    )
    headers = {**FORM, "authorization": "DeepL-Auth-Key k"}
    response = await client.post("/v2/translate", content=form, headers=headers)
    texts = [item["text"] for item in response.json()["translations"]]
    assert texts == ["HI &amp; BYE", "OK"]
    assert [request.text_format for request in service.translator.requests] == ["html", "html"]
    assert response.json()["translations"][0]["tag_handling_version"] == "v2"


async def test_tags_are_read_as_the_request_says(service: Service, client: httpx.AsyncClient) -> None:
    """As Weblate does, which sends placeholders as elements that are to be ignored; and with all options."""
    assert (
        await translate(client, 'Hi <x id="7"></x>', tag_handling="xml", ignore_tags=["x"])
    ).status_code == 200
    form = {"text": "a", "target_lang": "PT", "tag_handling": "xml", "tag_handling_version": "v1"}
    form |= {"outline_detection": "0", "splitting_tags": "p,br", "non_splitting_tags": "b"}
    assert (await client.post("/v2/translate", content=urlencode(form), headers=FORM)).status_code == 200
    asked = service.translator.requests
    assert [request.text_format for request in asked] == ["xml", "xml"]
    assert asked[0].markup == MarkupOptions(ignored=frozenset({"x"}))
    assert asked[1].markup == MarkupOptions(
        splitting=frozenset({"p", "br"}), non_splitting=frozenset({"b"}), finds_outline=False, is_lenient=True
    )


async def test_xml_that_is_not_well_formed_has_the_message_that_clients_know(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.translator.failures["<b>"] = ServiceError("invalid_markup", "line 1")
    answer = await translate(client, "<b>", tag_handling="xml")
    assert answer.status_code == 400
    message = "Tag handling parsing failed, please check input."
    assert answer.json() == {"message": message, "detail": "line 1"}


async def test_sentences_are_split_unless_told_not_to(service: Service, client: httpx.AsyncClient) -> None:
    for value in ("0", 0, False, "1", True, "nonewlines", None):
        assert (await translate(client, "a", split_sentences=value)).status_code == 200
    assert (await translate(client, "a", tag_handling="html")).status_code == 200
    asked = [(request.split_sentences, request.line_breaks) for request in service.translator.requests]
    assert asked == [
        *[(False, "auto")] * 3,
        *[(True, "keep")] * 2,
        (True, "join"),
        (True, "auto"),
        (True, "auto"),  # of markup, where a line end is a blank
    ]


async def test_what_has_no_effect_is_said(client: httpx.AsyncClient) -> None:
    idle = {
        "style_id": "s",
        "custom_instructions": ["i"],
        "translation_memory_id": "m",
        "context": "c",
        "formality": "prefer_less",
        "bad\nname": 1,
    }
    response = await translate(client, ["a\nb"], **idle)
    told = response.json()["warnings"]
    assert response.headers["x-crosslate-warning"] == "; ".join(told)
    for name in ("style_id", "custom_instructions", "translation_memory_id", "context", "formality"):
        assert f"{name} has no effect" in told
    assert "bad?name has no effect" in told


@pytest.mark.parametrize(
    ("tag_handling", "idle"),
    [
        (None, ["splitting_tags", "ignore_tags", "outline_detection"]),
        ("html", ["outline_detection"]),
        ("xml", []),
    ],
)
async def test_so_is_what_is_for_markup_of_a_plain_text(
    service: Service, client: httpx.AsyncClient, tag_handling: str | None, idle: list[str]
) -> None:
    tags = {"splitting_tags": ["p"], "ignore_tags": ["x"], "outline_detection": False}
    response = await translate(client, "a", tag_handling=tag_handling, **tags)
    assert response.json().get("warnings", []) == [f"{name} has no effect" for name in idle]
    assert service.translator.requests[0].markup.ignored == ({"x"} if tag_handling else set())


async def test_another_variety_of_the_language_is_said(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.names.update(pt_br="pt", PT="pt")
    response = await translate(client, "a", target_lang="pt_br")
    assert response.json()["translations"] == [plain("A")]
    assert "pt-BR was asked for and pt given" in response.headers["x-crosslate-warning"]
    assert response.json()["warnings"] == [response.headers["x-crosslate-warning"]]
    assert (await translate(client, "a", target_lang="PT")).json().keys() == {"translations"}


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("quality_optimized", "quality_optimized"),
        ("prefer_quality_optimized", "quality_optimized"),
        ("latency_optimized", "latency_optimized"),
    ],
)
async def test_the_type_of_model_is_named_if_asked(client: httpx.AsyncClient, asked: str, used: str) -> None:
    response = await translate(client, "a", model_type=asked)
    assert response.json()["translations"] == [plain("A", model_type_used=used)]


async def test_a_text_that_needs_no_translation_comes_back(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.translator.failures["a"] = ServiceError("same_language", "Nothing to do.")
    response = await translate(client, ["a"], source_lang="PT", target_lang="PT-BR")
    assert response.json()["translations"] == [plain("a", "PT")]
    assert "already" in response.json()["warnings"][0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"target_lang": "PT"}, "text: is required"),
        ({"text": [], "target_lang": "PT"}, "text: should have at least 1 item, not 0"),
        ({"text": ["a"]}, "target_lang: is required"),
        ({"text": [1], "target_lang": "PT"}, "text.0"),
        ({"text": {"a": 1}, "target_lang": "PT"}, "text: should be a string or a list of strings"),
        ({"text": ["a"], "target_lang": "PT", "split_sentences": "2"}, "split_sentences"),
        ({"text": ["a"], "target_lang": "PT", "formality": "less"}, "formality"),
        (
            {"text": ["a"], "target_lang": "PT", "glossary_ids": ["g"]},
            "source_lang: is required with a stored glossary",
        ),
        ([], "object"),
        ("{", "JSON"),
    ],
)
async def test_a_malformed_request_is_a_400_with_a_message(
    client: httpx.AsyncClient, body: object, message: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": "application/json"}
    response = await client.post("/v2/translate", content=content, headers=headers)
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert all(isinstance(value, str) for value in response.json().values())
    assert response.headers["x-trace-id"]


async def test_several_faults_are_told_one_by_one(client: httpx.AsyncClient) -> None:
    response = await client.post("/v2/translate", json={"formality": "rude"})
    assert "and 2 more" in response.json()["message"]
    assert {fault.split(":")[0] for fault in response.json()["detail"].split("; ")} == {
        "text",
        "target_lang",
        "formality",
    }


async def test_a_repeated_field_of_a_form_is_refused(client: httpx.AsyncClient) -> None:
    form = urlencode([("text", "a"), ("target_lang", "PT"), ("target_lang", "EN")])
    response = await client.post("/v2/translate", content=form, headers=FORM)
    assert response.status_code == 400
    assert "target_lang" in response.json()["message"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ServiceError("key_missing", "Send a key."), 403),
        (ServiceError("key_invalid", "Not a key."), 403),
        (ServiceError("key_not_for_model", "Not this one."), 403),
        (ServiceError("quota_exceeded", "All used."), 456),
        (ServiceError("rate_limited", "Too fast."), 429),
        (unavailable(), 429),
        (ServiceError("invalid_text", "Half a pair."), 400),
        (ServiceError("document_unreadable", "No zip archive."), 400),
        (ServiceError("text_too_long", "Too long."), 413),
        (ServiceError("timeout", "Too slow."), 408),
        (ServiceError("draining", "Soon.", retry_after_s=3), 503),
        (ValueError("the secret text"), 500),
    ],
)
async def test_failures_have_the_statuses_that_its_clients_know(
    service: Service, client: httpx.AsyncClient, failure: Exception, status: int
) -> None:
    service.translator.failures["bad"] = failure
    response = await translate(client, ["bad"])
    assert response.status_code == status
    assert response.json().keys() == {"message"}
    assert "secret" not in response.text


async def test_paths_and_methods_that_do_not_exist_have_a_message(client: httpx.AsyncClient) -> None:
    for method, path, status in (
        ("PUT", "/v2/translate", 405),
        ("GET", "/v2/nothing", 404),
        ("POST", "/v3/languages", 405),
        ("POST", "/v2/document/1", 400),
        ("POST", "/v2/document", 415),
        ("POST", "/v3/translation_memories/import", 400),
        ("POST", "/v2/write/rephrase", 400),
        ("PUT", "/v3/glossaries/1/dictionaries", 400),
    ):
        response = await client.request(method, path)
        assert (response.status_code, next(iter(response.json()))) == (status, "message"), path
    large = await client.post("/v2/translate", content=b" " * (Settings().limits.max_body_bytes + 1))
    assert (large.status_code, list(large.json())) == (413, ["message"])


async def test_languages_are_listed_by_query_and_by_the_body_of_a_get(client: httpx.AsyncClient) -> None:
    source = [{"language": "EN", "name": "English"}]
    target = [
        {"language": "PT-BR", "name": "Portuguese (Brazil)", "supports_formality": False},
        {"language": "PT-PT", "name": "Portuguese (Portugal)", "supports_formality": False},
    ]
    assert (await client.get("/v2/languages")).json() == source
    assert (await client.get("/v2/languages", params={"type": "source"})).json() == source
    assert (await client.get("/v2/languages", params={"type": "target"})).json() == target
    in_body = await client.request("GET", "/v2/languages", content="type=target", headers=FORM)
    assert in_body.json() == target
    posted = await client.post("/v2/languages", content="type=target", headers=FORM)
    assert posted.json() == target
    assert (await client.get("/v2/languages", params={"type": "x"})).status_code == 400


async def test_the_newer_list_of_languages_says_what_each_is_for() -> None:
    models = [replace(served_model(), pairs=(("en", "zh-Hans"), ("pt-BR", "en")))]
    service = create_service(models=models, dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        listed = (await client.get("/v3/languages", params={"resource": "translate_text"})).json()
        for_documents = await client.get("/v3/languages", params={"resource": "translate_document"})
        assert for_documents.json() == listed
        terms = (await client.get("/v3/languages", params={"resource": "glossary"})).json()
        assert (await client.get("/v3/languages", params={"resource": "voice"})).json() == []
        assert (await client.get("/v3/languages")).status_code == 400
        resources = (await client.get("/v3/languages/resources")).json()
    sides = {one["lang"]: (one["usable_as_source"], one["usable_as_target"]) for one in listed}
    assert sides == {
        "en": (True, False),
        "en-GB": (False, True),
        "en-US": (False, True),
        "pt": (True, False),
        "zh-Hans": (False, True),
    }
    # Glossaries are kept for languages without a region.
    assert {one["lang"]: (one["usable_as_source"], one["usable_as_target"]) for one in terms} == {
        "en": (True, True),
        "pt": (True, False),
        "zh": (False, True),
    }
    features = {one["name"]: [feature["name"] for feature in one["features"]] for one in resources}
    detection = ["auto_detection"]
    assert features == {"translate_text": detection, "translate_document": detection, "glossary": []}
    assert listed[0]["features"] == {"auto_detection": {"status": "stable"}}


KEY = {"authorization": f"DeepL-Auth-Key {SECRET}"}


@pytest.fixture
async def keyed() -> AsyncIterator[httpx.AsyncClient]:
    access = make_access(make_key(characters_per_month=10, requests_per_minute=3))
    service = create_service(access=access, dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_usage_is_that_of_the_key(keyed: httpx.AsyncClient) -> None:
    body = {"text": ["abc", "d"], "target_lang": "PT"}
    assert (await keyed.post("/v2/translate", json=body, headers=KEY)).status_code == 200
    usage = await keyed.get("/v2/usage", headers=KEY)
    assert usage.json() == {"character_count": 4, "character_limit": 10}


async def test_a_key_is_needed_and_has_its_limits(keyed: httpx.AsyncClient) -> None:
    body = {"text": ["abcdef"], "target_lang": "PT"}
    for headers in ({}, {"authorization": "DeepL-Auth-Key guessed"}, {"authorization": f"Bearer {SECRET}"}):
        assert (await keyed.post("/v2/translate", json=body, headers=headers)).status_code == 403
        assert (await keyed.get("/v2/usage", headers=headers)).status_code == 403
    form = {"auth_key": SECRET, "text": "abcdef", "target_lang": "PT"}
    assert (await keyed.post("/v2/translate", data=form)).status_code == 200
    used_up = await keyed.post("/v2/translate", json=body, headers=KEY)
    assert (used_up.status_code, list(used_up.json())) == (456, ["message"])
    short = {**body, "text": ["a"]}
    statuses = [(await keyed.post("/v2/translate", json=short, headers=KEY)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_without_keys_usage_is_unlimited(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v2/usage")).json() == {
        "character_count": 0,
        "character_limit": 1_000_000_000_000,
    }


async def test_the_key_is_read_from_the_header_or_an_old_field() -> None:
    from starlette.datastructures import Headers

    from crosslate.service.http.dialects.deepl.dialect import DEEPL

    header = Headers({"authorization": "DeepL-Auth-Key k:fx"})
    assert DEEPL.read_key(header, {"auth_key": "other"}) == "k:fx"
    assert DEEPL.read_key(Headers({}), {"auth_key": "k"}) == "k"
    assert DEEPL.read_key(Headers({"authorization": "Bearer k"}), {"auth_key": ["k"]}) is None


async def test_a_request_that_comes_again_joins_the_first(
    service: Service, client: httpx.AsyncClient
) -> None:
    first = asyncio.create_task(translate(client, ["wait"]))
    await service.translator.started.wait()
    again = asyncio.create_task(translate(client, ["wait"]))
    other_key = asyncio.create_task(
        client.post(
            "/v2/translate",
            json={"text": ["wait"], "target_lang": "PT"},
            headers={"authorization": "DeepL-Auth-Key other"},
        )
    )
    while service.translator.num_running < 2:
        await asyncio.sleep(0.001)
    service.translator.release.set()
    answers = [(await task).json() for task in (first, again, other_key)]
    assert answers == [{"translations": [plain("WAIT")]}] * 3
    assert service.translator.calls == [1, 1]
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    assert [line["characters"] for line in lines if line["event"] == "request"] == [4, 4, 4]


async def test_limits_are_those_of_every_api(client: httpx.AsyncClient) -> None:
    service = create_service(Settings(limits=LimitSettings(max_texts=2)), dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as limited:
        response = await translate(limited, ["a"] * 3)
    assert response.status_code == 413
    assert "at most 2" in response.json()["message"]
