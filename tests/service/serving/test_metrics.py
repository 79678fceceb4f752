from __future__ import annotations

import dataclasses
import pickle

import httpx
from prometheus_client.parser import text_string_to_metric_families

from crosslate.models.engine.request import FinishReason, GenerationOutput, Hypothesis
from crosslate.models.engine.stats import EngineStats
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics, render_metrics
from crosslate.service.serving.serving import Call, RequestRecord
from tests.service.http.fakes import MODEL_ID, FakeSummarizer, create_service, make_serving, unavailable
from tests.service.pipeline.fakes import FakeEngine
from tests.service.pipeline.helpers import make_translator, request

BUCKETS = ("16.0", "32.0", "64.0", "8192.0", "+Inf")
LABELS = ModelLabels(MODEL_ID, "translation")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(values: Samples, name: str, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(value for (known, having), value in values.items() if known == name and wanted <= having)


def stats(num_running: int) -> EngineStats:
    return EngineStats(
        num_running=num_running,
        num_waiting=2,
        num_used_slots=num_running,
        max_slots=8,
        batch_size=num_running,
        num_steps=1,
        num_prompt_tokens=3,
        num_padded_tokens=4,
        encoder_batches=(2, 0, 1, *[0] * 8),
        num_generation_tokens=0,
        num_finished={},
        num_expired=0,
    )


async def test_requests_move_the_counters() -> None:
    service = create_service()
    service.translator.failures["bad"] = unavailable()
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        before = samples((await client.get("/metrics")).text)
        await client.post(
            "/v1/translate", json={"text": ["ab", "c"], "target_lang": "pt", "alignment": "links"}
        )
        await client.post("/v1/translate", json={"text": "bad", "target_lang": "pt"})
        await client.get("/some/unknown/path")
        response = await client.get("/metrics")
    after = samples(response.text)
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")

    def delta(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert delta("crosslate_http_requests_total", route="/v1/translate", status="200") == 1
    assert delta("crosslate_http_requests_total", route="/v1/translate", status="429") == 1
    assert delta("crosslate_http_requests_total", route="unmatched", status="404") == 1
    assert delta("crosslate_characters_total", direction="source", model_name=MODEL_ID) == 3
    assert delta("crosslate_characters_total", direction="target", task="translation") == 3
    assert delta("crosslate_alignment_requests_total", level="links") == 2
    assert delta("crosslate_e2e_request_latency_seconds_count") == 2
    assert delta("crosslate_detect_confidence_count") == 2
    assert "/some/unknown" not in response.text


async def test_degenerate_outputs_are_counted() -> None:
    metrics = ServiceMetrics()
    engine = FakeEngine(lambda ids: [*ids[:-1] * 8, 0])
    serving = make_serving(make_translator(engine, has_guard=True), FakeSummarizer(), metrics)
    requests = [request("Four words in here. Another four of them.")]
    await serving.ask(serving.translation, requests, Call(record=RequestRecord("r")))
    values = samples(render_metrics({"r": metrics.snapshot()}).decode())
    name = "crosslate_repetition_guard_total"
    assert total(values, name, model_name="toy", reason="repetition", outcome="kept") == 2
    assert total(values, name) == 2


def test_outputs_are_counted() -> None:
    metrics = ServiceMetrics()
    output = GenerationOutput(
        request_id=1,
        finish_reason=FinishReason.LENGTH,
        hypotheses=(Hypothesis(token_ids=[5, 6, 0], score=-1.0, finish_reason=FinishReason.LENGTH),),
        num_source_tokens=7,
        queue_s=0.5,
        encode_s=0.25,
        decode_s=2.0,
    )
    metrics.observe_output(LABELS, output)
    values = samples(render_metrics({"r": metrics.snapshot()}).decode())
    assert total(values, "crosslate_request_success_total", finished_reason="length") == 1
    assert total(values, "crosslate_prompt_tokens_total") == 7
    assert total(values, "crosslate_generation_tokens_total") == 3
    assert total(values, "crosslate_request_queue_time_seconds_sum") == 0.5
    assert total(values, "crosslate_request_prefill_time_seconds_sum") == 0.25
    assert total(values, "crosslate_request_decode_time_seconds_sum") == 2.0


def test_replicas_are_told_apart_and_reported_together() -> None:
    first, second = ServiceMetrics(), ServiceMetrics()
    first.watch_engine(LABELS, lambda: stats(3))
    second.watch_engine(LABELS, lambda: stats(5))
    first.observe_http("GET", "/livez", 200)
    snapshots = pickle.loads(pickle.dumps({"a": first.snapshot(), "b": second.snapshot()}))
    text = render_metrics(snapshots).decode()
    values = samples(text)
    assert total(values, "crosslate_num_requests_running", replica="a") == 3
    assert total(values, "crosslate_num_requests_running", replica="b") == 5
    assert total(values, "crosslate_num_requests_waiting") == 4
    assert total(values, "crosslate_padding_ratio", replica="a") == 0.25
    assert total(values, "crosslate_http_requests_total", replica="a") == 1
    assert text.count("# TYPE crosslate_num_requests_running ") == 1
    batches = {le: total(values, "crosslate_batch_tokens_bucket", replica="a", le=le) for le in BUCKETS}
    assert batches == {"16.0": 2, "32.0": 2, "64.0": 3, "8192.0": 3, "+Inf": 3}
    assert total(values, "crosslate_batch_tokens_sum", replica="a") == 4
    assert total(values, "crosslate_batch_tokens_count", replica="a") == 3


def failing_stats(**changes: int) -> EngineStats:
    return dataclasses.replace(
        stats(1),
        num_finished={FinishReason.STOP: 9, FinishReason.ERROR: 2, FinishReason.ABORT: 7},
        num_expired=4,
        **changes,  # type: ignore[arg-type]
    )


def test_failures_expiries_aborts_and_engines_that_are_lost_are_told() -> None:
    metrics = ServiceMetrics()
    metrics.watch_engine(LABELS, lambda: failing_stats(num_engines=2, num_healthy=1))
    values = samples(render_metrics({"r": metrics.snapshot()}).decode())
    for reason, count in (("error", 2), ("expired", 4), ("cancelled", 3)):
        assert total(values, "crosslate_request_failure_total", model_name=MODEL_ID, reason=reason) == count
    assert total(values, "crosslate_engines", model_name=MODEL_ID) == 2
    assert total(values, "crosslate_engines_healthy", model_name=MODEL_ID) == 1
