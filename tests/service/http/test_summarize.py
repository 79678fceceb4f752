from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import SUMMARIZER_ID, Service, create_service, unavailable
from tests.service.http.test_errors import check_problem
from tests.service.http.test_stream import parse

TEXT = "one two three"


async def test_one_text(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/summarize", json={"text": TEXT})
    assert response.status_code == 200
    assert response.json() == {
        "model": SUMMARIZER_ID,
        "summaries": [
            {
                "model": SUMMARIZER_ID,
                "text": "ONE",
                "finish_reason": "stop",
                "score": -0.5,
                "warnings": [],
                "chunks": [
                    {"level": 0, "source": [0, 13], "summary": "ONE", "score": -0.5, "finish_reason": "stop"}
                ],
                "alignment": None,
                "sentences": [],
            }
        ],
        "usage": {"characters": 13, "prompt_tokens": 5, "generation_tokens": 2},
    }


async def test_a_list_gives_one_summary_each_in_order(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/summarize", json={"text": ["b c", "", "a"]})).json()
    assert [summary["text"] for summary in answer["summaries"]] == ["B", "", "A"]
    assert answer["usage"] == {"characters": 4, "prompt_tokens": 15, "generation_tokens": 6}


async def test_the_alignment_has_what_its_level_says(client: httpx.AsyncClient) -> None:
    found: dict[str, dict[str, Any]] = {}
    for level in ("sentences", "links", "matrix"):
        response = await client.post("/v1/summarize", json={"text": TEXT, "alignment": level})
        found[level] = response.json()["summaries"][0]["alignment"]
    assert found["sentences"]["sentences"] == [
        {"target": [0, 3], "sources": [{"source": [0, 13], "mass": 0.75}], "sink_mass": 0.25}
    ]
    assert found["sentences"]["links"] is None
    assert found["links"]["links"] == [{"source": [0, 1], "target": [0, 1], "score": 0.5}]
    assert found["links"]["matrix"] is None
    assert found["matrix"]["matrix"]["shape"] == [2, 2]
    assert len({str(alignment["sentences"]) for alignment in found.values()}) == 1


async def test_the_request_reaches_the_pipeline_unchanged(
    service: Service, client: httpx.AsyncClient
) -> None:
    await client.post(
        "/v1/summarize",
        json={
            "text": TEXT,
            "format": "html",
            "model": "m",
            "length": "long",
            "alignment": "links",
            "offset_unit": "utf8",
            "timeout_s": 5,
            "generation": {"num_beams": 4, "min_new_tokens": 7},
        },
    )
    (request,) = service.summarizer.requests
    assert (request.text, request.text_format) == (TEXT, "html")
    assert (request.model, request.length) == ("m", "long")
    assert (request.alignment, request.offset_unit) == ("links", "utf8")
    assert (request.params.num_beams, request.params.min_new_tokens) == (4, 7)
    (allowance,) = service.summarizer.allowances
    assert (allowance.timeout_s, allowance.longest_timeout_s) == (5, None)


async def test_the_texts_of_a_request_go_to_the_pipeline_together(
    service: Service, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await client.post("/v1/summarize", json={"text": [TEXT, TEXT]})
    assert service.summarizer.calls == [2, 2]


async def test_a_long_text_may_take_longer_unless_the_request_says_how_long() -> None:
    service = create_service(Settings(limits=LimitSettings(default_timeout_s=5, max_timeout_s=10)))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/v1/summarize", json={"text": TEXT})
    (allowance,) = service.summarizer.allowances
    assert (allowance.timeout_s, allowance.longest_timeout_s) == (5, 10)


async def test_the_stream_ends_with_the_plain_answer(client: httpx.AsyncClient) -> None:
    body = {"text": TEXT, "alignment": "sentences"}
    response = await client.post("/v1/summarize", json={**body, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = parse(response.text)
    assert [name for name, _ in events] == ["token", "segment", "alignment", "done"]
    plain = (await client.post("/v1/summarize", json=body)).json()
    assert events[-1][1] == plain
    assert events[-2][1] == plain["summaries"][0]["alignment"]
    assert events[1][1] == {
        **plain["summaries"][0]["chunks"][0],
        "text": "",
        "num_finished": 1,
        "num_chunks": 1,
    }
    streamed = "".join(data["text"] for name, data in events if name in ("token", "segment"))
    assert streamed == plain["summaries"][0]["text"]


async def test_failures_before_and_after_the_first_event(service: Service, client: httpx.AsyncClient) -> None:
    service.summarizer.failures["x"] = unavailable()
    for stream in (False, True):
        response = await client.post("/v1/summarize", json={"text": "x", "stream": stream})
        check_problem(response, 429, "queue_full")
        assert response.headers["retry-after"] == "3"
    service.summarizer.failures["later"] = ServiceError("timeout", "It took too long.")
    response = await client.post("/v1/summarize", json={"text": "to fail", "stream": True})
    events = parse(response.text)
    assert [name for name, _ in events] == ["token", "error"]
    assert (events[-1][1]["code"], events[-1][1]["status"]) == ("timeout", 504)
    assert service.summarizer.num_running == 0


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ["a", "b"], "stream": True}, 422),
        ({"length": "tiny"}, 422),
        ({"alignment": "full"}, 422),
        ({"timeout_s": 0}, 422),
        ({"timeout_s": 11}, 422),
        ({"text": []}, 422),
        ({"text": ["a"] * 4}, 413),
        ({"text": "a" * 101}, 413),
    ],
)
async def test_what_is_refused(fields: dict[str, Any], status: int) -> None:
    limits = LimitSettings(max_texts=3, max_text_bytes=100, default_timeout_s=5, max_timeout_s=10)
    service = create_service(Settings(limits=limits))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post("/v1/summarize", json={"text": "a", **fields})
    check_problem(response, status)
    assert service.summarizer.requests == []


@pytest.mark.parametrize("stream", [False, True])
async def test_a_gone_client_frees_its_slot(
    service: Service, client: httpx.AsyncClient, stream: bool
) -> None:
    call = asyncio.create_task(client.post("/v1/summarize", json={"text": "wait", "stream": stream}))
    await service.summarizer.started.wait()
    assert service.summarizer.num_running == 1
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert service.summarizer.num_running == 0
    assert service.in_flight.count == 0


async def test_summaries_are_counted_by_task(client: httpx.AsyncClient) -> None:
    await client.post("/v1/summarize", json={"text": TEXT, "alignment": "sentences"})
    await client.post("/v1/summarize", json={"text": TEXT, "stream": True})
    metrics = (await client.get("/metrics")).text
    labels = f'model_name="{SUMMARIZER_ID}",replica="r1",task="summarization"'
    assert f"crosslate_e2e_request_latency_seconds_count{{{labels}}} 2.0" in metrics
    assert (
        'direction="source",model_name="starter/summarize-en",replica="r1",task="summarization"} 26.0'
        in metrics
    )
    assert 'level="sentences",model_name="starter/summarize-en"' in metrics


async def test_query_style_and_headlines_reach_the_summarizer(client: httpx.AsyncClient) -> None:
    body = {"text": TEXT, "length": "headline", "query": "trams", "style": "bullets"}
    assert (await client.post("/v1/summarize", json=body)).status_code == 200
    assert (await client.post("/v1/summarize", json={**body, "style": "verse"})).status_code == 422
    assert (await client.post("/v1/summarize", json={**body, "length": "tiny"})).status_code == 422
