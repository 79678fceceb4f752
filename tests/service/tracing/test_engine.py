from __future__ import annotations

import io
import itertools
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.logs.logging import create_logger
from crosslate.service.settings.config import LogSettings, ModelSettings, Settings
from crosslate.service.tracing.settings import TracingSettings
from loadtests.in_process import in_process_client
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.parity import build_checkpoint
from tests.service.tracing.collector import Collector, attributes, collecting

ONE = {"text": "Yes.", "source_lang": "en", "target_lang": "de", "generation": {"max_new_tokens": 4}}


def settings(checkpoint: Path, collector: Collector) -> Settings:
    """Two models, from English to German and on to Portuguese."""
    models = [
        ModelSettings.model_validate(
            {"id": name, "path": str(checkpoint), "task": "translation", "pairs": [pair]}
        )
        for name, pair in (("first", ("en", "de")), ("second", ("de", "pt")))
    ]
    return Settings(
        models=tuple(models),
        guard=False,
        documents=DocumentSettings(enabled=False),
        tracing=TracingSettings(endpoint=collector.url),
    )


def is_in_a_row(spans: list[Span]) -> bool:
    """But for rounding to nanoseconds."""
    pairs = itertools.pairwise(spans)
    return all(abs(b.start_time_unix_nano - a.end_time_unix_nano) <= 1 for a, b in pairs)


def surrounds(outer: Span, inner: Span) -> bool:
    times = (
        outer.start_time_unix_nano,
        inner.start_time_unix_nano,
        inner.end_time_unix_nano,
        outer.end_time_unix_nano,
    )
    return list(times) == sorted(times) and outer.trace_id == inner.trace_id


async def test_a_trace_shows_where_the_time_went(tmp_path: Path) -> None:
    """Of the hops of a pivot, of a stream, of a given pair, and of a request that is late."""
    build_checkpoint(BART_LIKE[0], tmp_path)
    logger = create_logger(LogSettings(format="json"), io.StringIO())
    with collecting() as collector:
        async with in_process_client(settings(tmp_path, collector), logger) as client:
            sent = {**ONE, "target_lang": "pt", "alignment": "links"}
            answer = await client.post("/v1/translate", json=sent)
            assert answer.status_code == 200, answer.text
            await client.post("/v1/translate", json={**ONE, "stream": True})
            await client.post("/v1/translate", json={**ONE, "timeout_s": 0.001, "text": "Yes. " * 99})
            pair = {"source": "Yes.", "target": "No.", "source_lang": "en", "target_lang": "de"}
            assert (await client.post("/v1/align", json=pair)).status_code == 200

    through, streamed, late = collector.named("POST /v1/translate")
    assert attributes(through)["crosslate.model"] == "first + second"
    hops = collector.within(through)
    assert [(hop.name, attributes(hop)["gen_ai.request.model"]) for hop in hops] == [
        ("generate", "first"),
        ("generate", "second"),
    ]
    assert hops[0].end_time_unix_nano <= hops[1].start_time_unix_nano
    for hop in hops:
        assert surrounds(through, hop)
        stages = collector.within(hop)
        assert [stage.name for stage in stages] == ["queue", "encode", "decode", "align"]
        assert is_in_a_row(stages)
        assert all(surrounds(hop, stage) for stage in stages)
        assert attributes(hop)["gen_ai.usage.output_tokens"] in range(1, 5)
        assert attributes(hop)["gen_ai.response.finish_reasons"] in (["length"], ["stop"])

    (stream,) = collector.within(streamed)
    assert [stage.name for stage in collector.within(stream)] == ["queue", "encode", "decode"]
    assert surrounds(streamed, stream)

    assert attributes(late)["error.type"] == "timeout"
    for call in collector.within(late):
        assert attributes(call)["error.type"] in {"DeadlineExceededError", "cancelled"}

    (request,) = collector.named("POST /v1/align")
    (aligned,) = collector.within(request)
    assert aligned.name == "align"
    assert surrounds(request, aligned)
    assert b"Yes." not in b"".join(export.SerializeToString() for export in collector.exports)
