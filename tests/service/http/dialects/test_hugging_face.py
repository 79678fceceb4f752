"""The Hugging Face API over a translator that answers in upper case and a summarizer that keeps a word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from crosslate.models.engine.request import GenerationParams
from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.hugging_face.dialect import HELD_BACK_S, HUGGING_FACE
from tests.service.http.fakes import (
    MODEL_ID,
    SUMMARIZER_ID,
    Service,
    create_service,
    served_model,
    unavailable,
)

SUMMARIZER = replace(served_model(), id=SUMMARIZER_ID, task="summarization", pairs=())
MANY = replace(served_model(), id="many", pairs=(("en", "pt"), ("en", "zh-Hant"), ("de", "pt")))
INTO_ONE = replace(served_model(), id="into-one", pairs=(("en", "pt"), ("de", "pt")))


@pytest.fixture
async def service() -> Service:
    return create_service(models=[served_model(), SUMMARIZER, MANY, INTO_ONE], dialects=(HUGGING_FACE,))


@pytest.mark.parametrize("prefix", ["/hf/", "/models/"])
async def test_every_input_has_an_element(client: httpx.AsyncClient, prefix: str) -> None:
    one = await client.post(prefix + MODEL_ID, json={"inputs": "ab"})
    assert one.json() == [{"translation_text": "AB"}]
    several = await client.post(prefix + MODEL_ID, json={"inputs": ["ab", "c"], "parameters": {}})
    assert several.json() == [{"translation_text": "AB"}, {"translation_text": "C"}]
    summary = await client.post(prefix + SUMMARIZER_ID, json={"inputs": "ab cd", "parameters": None})
    assert summary.json() == [{"summary_text": "AB"}]


@pytest.mark.parametrize(
    ("model", "parameters", "pair"),
    [
        (MODEL_ID, {}, ("en", "pt")),
        (MODEL_ID, {"src_lang": None, "tgt_lang": None}, ("en", "pt")),
        (MODEL_ID, {"src_lang": "auto", "tgt_lang": "pt_XX"}, (None, "pt_XX")),
        ("into-one", {}, (None, "pt")),
        ("into-one", {"src_lang": "deu_Latn"}, ("deu_Latn", "pt")),
        ("many", {"tgt_lang": "zt"}, (None, "zh-Hant")),
    ],
)
async def test_languages_may_be_left_out_where_the_model_has_one(
    client: httpx.AsyncClient,
    service: Service,
    model: str,
    parameters: dict[str, Any],
    pair: tuple[str | None, str],
) -> None:
    answer = await client.post(f"/hf/{model}", json={"inputs": "ab", "parameters": parameters})
    assert answer.status_code == 200
    assert [(r.source_lang, r.target_lang, r.model) for r in service.translator.requests] == [(*pair, model)]


class Pairs(tuple[tuple[str, str], ...]):
    """Counts how often they are gone through: a multilingual model has 40,000."""

    num_readings = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        type(self).num_readings += 1
        return super().__iter__()


async def test_a_models_pairs_are_not_gone_through_for_every_request() -> None:
    model = replace(served_model(), pairs=Pairs((("en", "pt"), ("de", "pt"))))
    service = create_service(models=[model], dialects=(HUGGING_FACE,))
    before = Pairs.num_readings
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.post(f"/hf/{MODEL_ID}", json={"inputs": "ab"})).status_code == 200
    assert Pairs.num_readings == before > 0


async def test_they_must_be_given_where_it_has_more(client: httpx.AsyncClient) -> None:
    answer = await client.post("/hf/many", json={"inputs": "ab", "parameters": {"src_lang": "en"}})
    assert (answer.status_code, answer.json()["error_type"]) == (422, "malformed_request")
    assert "tgt_lang" in answer.json()["error"]


@pytest.mark.parametrize(
    ("parameters", "decoding"),
    [
        ({"generate_parameters": {"num_beams": 2, "seed": None}}, GenerationParams(num_beams=2)),
        ({"num_beams": 2, "generate_parameters": {"num_beams": 3}}, GenerationParams(num_beams=3)),
        ({"max_length": 21, "min_length": 6}, GenerationParams(max_new_tokens=20, min_new_tokens=5)),
        (
            {"max_length": 21, "generate_parameters": {"max_new_tokens": 9}},
            GenerationParams(max_new_tokens=9),
        ),
        ({"temperature": 0.5, "do_sample": True}, GenerationParams(temperature=0.5, do_sample=True)),
    ],
)
async def test_decoding_is_asked_for_in_either_place(
    client: httpx.AsyncClient, service: Service, parameters: dict[str, Any], decoding: GenerationParams
) -> None:
    for model in (MODEL_ID, SUMMARIZER_ID):
        answer = await client.post(f"/hf/{model}", json={"inputs": "ab", "parameters": parameters})
        assert answer.status_code == 200
    assert service.translator.requests[0].params == decoding
    assert service.summarizer.requests[0].params == decoding


@pytest.mark.parametrize(
    ("truncation", "ours"), [("do_not_truncate", "error"), ("only_first", "split"), (None, "split")]
)
async def test_nothing_is_cut(
    client: httpx.AsyncClient, service: Service, truncation: str | None, ours: str
) -> None:
    parameters = {"truncation": truncation, "clean_up_tokenization_spaces": True}
    await client.post(f"/hf/{MODEL_ID}", json={"inputs": "ab", "parameters": parameters})
    assert service.translator.requests[0].truncation == ours


async def test_an_alignment_comes_with_the_text(client: httpx.AsyncClient, service: Service) -> None:
    parameters = {"alignment": "links", "offset_unit": "utf16"}
    answer = await client.post(f"/hf/{MODEL_ID}", json={"inputs": "ab", "parameters": parameters})
    (element,) = answer.json()
    assert (element["alignment"]["pharaoh"], element["alignment"]["unit"]) == ("0-0", "utf16")
    parameters = {"alignment": "sentences", "length": "short"}
    answer = await client.post(f"/hf/{SUMMARIZER_ID}", json={"inputs": "ab", "parameters": parameters})
    assert answer.json()[0]["alignment"]["sentences"][0]["target"] == [0, 2]
    assert service.summarizer.requests[0].length == "short"


async def test_options_and_unknown_members_are_ignored(client: httpx.AsyncClient) -> None:
    body = {"inputs": "ab", "options": {"wait_for_model": True, "use_cache": False}, "provider": "x"}
    assert (await client.post(f"/hf/{MODEL_ID}", json=body)).json() == [{"translation_text": "AB"}]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "inputs"),
        ({"inputs": []}, "inputs"),
        ({"inputs": {"text": "a"}}, "inputs"),
        ({"inputs": "a", "parameters": []}, "parameters"),
        ({"inputs": "a", "parameters": {"generate_parameters": 1}}, "generate_parameters"),
        ({"inputs": "a", "parameters": {"generate_parameters": {"num_beems": 1}}}, "num_beams"),
        ({"inputs": "a", "parameters": {"max_length": "20"}}, "max_length"),
        ({"inputs": "a", "parameters": {"max_length": 0}}, "max_length less its start token: "),
        ({"inputs": "a", "parameters": {"temperature": 0}}, "parameters.temperature: "),
        (
            {"inputs": "a", "parameters": {"generate_parameters": {"top_k": -1}, "temperature": 0}},
            "parameters.temperature: ",
        ),
        (
            {"inputs": "a", "parameters": {"generate_parameters": {"top_k": -1}}},
            "parameters.generate_parameters.top_k: ",
        ),
        ({"inputs": "a", "parameters": {"num_beems": 2}}, "num_beams"),
        ({"inputs": "a", "parameters": {"min_length": 9, "max_new_tokens": 2}}, "min_length less its"),
        ({"inputs": "a", "parameters": {"num_beams": 99}}, "parameters.num_beams: at most 16"),
        (
            {"inputs": "a", "parameters": {"generate_parameters": {"num_beams": 99}}},
            "parameters.generate_parameters.num_beams: at most 16",
        ),
        ({"inputs": "a", "parameters": {"tgt_langs": "pt"}}, "tgt_lang"),
        ({"inputs": "a", "parameters": {"truncation": "some"}}, "truncation"),
    ],
)
async def test_a_faulty_body_is_explained(client: httpx.AsyncClient, body: Any, named: str) -> None:
    answer = await client.post(f"/hf/{MODEL_ID}", json=body)
    assert (answer.status_code, set(answer.json())) == (422, {"error", "error_type"})
    assert named in answer.json()["error"]
    assert "generation" not in answer.json()["error"]


async def test_parameters_of_one_task_are_none_of_the_other(client: httpx.AsyncClient) -> None:
    body = {"inputs": "a", "parameters": {"tgt_lang": "pt"}}
    assert (await client.post(f"/hf/{SUMMARIZER_ID}", json=body)).status_code == 422


async def test_failures_have_its_form(
    client: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    failures = {
        "key": ServiceError("key_invalid", "No."),
        "full": unavailable(),
        "late": ServiceError("draining", "Later.", retry_after_s=1),
        "defect": ValueError("late"),
    }
    service.translator.failures |= failures
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        found = {text: await client.post(f"/hf/{MODEL_ID}", json={"inputs": text}) for text in failures}
    assert [answer.status_code for answer in found.values()] == [401, 429, 503, 500]
    assert found["key"].json() == {"error": "No.", "error_type": "key_invalid"}
    assert found["full"].headers["retry-after"] == "3"
    assert found["late"].json() == {"error": "Later.", "error_type": "draining", "estimated_time": 1.0}
    assert slept == [HELD_BACK_S]


@pytest.mark.parametrize("path", ["no/such/model", f"{MODEL_ID}/v1/chat/completions", f"{MODEL_ID}/info"])
@pytest.mark.parametrize("content", [b'{"inputs": "ab"}', b'{"messages": []}', b"\xff", b""])
async def test_a_path_that_is_no_model_is_unknown_whatever_is_sent(
    client: httpx.AsyncClient, service: Service, path: str, content: bytes
) -> None:
    for answer in (
        await client.post(f"/hf/{path}", content=content),
        await client.get(f"/hf/{path}"),
        await client.get(f"/hf/{path}/health"),
    ):
        assert (answer.status_code, answer.json()["error_type"]) == (404, "model_not_found")
        assert f"Served models: {MODEL_ID}, {SUMMARIZER_ID}, many" in answer.json()["error"]
    assert not service.translator.requests


@pytest.mark.parametrize("path", [MODEL_ID, f"{MODEL_ID}/", f"{SUMMARIZER_ID}/health"])
async def test_a_model_says_that_it_is_there(client: httpx.AsyncClient, service: Service, path: str) -> None:
    answer = await client.get(f"/models/{path}")
    assert (answer.status_code, answer.text) == (200, "OK")
    refused = await client.put(f"/models/{path}")
    assert (refused.status_code, set(refused.json())) == (405, {"error", "error_type"})
    assert refused.headers["allow"] == "GET, POST, HEAD"
