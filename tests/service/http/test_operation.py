from __future__ import annotations

import dataclasses
import itertools
import json

import httpx
import pytest

from crosslate.service.http.in_flight import InFlight
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import MODEL_ID, Service, create_service, served_model


async def test_models_and_languages(client: httpx.AsyncClient) -> None:
    (model,) = (await client.get("/v1/models")).json()["data"]
    assert model["id"] == MODEL_ID
    assert model["pairs"] == [["en", "pt"]]
    assert (model["num_pairs"], model["source_langs"], model["target_langs"]) == (1, ["en"], ["pt"])
    assert model["state"] == "ready"
    assert model["alignment"] == {
        "layer": 1,
        "heads": [0],
        "row": "output",
        "threshold": served_model().alignment.threshold,
    }
    (language,) = (await client.get("/v1/languages")).json()["data"]
    assert language == {"lang": "en", "name": "English", "targets": ["pt"], "pivoted": []}


async def test_languages_that_only_two_models_reach_are_listed() -> None:
    names = [("en", "pt"), ("pt", "fr")]
    models = [dataclasses.replace(served_model(), id=f"{a}-{b}", pairs=((a, b),)) for a, b in names]
    assert await languages(create_service(models=models)) == {"en": ["fr", "pt"], "pt": ["fr"]}
    settings = Settings(pivot=False)
    assert await languages(create_service(settings, models=models)) == {"en": ["pt"], "pt": ["fr"]}


async def languages(service: Service) -> dict[str, list[str]]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = (await client.get("/v1/languages")).json()["data"]
    assert all(set(item["pivoted"]) <= set(item["targets"]) for item in answer)
    return {item["lang"]: item["targets"] for item in answer}


async def test_a_multilingual_model_lists_its_languages_instead_of_all_pairs() -> None:
    codes = [a + b for a in "abcdefghij" for b in "abcdefghij"]
    model = dataclasses.replace(served_model(), pairs=tuple(itertools.permutations(codes, 2)))
    service = create_service(models=[model])
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/v1/models")
    (answer,) = response.json()["data"]
    assert answer["pairs"] == []
    assert answer["num_pairs"] == len(codes) * (len(codes) - 1)
    assert answer["source_langs"] == codes
    assert set(answer["target_langs"]) == set(codes)
    assert len(response.content) < 3000
    assert len((await languages(service))["aa"]) == len(codes) - 1


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
    assert all(
        "application/problem+json" in translate["responses"][kind]["content"] for kind in ("422", "default")
    )
    assert "HTTPValidationError" not in schemas, "FastAPI's own, which is never sent"


@pytest.mark.parametrize(
    ("method", "path", "level"),
    [("GET", "/v1/models", "info"), ("POST", "/v1/translate", "warning"), ("GET", "/readyz", "debug")],
)
async def test_failures_stand_out_in_the_log_and_probes_do_not(
    service: Service, client: httpx.AsyncClient, method: str, path: str, level: str
) -> None:
    service.readiness.drain()
    await client.request(method, path, json={"text": "a", "target_lang": "pt"})
    assert json.loads(service.log.getvalue())["level"] == level


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


async def test_readiness_fails_at_once_where_no_engine_of_a_model_is_left() -> None:
    stopped: list[str] = []
    service = create_service(stopped_models=lambda: stopped)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/readyz")).status_code == 200
        stopped.append("opus")
        refused = await client.get("/readyz")
        assert (refused.status_code, refused.json()["code"]) == (503, "model_unavailable")
        assert "opus" in refused.json()["detail"]
        assert "retry-after" in refused.headers
        assert (await client.get("/livez")).status_code == 200
