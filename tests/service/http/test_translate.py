from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import numpy as np
import pytest

from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service


def body(**fields: object) -> dict[str, Any]:
    return {"text": "hello", "target_lang": "pt", **fields}


async def test_one_text(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/translate", json=body(alignment="links"))
    assert response.status_code == 200
    answer = response.json()
    assert answer["model"] == "starter/en-pt"
    assert answer["usage"] == {"characters": 5, "prompt_tokens": 3, "generation_tokens": 4}
    (translation,) = answer["translations"]
    assert translation["text"] == "HELLO"
    assert translation["detected"] == {"lang": "en", "confidence": 0.9}
    assert translation["segments"] == [
        {"source": [0, 5], "target": [0, 5], "score": -0.5, "finish_reason": "stop"}
    ]
    assert translation["alignment"]["links"] == [{"source": [0, 1], "target": [0, 1], "score": 0.5}]
    assert translation["alignment"]["pharaoh"] == "0-0"
    assert translation["alignment"]["matrix"] is None


async def test_a_list_gives_one_translation_each_in_order(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/translate", json=body(text=["b", "", "a"], source_lang="en"))
    answer = response.json()
    assert [item["text"] for item in answer["translations"]] == ["B", "", "A"]
    assert answer["usage"]["characters"] == 2
    assert answer["translations"][0]["detected"] is None


async def test_texts_of_a_list_run_at_the_same_time(service: Service, client: httpx.AsyncClient) -> None:
    call = asyncio.create_task(client.post("/v1/translate", json=body(text=["wait", "wait", "wait"])))
    await service.translator.started.wait()
    while service.translator.num_running < 3:
        await asyncio.sleep(0)
    service.translator.release.set()
    assert (await call).status_code == 200


async def test_a_failing_text_cancels_the_others(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.failures["bad"] = ValueError("secret")
    response = await client.post("/v1/translate", json=body(text=["wait", "bad"]))
    assert response.status_code == 500
    assert service.translator.num_running == 0


async def test_the_request_reaches_the_pipeline_unchanged(
    service: Service, client: httpx.AsyncClient
) -> None:
    await client.post(
        "/v1/translate",
        json=body(
            source_lang="en",
            model="m",
            format="markdown",
            line_breaks="join",
            split_sentences=False,
            truncation="error",
            alignment="symmetric",
            hard_links="monotone",
            offset_unit="utf16",
            num_alternatives=2,
            timeout_s=5,
            generation={"num_beams": 4, "early_stopping": "never", "seed": 7, "top_p": 0.5},
        ),
    )
    (request,) = service.translator.requests
    assert (request.source_lang, request.target_lang, request.model) == ("en", "pt", "m")
    assert (request.text_format, request.line_breaks) == ("markdown", "join")
    assert (request.split_sentences, request.truncation, request.alignment) == (False, "error", "symmetric")
    assert request.hard_links == "monotone"
    assert (request.offset_unit, request.num_alternatives) == ("utf16", 2)
    assert [allowance.timeout_s for allowance in service.translator.allowances] == [5]
    assert (request.params.num_beams, request.params.early_stopping) == (4, "never")
    assert (request.params.seed, request.params.top_p, request.params.max_new_tokens) == (7, 0.5, None)


async def test_hard_links_without_an_alignment_are_refused(
    service: Service, client: httpx.AsyncClient
) -> None:
    response = await client.post("/v1/translate", json=body(hard_links="free"))
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert "hard_links" in fault["loc"]
    assert service.translator.requests == []


async def test_the_texts_of_a_request_go_to_the_pipeline_together(
    service: Service, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await client.post("/v1/translate", json=body(text=["a", "b"]))
    assert service.translator.calls == [2, 2]


async def test_the_default_deadline_is_a_setting() -> None:
    service = create_service(Settings(limits=LimitSettings(default_timeout_s=3, max_timeout_s=4)))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/v1/translate", json=body())
        too_long = await client.post("/v1/translate", json=body(timeout_s=4.5))
        await client.post("/v1/translate", json=body(timeout_s=2))
    limits = [(one.timeout_s, one.longest_timeout_s) for one in service.translator.allowances]
    assert limits == [(3, 4), (2, None)]
    assert too_long.status_code == 422
    assert too_long.json()["errors"] == [
        {"loc": ["body", "timeout_s"], "msg": "at most 4 seconds (limits.max_timeout_s)"}
    ]


async def test_the_matrix_is_base64_of_little_endian_float16(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/v1/align",
        json={
            "source": "a",
            "target": "b",
            "source_lang": "en",
            "target_lang": "pt",
            "alignment": "matrix",
        },
    )
    alignment = response.json()["alignment"]
    matrix = alignment["matrix"]
    values = np.frombuffer(base64.b64decode(matrix["data"]), "<f2").reshape(matrix["shape"])
    np.testing.assert_array_equal(values, [[0.25, 0.75], [1.0, 0.0]])
    assert alignment["target_tokens"][1] == {"text": "</s>", "span": None}


@pytest.mark.parametrize(
    ("accept", "media_type", "content"),
    [
        ("image/svg+xml", "image/svg+xml", b"svg:1:2:1"),
        ("image/png", "image/png", b"png:1:2:1"),
        ("image/png;q=0.5, image/svg+xml", "image/svg+xml", b"svg:1:2:1"),
        ("application/json;q=0.1, image/png;q=0.2", "image/png", b"png:1:2:1"),
        ("*/*", "application/json", None),
        ("text/html", "application/json", None),
        ("image/png;q=x", "application/json", None),
    ],
)
async def test_align_draws_where_a_picture_is_accepted(
    service: Service, client: httpx.AsyncClient, accept: str, media_type: str, content: bytes | None
) -> None:
    response = await client.post(
        "/v1/align",
        json={"source": "a", "target": "bc", "source_lang": "en", "target_lang": "pt"},
        headers={"Accept": accept},
    )
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type
    if content is not None:
        assert response.content == content
    assert [pair.is_drawn for pair in service.translator.pairs] == [content is not None]


async def test_detect_answers_for_each_text(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/detect", json={"text": ["a", "b"]})
    assert response.json() == {"detections": [{"lang": "en", "confidence": 0.75}] * 2}
    response = await client.post("/v1/detect", json={"text": "a"})
    assert len(response.json()["detections"]) == 1


async def test_a_gone_client_frees_its_slot(service: Service, client: httpx.AsyncClient) -> None:
    call = asyncio.create_task(client.post("/v1/translate", json=body(text="wait")))
    await service.translator.started.wait()
    assert service.translator.num_running == 1
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert service.translator.num_running == 0
    assert service.in_flight.count == 0


@pytest.mark.parametrize(
    ("asked", "names"),
    [(False, set()), (["alt", "data-tip"], {"alt", "data-tip"}), (True, {"alt", "title", "aria-label"})],
)
async def test_attributes_are_translated_where_that_is_asked_for(
    service: Service, client: httpx.AsyncClient, asked: object, names: set[str]
) -> None:
    response = await client.post("/v1/translate", json=body(format="html", translate_attributes=asked))
    assert response.status_code == 200
    (request,) = service.translator.requests
    assert names <= request.markup.attributes
    assert bool(request.markup.attributes) == bool(asked)
