"""DeepLX's API over a translator that answers in upper case."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.deeplx import DEEPLX
from tests.service.http.fakes import Service, unavailable

ASKED = {"text": "ab", "source_lang": "EN", "target_lang": "PT"}


async def test_the_answer_has_all_members(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/translate", json=ASKED)).json()
    assert isinstance(answer.pop("id"), int)
    assert answer == {
        "code": 200,
        "data": "AB",
        "alternatives": ["AB"],
        "source_lang": "EN",
        "target_lang": "PT",
        "method": "Free",
    }


@pytest.mark.parametrize("source", [{}, {"source_lang": ""}, {"source_lang": "auto"}, {"source_lang": None}])
async def test_the_source_language_may_be_left_out(
    client: httpx.AsyncClient, service: Service, source: dict[str, str]
) -> None:
    answer = await client.post("/translate", json={"text": "ab", "target_lang": "PT", **source})
    assert answer.json()["source_lang"] == ("auto" if source.get("source_lang") else "EN")
    assert [request.source_lang for request in service.translator.requests] == [None]


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "application/json", "", "image/png"])
@pytest.mark.parametrize("rest", ["", " }]}", "\n"])
async def test_json_is_read_whatever_its_type_and_what_follows_it(
    client: httpx.AsyncClient, kind: str, rest: str
) -> None:
    content = '\ufeff { "source_lang": "en", "target_lang": "pt", "text": "é\\n" }' + rest
    headers = {"content-type": kind} if kind else {}
    answer = await client.post("/translate", content=content.encode(), headers=headers)
    assert answer.json()["data"] == "É\n"


async def test_tags_are_read_if_asked(client: httpx.AsyncClient, service: Service) -> None:
    for written, answered in (("html", "<b>A</b>"), ("xml", "<b>A</b>"), ("", "<B>A</B>")):
        answer = await client.post("/translate", json={**ASKED, "text": "<b>a</b>", "tag_handling": written})
        assert answer.json()["data"] == answered
    assert [request.text_format for request in service.translator.requests] == ["html", "xml", "text"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ServiceError("key_missing", "d"), 401),
        (ServiceError("key_not_for_model", "d"), 403),
        (unavailable(), 429),
        (ServiceError("unsupported_language_pair", "d"), 400),
        (ServiceError("text_too_large", "d"), 413),
        (ValueError("bad"), 500),
    ],
)
async def test_failures_have_its_form(
    client: httpx.AsyncClient, service: Service, failure: Exception, status: int
) -> None:
    service.translator.failures["bad"] = failure
    answer = await client.post("/translate", json={**ASKED, "text": "bad"})
    assert (answer.status_code, answer.json()["code"], set(answer.json())) == (
        status,
        status,
        {"code", "message"},
    )


async def test_a_missing_text_is_told_in_its_form(client: httpx.AsyncClient) -> None:
    answer = await client.post("/translate", json={"target_lang": "PT", "source_lang": "EN"})
    assert answer.json() == {"code": 400, "message": "text: is required"}


@pytest.mark.parametrize("fields", [{"text": ["a"]}, {"target_lang": None}, {"tag_handling": "md"}])
async def test_other_fields_are_a_fault_of_the_request(
    client: httpx.AsyncClient, fields: dict[str, object]
) -> None:
    answer = await client.post("/translate", json={**ASKED, **fields})
    assert (answer.status_code, set(answer.json())) == (400, {"code", "message"})


async def test_unknown_fields_are_ignored(client: httpx.AsyncClient) -> None:
    answer = await client.post("/translate", json={**ASKED, "quality": "fast", "id": [1]})
    assert answer.json()["data"] == "AB"


@pytest.mark.parametrize(
    ("authorization", "fields", "key"),
    [
        ("Bearer k", {}, "k"),
        ("DeepL-Auth-Key k", {"token": "t"}, "k"),
        ("Basic k", {"token": "t"}, "t"),
        ("", {"token": "t"}, "t"),
        ("Bearer", {}, None),
        ("", {"token": 1}, None),
    ],
)
def test_a_key_is_in_the_header_or_in_the_query(
    authorization: str, fields: dict[str, object], key: str | None
) -> None:
    assert DEEPLX.read_key(Headers({"authorization": authorization}), fields) == key
