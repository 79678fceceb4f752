"""Keys over HTTP, natively: who is let in, and what is said to the others."""

from __future__ import annotations

import httpx
import pytest

from crosslate.service.serving.metrics import render_metrics
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.fakes import Service, create_service
from tests.service.http.test_errors import check_problem

BODIES = {
    "/v1/translate": {"text": "ab", "target_lang": "pt"},
    "/v1/summarize": {"text": "ab"},
    "/v1/align": {"source": "ab", "target": "c", "source_lang": "en", "target_lang": "pt"},
    "/v1/detect": {"text": "ab"},
}
OPEN = {"/v1/models", "/v1/languages", "/livez", "/readyz", "/metrics", "/version"}
"""What says only what is served, and how the service fares."""
DOCUMENTS = ("", "/{document_id}", "/{document_id}/result")
"""See `test_documents`."""
GLOSSARIES = ("", "/{glossary_id}", "/{glossary_id}/entries")
"""Each owner's own: of the key's, or of all where there are none."""
HEADERS = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def service() -> Service:
    return create_service(access=make_access(make_key(models=frozenset({"starter/en-pt"}))))


async def test_every_route_either_needs_a_key_or_is_open_on_purpose(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths.keys() == (
        BODIES.keys()
        | OPEN
        | {f"/v1/documents{rest}" for rest in DOCUMENTS}
        | {f"/v1/glossaries{rest}" for rest in GLOSSARIES}
    )


@pytest.mark.parametrize("rest", GLOSSARIES)
async def test_glossaries_need_one(client: httpx.AsyncClient, rest: str) -> None:
    path = f"/v1/glossaries{rest}".format(glossary_id="a")
    answer = await client.get(path, params={"source_lang": "en", "target_lang": "pt"})
    check_problem(answer, 401, "key_missing")


@pytest.mark.parametrize("path", BODIES)
async def test_a_key_lets_in(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, json=BODIES[path], headers=HEADERS)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", BODIES)
async def test_without_one_nothing_is_asked_of_a_model(
    service: Service, client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.post(path, json=BODIES[path])
    check_problem(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="crosslate"'
    wrong = await client.post(path, json=BODIES[path], headers={"Authorization": "Bearer guessed-key"})
    check_problem(wrong, 401, "key_invalid")
    assert wrong.headers["www-authenticate"] == 'Bearer realm="crosslate", error="invalid_token"'
    assert "guessed-key" not in wrong.text + service.log.getvalue()
    assert not service.translator.requests
    assert not service.summarizer.requests


async def test_a_stream_is_refused_with_its_status(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/translate", json={**BODIES["/v1/translate"], "stream": True})
    check_problem(answer, 401, "key_missing")


@pytest.mark.parametrize("path", [*sorted(OPEN), "/", "/docs", "/openapi.json"])
async def test_what_is_open_stays_open(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_another_model_is_refused(client: httpx.AsyncClient) -> None:
    body = {**BODIES["/v1/translate"], "model": "starter/pt-en"}
    check_problem(await client.post("/v1/translate", json=body, headers=HEADERS), 403, "key_not_for_model")


async def test_over_a_rate_it_is_said_when_to_come_back() -> None:
    service = create_service(access=make_access(make_key(requests_per_minute=1)))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HEADERS) as client:
        await client.post("/v1/detect", json=BODIES["/v1/detect"])
        answer = await client.post("/v1/detect", json=BODIES["/v1/detect"])
    check_problem(answer, 429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 120


async def test_the_log_and_the_metrics_know_a_key_by_its_name(
    service: Service, client: httpx.AsyncClient
) -> None:
    await client.post("/v1/translate", json=BODIES["/v1/translate"], headers=HEADERS)
    assert '"key": "a"' in service.log.getvalue()
    assert SECRET not in service.log.getvalue()


async def test_charges_and_refusals_are_counted_by_name() -> None:
    service = create_service()
    for name, number in [("a", 5), ("a", 7)]:
        service.metrics.observe_charge(name, number)
    service.metrics.observe_quota_rejection("a", "rate_limited")
    service.metrics.observe_store_failure()
    text = render_metrics({"r": service.metrics.snapshot()}).decode()
    for line in (
        'crosslate_key_requests_total{key="a",replica="r"} 2.0',
        'crosslate_key_characters_total{key="a",replica="r"} 12.0',
        'crosslate_quota_rejections_total{key="a",reason="rate_limited",replica="r"} 1.0',
        'crosslate_store_failures_total{replica="r"} 1.0',
    ):
        assert line in text


async def test_the_description_says_which_operations_take_a_key(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert ("security" in operation) == ("401" in operation["responses"]) == (path not in OPEN)
