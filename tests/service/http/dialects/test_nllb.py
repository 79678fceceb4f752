"""The APIs of nllb-serve and nllb-api over a translator that answers in upper case."""

from __future__ import annotations

import httpx
import pytest

from crosslate.service.http.dialects.nllb import NLLB_SERVE
from tests.service.http.fakes import Service, unavailable

SERVE = {"source": ["ab", "é"], "src_lang": "eng_Latn", "tgt_lang": "por_Latn"}
API = {"text": "ab", "source": "eng_Latn", "target": "por_Latn"}


async def test_a_list_is_answered_with_a_list(client: httpx.AsyncClient, service: Service) -> None:
    answer = (await client.post("/translate", json=SERVE)).json()
    assert answer.pop("time_taken") >= 0
    assert answer == {**SERVE, "translation": ["AB", "É"], "time_units": "s"}
    one = await client.post("/translate", json={**SERVE, "source": "ab"})
    assert one.json()["translation"] == ["AB"]
    assert {request.source_lang for request in service.translator.requests} == {"eng_Latn"}


async def test_a_text_is_answered_with_a_result(client: httpx.AsyncClient) -> None:
    posted = await client.post("/translator", json={**API, "text": "não"})
    assert posted.json() == {"result": "NÃO"}
    assert "NÃO" in posted.text  # Subtitle Edit cuts the answer out of the JSON and shows it as it is
    for path in ("/translator", "/api/v4/translator"):
        assert (await client.get(path, params=API)).json() == {"result": "AB"}


@pytest.mark.parametrize("text", ["a b. c.", "a\nb", "a\r\nb\x85\u2028c", ""])
async def test_a_stream_is_one_event(client: httpx.AsyncClient, text: str) -> None:
    answer = await client.get("/api/v4/translator/stream", params={**API, "text": text})
    assert answer.headers["content-type"].startswith("text/event-stream")
    head, end = answer.text[:-2], answer.text[-2:]
    lines = head.split("\n")
    assert end == "\n\n"
    assert all(line.startswith("data: ") for line in lines)
    assert "\n".join(line.removeprefix("data: ") for line in lines) == text.upper().replace("\r\n", "\n")


@pytest.mark.parametrize("fields", [{"source": [1]}, {"source": []}, {"source": None}, {"tgt_lang": 1}])
async def test_other_fields_are_a_fault_of_the_request(
    client: httpx.AsyncClient, fields: dict[str, object]
) -> None:
    answer = await client.post("/translate", json={**SERVE, **fields})
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


async def test_failures_have_the_form_of_each(client: httpx.AsyncClient, service: Service) -> None:
    service.translator.failures["bad"] = unavailable()
    listed = await client.post("/translate", json={**SERVE, "source": ["bad"]})
    assert (listed.status_code, set(listed.json()), listed.headers["retry-after"]) == (429, {"error"}, "3")
    one = await client.post("/translator", json={**API, "text": "bad"})
    assert (one.status_code, one.json()["status_code"], set(one.json())) == (
        429,
        429,
        {"status_code", "detail"},
    )
    missing = await client.get("/translator", params={"text": "a"})
    assert (missing.status_code, missing.json()["detail"]) == (400, "target: is required")
    assert (await client.put("/translator")).json()["status_code"] == 405


def test_they_are_told_by_a_field() -> None:
    assert [NLLB_SERVE.tells(fields) for fields in (SERVE, {"q": "a"}, {"text": "a"})] == [True, False, False]
