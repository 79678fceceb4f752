from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosslate.service.http import problems
from crosslate.service.problems import PROBLEMS
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service, unavailable

ALIGN = {"source": "hello", "target": "ola", "source_lang": "en", "target_lang": "pt"}
POSTS: dict[str, dict[str, Any]] = {
    "/v1/translate": {"text": "hello", "target_lang": "pt"},
    "/v1/align": ALIGN,
    "/v1/detect": {"text": "hello"},
    "/v1/summarize": {"text": "hello"},
}
GETS = [
    "/v1/models",
    "/v1/languages",
    "/livez",
    "/readyz",
    "/metrics",
    "/version",
    "/openapi.json",
    "/docs",
    "/",
]
DOCUMENTED = {
    "/v1/translate": problems.TRANSLATE,
    "/v1/align": problems.ALIGN,
    "/v1/detect": problems.DETECT,
    "/v1/summarize": problems.SUMMARIZE,
}
MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


def check_problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem.keys() == MEMBERS
    assert problem["status"] == status
    assert isinstance(problem["detail"], str)
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert code is None or problem["code"] == code
    assert PROBLEMS[problem["code"]].status == status
    if response.request.method == "POST" and problem["code"] != "queue_full":  # fakes raise it anywhere
        assert problem["code"] in DOCUMENTED.get(response.request.url.path, PROBLEMS)
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize("path", POSTS)
async def test_every_post_route_renders_its_errors_alike(client: httpx.AsyncClient, path: str) -> None:
    unknown = check_problem(await client.post(path, json={**POSTS[path], "txet": 1}), 422)
    assert {"body"} == {error["loc"][0] for error in unknown["errors"]}
    assert unknown["errors"][0]["loc"][-1] == "txet"
    check_problem(await client.post(path, json={}), 422, "malformed_request")
    check_problem(await client.post(path, json=[1]), 422)
    check_problem(await client.post(path, content=b"{"), 422)
    check_problem(await client.post(path, content=b""), 422)
    check_problem(await client.post(path, content=b'{"text": "\xff"}'), 422)
    check_problem(await client.post(path, content=b'{"text": "\\ud800"}'), 422)
    check_problem(await client.post(path, data={"text": "hello"}), 415)
    check_problem(await client.post(path, content=b"{}", headers={"content-encoding": "br"}), 415)
    check_problem(
        await client.post(path, content=b"{}", headers={"content-type": "application/json; charset=latin1"}),
        415,
    )
    wrong_method = await client.get(path)
    check_problem(wrong_method, 405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST"


@pytest.mark.parametrize("path", GETS)
async def test_every_get_route_answers_and_refuses_other_methods(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code == 200
    check_problem(await client.delete(path), 405)


@pytest.mark.parametrize("path", ["/nope", "/v1", "/v1/translate/x", "/v1/models/x"])
async def test_unknown_paths(client: httpx.AsyncClient, path: str) -> None:
    check_problem(await client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/v1/translate", "/v1/align", "/v1/detect"])
async def test_errors_of_the_pipeline_and_defects(
    service: Service, client: httpx.AsyncClient, path: str
) -> None:
    service.translator.failures["hello"] = unavailable()
    response = await client.post(path, json=POSTS[path])
    check_problem(response, 429, "queue_full")
    assert response.headers["retry-after"] == "3"
    service.translator.failures["hello"] = ValueError("the secret text")
    response = await client.post(path, json=POSTS[path])
    check_problem(response, 500, "internal_error")
    assert "secret" not in response.text + service.log.getvalue()
    assert "ValueError" in service.log.getvalue()


async def test_wrong_types_are_not_converted(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/translate",
        json={
            "text": ["a", 3],
            "target_lang": 5,
            "split_sentences": "yes",
            "num_alternatives": 1.5,
            "generation": {"num_beams": "4", "top_p": 2},
        },
    )
    problem = check_problem(response, 422)
    assert {tuple(error["loc"]) for error in problem["errors"]} == {
        ("body", "text", 1),
        ("body", "target_lang"),
        ("body", "split_sentences"),
        ("body", "num_alternatives"),
        ("body", "generation", "num_beams"),
        ("body", "generation", "top_p"),
    }


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"format": "pdf"}, "format: Input should be 'text', 'markdown', 'html' or 'xml'"),
        (
            {"translate_attributes": 3},
            "translate_attributes: Input should be a valid boolean or a valid array",
        ),
        ({"text": []}, "text: should have at least 1 item, not 0"),
        (
            {"glossary": {"cat": "gato"}},
            "glossary: Input should be a valid array of objects with 'source' and 'target'",
        ),
        ({"glossary": ["cat=gato"]}, "glossary.0: Input should be an object with 'source' and 'target'"),
        ({"protect": "cat"}, "protect: Input should be a valid array"),
        ({"generation": [4]}, "generation: Input should be an object"),
    ],
)
async def test_all_that_a_value_may_be_is_told_at_once(
    client: httpx.AsyncClient, fields: dict[str, object], detail: str
) -> None:
    response = await client.post("/v1/translate", json={"text": "a", "target_lang": "pt"} | fields)
    problem = check_problem(response, 422)
    assert problem["detail"] == detail
    assert len(problem["errors"]) == 1


@pytest.mark.parametrize(
    ("content", "words"), [(b" ", "is empty"), (b'{"text": "a\\ud83d b"}', "half of a surrogate pair")]
)
async def test_what_is_no_json_is_told_from_nothing_and_from_a_cut_emoji(
    client: httpx.AsyncClient, content: bytes, words: str
) -> None:
    response = await client.post("/v1/translate", content=content)
    assert words in check_problem(response, 422)["detail"]


async def test_an_unknown_field_names_the_nearest(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/translate", json={"text": "a", "target_lang": "pt", "generation": {"num_beam": 2}}
    )
    assert check_problem(response, 422)["errors"] == [
        {"loc": ["body", "generation", "num_beam"], "msg": "unknown key; did you mean 'num_beams'?"}
    ]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"glossary": [{"source": "!", "target": "b"}]}, 422, "malformed_request"),
        ({"glossary": [{"source": "a", "target": "b\n"}]}, 422, "malformed_request"),
        ({"glossary": [{"source": "a" * 1025, "target": "b"}]}, 422, "malformed_request"),
        ({"glossary": [{"source": "a", "target": "b"}] * 1001}, 422, "malformed_request"),
        ({"text": ["a", "b"], "stream": True}, 422, "malformed_request"),
        ({"text": []}, 422, "malformed_request"),
        ({"text": None}, 422, "malformed_request"),
        ({"timeout_s": 0}, 422, "malformed_request"),
        ({"timeout_s": 1e9}, 422, "malformed_request"),
        ({"num_alternatives": 11}, 422, "malformed_request"),
        ({"generation": {"num_beams": 17}}, 422, "malformed_request"),
        ({"generation": {"min_new_tokens": 9, "max_new_tokens": 8}}, 422, "malformed_request"),
        ({"text": ["a"] * 129}, 413, "too_many_texts"),
        ({"text": "é" * 70_000}, 413, "text_too_large"),
        ({"text": ["é" * 40_000] * 2}, 413, "text_too_large"),
    ],
)
async def test_what_cannot_be_served(
    client: httpx.AsyncClient, fields: dict[str, Any], status: int, code: str
) -> None:
    response = await client.post("/v1/translate", json={"text": "a", "target_lang": "pt", **fields})
    check_problem(response, status, code)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"generation": {"num_beams": 4}}, []),
        ({"generation": {"num_beams": 5}}, [("num_beams", "at most 4 (limits.max_beams)")]),
        ({"generation": {"max_new_tokens": 21}}, [("max_new_tokens", "at most 20 (limits.max_new_tokens)")]),
        ({"num_alternatives": 3}, []),
        ({"num_alternatives": 4}, [("num_alternatives", "at most 3 (limits.max_beams)")]),
        (
            {"num_alternatives": 6, "generation": {"num_beams": 9}},
            [
                ("num_beams", "at most 4 (limits.max_beams)"),
                ("num_alternatives", "at most 3 (limits.max_beams)"),
            ],
        ),
    ],
)
async def test_beams_tokens_and_alternatives_have_limits_that_are_named(
    fields: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    limits = LimitSettings(max_beams=4, max_new_tokens=20, max_alternatives=5)
    transport = httpx.ASGITransport(app=create_service(Settings(limits=limits)).app)
    bodies = {"/v1/translate": {"text": "a", "target_lang": "pt", **fields}}
    if "num_alternatives" not in fields:
        bodies["/v1/summarize"] = {"text": "a", **fields}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path, body in bodies.items():
            response = await client.post(path, json=body)
            assert response.status_code == (422 if errors else 200)
            told = [(error["loc"][-1], error["msg"]) for error in response.json().get("errors", [])]
            assert told == errors


async def test_a_draining_service_answers_503(service: Service, client: httpx.AsyncClient) -> None:
    service.readiness.drain()
    for response in (
        await client.get("/readyz"),
        *[await client.post(path, json=content) for path, content in POSTS.items()],
    ):
        check_problem(response, 503, "draining")
        assert int(response.headers["retry-after"]) >= 1
    assert (await client.get("/livez")).status_code == 200
    assert (await client.get("/v1/models")).json()["data"][0]["state"] == "draining"


async def test_a_body_over_the_limit_is_refused_while_it_arrives() -> None:
    service = create_service(Settings(limits=LimitSettings(max_body_bytes=1000)))
    num_chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal num_chunks
        while True:
            num_chunks += 1
            yield b" " * 100

    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        check_problem(await client.post("/v1/translate", content=endless()), 413, "body_too_large")
        assert num_chunks == 11
        check_problem(await client.post("/v1/translate", content=b" " * 1001), 413, "body_too_large")
        assert (await client.post("/v1/detect", json={"text": "a" * 900})).status_code == 200


@pytest.mark.parametrize(
    ("given_id", "is_kept"),
    [("abc-123", True), ("x" * 128, True), ("x" * 129, False), ("", False), ("a\tb", False)],
)
async def test_the_request_id_is_echoed_if_it_is_sane(
    service: Service, client: httpx.AsyncClient, given_id: str, is_kept: bool
) -> None:
    response = await client.get("/nope", headers={"X-Request-ID": given_id})
    problem = check_problem(response, 404)
    assert (problem["request_id"] == given_id) is is_kept
    assert json.loads(service.log.getvalue())["request_id"] == problem["request_id"]


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
    return st.recursive(leaves, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=8)


def bodies() -> st.SearchStrategy[bytes]:
    names = ["text", "target_lang", "source_lang", "stream", "timeout_s", "generation", "glossary", "x"]
    objects = st.dictionaries(st.sampled_from(names), json_values())
    return st.one_of(st.binary(), objects.map(lambda value: json.dumps(value).encode()))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=bodies())
async def test_no_body_is_a_server_error(client: httpx.AsyncClient, content: bytes) -> None:
    for path in POSTS:
        response = await client.post(path, content=content)
        if response.status_code != 200:
            assert response.status_code in (400, 413, 422)
            check_problem(response, response.status_code)
