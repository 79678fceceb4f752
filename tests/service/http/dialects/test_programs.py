"""Requests of programs that were once run against a service, and did not find there what they are used to."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, auth_settings, make_access, make_key
from tests.service.http.fakes import Service, create_service

LIBRE = {"source": "en", "target": "pt", "format": "text"}


async def test_libretranslate_aio_sends_a_list_as_a_form(client: httpx.AsyncClient) -> None:
    """0.1.3, `translate(["a", "b"])`: httpx repeats the field."""
    answer = await client.post("/translate", data={**LIBRE, "q": ["a\r\nb", ""]})
    assert answer.json() == {"translatedText": ["A\nB", ""]}
    found = await client.post("/translate", data={**LIBRE, "q": ["a", "b"], "source": "auto"})
    assert [one["language"] for one in found.json()["detectedLanguage"]] == ["en", "en"]
    parts = [("q", (None, "a")), ("q", (None, "b")), *((name, (None, LIBRE[name])) for name in LIBRE)]
    assert (await client.post("/translate", files=parts)).json() == {"translatedText": ["A", "B"]}


async def test_one_text_is_detected_and_not_the_first_of_several(client: httpx.AsyncClient) -> None:
    answer = await client.post("/detect", data={"q": ["a", "b"]})
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


async def test_nllb_serves_own_example_sends_lists_as_forms(client: httpx.AsyncClient) -> None:
    """Of its README: `curl --data source=… --data source=…`."""
    fields = {"source": ["ab", "é"], "src_lang": "eng_Latn", "tgt_lang": "por_Latn"}
    answer = (await client.post("/translate", data=fields)).json()
    assert (answer["source"], answer["translation"]) == (["ab", "é"], ["AB", "É"])


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Service:
    if "keyed" not in request.fixturenames:
        return create_service(dialects=DIALECTS)
    settings = Settings(auth=auth_settings({"name": "a", "key": SECRET}))
    return create_service(settings, dialects=DIALECTS, access=make_access(make_key()))


@pytest.fixture
def keyed(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Of a service that needs a key."""
    return client


async def test_older_programs_of_deepl_have_their_key_in_the_query(keyed: httpx.AsyncClient) -> None:
    """i18n-ally posts a form to `/v2/translate?auth_key=…`, and asks `/v2/usage` so; older n8n sends JSON."""
    query, body = {"auth_key": SECRET}, {"text": "a", "target_lang": "PT"}
    asked: tuple[dict[str, Any], ...] = ({"json": body}, {"data": body}, {"params": {**query, **body}})
    for sent in asked:
        answer = await keyed.post("/v2/translate", **{"params": query, **sent})
        assert answer.json()["translations"][0]["text"] == "A"
    assert (await keyed.post("/v2/translate", json=body)).status_code == 403
    asked = ({"params": query}, {"data": query})
    for method, sent in product(("GET", "POST"), asked):
        assert "character_count" in (await keyed.request(method, "/v2/usage", **sent)).json()


async def test_the_body_counts_before_the_query(client: httpx.AsyncClient) -> None:
    query = {"text": "a", "target_lang": "xx", "source_lang": "en"}
    answer = await client.post("/v2/translate", params=query, json={"text": ["b"], "target_lang": "PT"})
    assert [one["text"] for one in answer.json()["translations"]] == ["B"]


async def test_n8n_asks_deepl_by_a_get_with_a_form(client: httpx.AsyncClient) -> None:
    """2.41: `GET /v2/translate`, and all of it in the body."""
    answer = await client.request("GET", "/v2/translate", data={"target_lang": "PT-BR", "text": "a"})
    assert answer.json()["translations"][0]["text"] == "A"


@pytest.mark.parametrize(("sent", "splits"), [("true", True), ("false", False), ("True", True), ("0", False)])
async def test_forms_of_javascript_have_truth_values(
    client: httpx.AsyncClient, service: Service, sent: str, splits: bool
) -> None:
    """npm's `deepl` 1.0 and others that hand their options to a form as they are."""
    form = {"text": "a", "target_lang": "PT", "split_sentences": sent, "preserve_formatting": "true"}
    assert (await client.post("/v2/translate", data=form)).status_code == 200
    assert service.translator.requests[0].split_sentences is splits


async def test_dialect_tells_libretranslate_by_its_specification(client: httpx.AsyncClient) -> None:
    """GNOME's Dialect takes no address of which `/spec` has another title, and reads nothing else there."""
    told = (await client.get("/spec")).json()
    assert told["info"]["title"] == "LibreTranslate"
    assert set(told["paths"]["/translate"]) == {"post"}
    languages = (await client.get("/languages")).json()
    settings = (await client.get("/frontend/settings")).json()
    assert [(one["code"], one["name"]) for one in languages] == [("en", "English"), ("pt", "Portuguese")]
    assert (settings["apiKeys"], settings["keyRequired"], settings["charLimit"] > 0) == (False, False, True)
    checked = (await client.post("/detect", data={"q": "hello", "api_key": "k"})).json()
    assert "confidence" in checked[0]
    body = {"q": "a", "source": "auto", "target": "pt"}
    answer = (await client.post("/translate", json=body)).json()
    assert (answer["translatedText"], answer["detectedLanguage"]["language"]) == ("A", "en")


async def test_immersive_translate_sends_several_texts(client: httpx.AsyncClient, service: Service) -> None:
    """Its "Custom API", and the placeholders that it puts there for what is no text."""
    body = {"source_lang": "auto", "target_lang": "pt-BR", "text_list": ["a {0} b", ""]}
    answer = await client.post("/translate", json=body)
    texts = [{"detected_source_lang": "en", "text": text} for text in ("A {0} B", "")]
    assert answer.json() == {"translations": texts}
    assert {request.source_lang for request in service.translator.requests} == {None}
    service.translator.failures["a {0} b"] = ServiceError("same_language", "d")
    same = (await client.post("/translate", json={**body, "source_lang": "pt"})).json()["translations"]
    assert [(one["text"], "warnings" in one) for one in same] == [("a {0} b", True), ("", False)]
    for wrong in ([], [1], "a", None):
        refused = await client.post("/translate", json={**body, "text_list": wrong})
        assert (refused.status_code, set(refused.json())) == (400, {"code", "message"})
