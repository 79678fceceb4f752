"""Three dialects that only the tests have: two share a path and are told apart, each has its own errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import Dialect, Fields, call_of
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.errors import retry_headers
from crosslate.service.http.native import NATIVE
from crosslate.service.http.services import Services
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.test_errors import check_problem

READ_KEYS: list[str | None] = []


def bare_routes(services: Services) -> APIRouter:
    """`q` and `target`, the key among them; also another path."""
    router = APIRouter()

    @router.post("/translate")
    async def translate(request: Request) -> Response:
        fields = await read_fields(request)
        call = call_of(request, fields=fields)
        READ_KEYS.append(call.key)
        wanted = [TranslationRequest(text=fields["q"], target_lang=fields["target"])]
        (result,) = await services.serving.ask(services.serving.translation, wanted, call)
        return JSONResponse({"translatedText": result.text})

    return router


def listed_routes(services: Services) -> APIRouter:
    """`source` is a list."""
    router = APIRouter()

    @router.post("/translate")
    async def translate(request: Request) -> Response:
        texts = (await read_fields(request))["source"]
        wanted = [TranslationRequest(text=text, target_lang="pt") for text in texts]
        results = await services.serving.ask(services.serving.translation, wanted, call_of(request))
        return JSONResponse({"translation": [result.text for result in results]})

    return router


def versioned_routes(services: Services) -> APIRouter:
    """A list of objects, the target language in the query."""
    router = APIRouter()

    @router.post("/translate")
    async def translate(request: Request, to: str) -> Response:
        call = call_of(request, timeout_s=3)
        READ_KEYS.append(call.key)
        wanted = [TranslationRequest(text=item["Text"], target_lang=to) for item in await request.json()]
        results = await services.serving.ask(services.serving.translation, wanted, call)
        return JSONResponse([{"translations": [{"to": to, "text": result.text}]} for result in results])

    return router


async def read_fields(request: Request) -> dict[str, Any]:
    if request.headers["content-type"].startswith("application/x-www-form"):
        return dict(parse_qsl((await request.body()).decode()))
    try:
        fields: dict[str, Any] = await request.json()
    except ValueError:
        raise ServiceError("malformed_request", "this is no JSON") from None
    return fields


def render_text(error: ServiceError, request_id: str) -> Response:
    return JSONResponse({"error": error.detail}, error.status, retry_headers(error))


def render_number(error: ServiceError, request_id: str) -> Response:
    number = error.status * 1000
    return JSONResponse({"error": {"code": number, "message": error.detail, "id": request_id}}, error.status)


def field_key(headers: Headers, fields: Fields) -> str | None:
    return fields.get("api_key")


def header_key(headers: Headers, fields: Fields) -> str | None:
    return headers.get("x-key")


BARE = Dialect(
    name="bare",
    routes=bare_routes,
    render_error=render_text,
    read_key=field_key,
    claim=Claim(paths=frozenset({"/translate", "/bare/unknown"})),
    tells=lambda fields: "q" in fields,
    timeout_status=408,
)
LISTED = Dialect(
    name="listed",
    routes=listed_routes,
    render_error=lambda error, request_id: JSONResponse({"detail": error.detail}, error.status),
    read_key=header_key,
    claim=Claim(paths=frozenset({"/translate"})),
    tells=lambda fields: isinstance(fields.get("source"), list),
)
VERSIONED = Dialect(
    name="versioned",
    routes=versioned_routes,
    render_error=render_number,
    read_key=header_key,
    claim=Claim(versioned_paths=frozenset({"/translate"})),
    timeout_status=408,
)
QUERY = {"api-version": "3.0", "to": "pt"}
LIMITS = LimitSettings(max_body_bytes=1000, max_text_bytes=500)


@pytest.fixture
async def service() -> Service:
    return create_service(Settings(limits=LIMITS), dialects=(BARE, LISTED, VERSIONED))


@pytest.fixture(autouse=True)
def no_keys() -> None:
    READ_KEYS.clear()


async def test_requests_of_one_path_go_to_the_dialect_that_they_speak(
    service: Service, client: httpx.AsyncClient
) -> None:
    bare = await client.post("/translate", json={"q": "ab", "target": "pt", "api_key": "k1"})
    form = await client.post("/translate/", data={"q": "ab", "target": "pt"})
    listed = await client.post("/translate", json={"source": ["a", "b"]})
    versioned = await client.post(
        "/translate", params=QUERY, json=[{"Text": "c"}, {"Text": "d"}], headers={"X-Key": "k2"}
    )
    native = await client.post("/v1/translate", json={"text": "ab", "target_lang": "pt"})
    assert bare.json() == form.json() == {"translatedText": "AB"}
    assert listed.json() == {"translation": ["A", "B"]}
    assert [item["translations"][0]["text"] for item in versioned.json()] == ["C", "D"]
    assert native.json()["translations"][0]["text"] == "AB"
    assert READ_KEYS == ["k1", None, "k2"]
    assert service.translator.calls == [1, 1, 2, 2, 1]
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    assert [(line["route"], line["status"]) for line in lines[:4]] == [("/translate", 200)] * 4
    assert [line["characters"] for line in lines] == [2, 2, 2, 2, 2]
    assert "k1" not in service.log.getvalue()


def form_of(response: httpx.Response) -> str:
    error = response.json().get("error", response.json())
    return "text" if isinstance(error, str) else "number" if "message" in error else "detail"


BAD = {"q": "bad", "target": "pt"}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ServiceError("timeout", "Send less."), 408),
        (ServiceError("unavailable", "Send less."), 503),
        (unavailable(), 429),
        (ValueError("the secret text"), 500),
    ],
)
async def test_a_failure_takes_the_form_of_its_dialect(
    service: Service, client: httpx.AsyncClient, failure: Exception, status: int
) -> None:
    service.translator.failures["bad"] = failure
    bare = await client.post("/translate", json=BAD)
    versioned = await client.post("/translate", params=QUERY, json=[{"Text": "bad"}])
    listed = await client.post("/translate", json={"source": ["bad"]})
    native = await client.post("/v1/translate", json={"text": "bad", "target_lang": "pt"})
    assert (bare.status_code, form_of(bare)) == (status, "text")
    assert (versioned.status_code, form_of(versioned)) == (status, "number")
    assert versioned.json()["error"]["id"] == versioned.headers["x-request-id"]
    plain = 504 if status == 408 else status
    assert (listed.status_code, form_of(listed)) == (plain, "detail")
    assert native.status_code == plain
    assert native.headers["content-type"] == "application/problem+json"
    assert bare.headers.get("retry-after") == ("3" if status == 429 else None)
    assert "secret" not in bare.text + service.log.getvalue()


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 100


async def test_so_does_what_no_route_has_seen(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/bare/unknown")
    assert (unknown.status_code, form_of(unknown)) == (404, "text")
    wrong_method = await client.delete("/translate", params=QUERY)
    assert (wrong_method.status_code, form_of(wrong_method)) == (405, "number")
    assert wrong_method.headers["allow"] == "POST"
    no_target = await client.post("/translate", params={"api-version": "3.0"}, json=[])
    assert (no_target.status_code, form_of(no_target)) == (422, "number")
    no_json = await client.post("/translate", content=b"{", headers={"content-type": "application/json"})
    assert (no_json.status_code, form_of(no_json)) == (422, "text")
    check_problem(await client.get("/v1/nope"), 404, "not_found")
    check_problem(await client.get("/other"), 404, "not_found")


@pytest.mark.parametrize("content", [b" " * 1001, b'{"q": "' + b"a" * 501 + b'", "target": "pt"}', None])
async def test_so_does_a_body_that_is_too_large(client: httpx.AsyncClient, content: bytes | None) -> None:
    headers = {"content-type": "application/json"}
    bare = await client.post("/translate", content=content or endless(), headers=headers)
    assert (bare.status_code, form_of(bare)) == (413, "text")
    if content is None:
        versioned = await client.post("/translate", params=QUERY, content=endless(), headers=headers)
        assert (versioned.status_code, form_of(versioned)) == (413, "number")
    check_problem(await client.post("/v1/translate", content=b" " * 1001), 413, "body_too_large")


@pytest.mark.parametrize(
    ("authorization", "key"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", None), ("Bearer", None), (None, None)],
)
def test_the_native_key_is_a_bearer_token(authorization: str | None, key: str | None) -> None:
    headers = Headers({} if authorization is None else {"authorization": authorization})
    assert NATIVE.read_key(headers, {}) == key


def test_a_dialect_can_be_a_key() -> None:
    """Which HAProxy's own answers are told apart by, as the service starts."""
    dialects = (NATIVE, *DIALECTS)
    assert len({dialect: dialect.name for dialect in dialects}) == len(dialects)
