from __future__ import annotations

import json

import httpx

from service.http.in_flight import InFlight
from tests.service.http.fakes import MODEL_ID, Service, served_model


async def test_models_and_languages(client: httpx.AsyncClient) -> None:
    (model,) = (await client.get("/v1/models")).json()["data"]
    assert model["id"] == MODEL_ID
    assert model["pairs"] == [["en", "pt"]]
    assert model["state"] == "ready"
    assert model["alignment"] == {
        "layer": 1,
        "heads": [0],
        "row": "output",
        "threshold": served_model().alignment.threshold,
    }
    (language,) = (await client.get("/v1/languages")).json()["data"]
    assert language == {"lang": "en", "name": "English", "targets": ["pt"], "pivoted": []}


async def test_pages_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/", "/docs"):
        response = await client.get(path)
        assert response.headers["content-type"].startswith("text/html")
        assert "//" not in response.text.replace("<!doctype", "").replace("// A text cut", "")


async def test_openapi_describes_bodies_answers_and_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    references = {
        word.removeprefix('"#/components/schemas/').rstrip('"},]')
        for word in json.dumps(document).split()
        if word.startswith('"#/components/schemas/')
    }
    assert references <= schemas.keys()
    translate = document["paths"]["/v1/translate"]["post"]
    assert translate["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("TranslateBody")
    assert "application/problem+json" in translate["responses"]["default"]["content"]
    assert "422" not in translate["responses"]
    assert schemas["TranslateBody"]["examples"]


async def test_the_log_says_what_was_done_but_not_the_text(
    service: Service, client: httpx.AsyncClient
) -> None:
    await client.post(
        "/v1/translate",
        json={"text": ["my secret", "x"], "target_lang": "pt"},
        headers={"X-Request-ID": "r-1", "Authorization": "Bearer key"},
    )
    line = json.loads(service.log.getvalue())
    assert (line["event"], line["request_id"], line["status"]) == ("request", "r-1", 200)
    assert (line["route"], line["model"], line["texts"], line["characters"]) == (
        "/v1/translate",
        MODEL_ID,
        2,
        10,
    )
    assert line["duration_ms"] >= 0
    assert "secret" not in service.log.getvalue().lower()
    assert "key" not in service.log.getvalue()


async def test_draining_waits_for_the_requests_under_way() -> None:
    in_flight = InFlight()
    with in_flight.track():
        assert not await in_flight.wait_until_idle(0.001)
    assert await in_flight.wait_until_idle(0.001)
