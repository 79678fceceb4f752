from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationOutput, GenerationParams, GenerationRequest
from crosslate.models.errors import DrainingError
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import (
    DoneEvent,
    SegmentEvent,
    StreamEvent,
    TokenEvent,
    TranslationRequest,
)
from tests.service.pipeline.fakes import FakeEngine
from tests.service.pipeline.helpers import make_translator, request

LAYOUT = "  Hello Mr. Smith.  How are you?\r\n\n\t• one 👍 two\n---\n\n😀 Last\n"


async def collect(translator: Translator, asked: TranslationRequest) -> list[StreamEvent]:
    return [event async for event in translator.stream(asked)]


def streamed_text(events: Sequence[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TokenEvent | SegmentEvent))


@pytest.mark.parametrize("num_beams", [1, 4])
@pytest.mark.parametrize("text", [LAYOUT, "", "---", "One."])
async def test_the_stream_is_the_whole_output(text: str, num_beams: int) -> None:
    asked = request(text, params=GenerationParams(num_beams=num_beams), offset_unit="utf16")
    events = await collect(make_translator(), asked)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.result == await make_translator().translate(asked)
    assert streamed_text(events) == done.result.text
    segments = [event for event in events if isinstance(event, SegmentEvent)]
    assert [event.segment for event in segments] == done.result.segments
    # What is put back in a part's output is only known at its end.
    sources = [_utf16(text, event.segment.source) for event in segments]
    assert [bool(event.text) for event in segments] == [
        num_beams > 1 or "👍" in one or one == "Last"
        for one in sources  # the label may lose a mark
    ]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@settings(max_examples=40, deadline=None)
def test_of_any_text(text: str) -> None:
    events = asyncio.run(collect(make_translator(), request(text)))
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert streamed_text(events) == done.result.text


async def test_pieces_run_side_by_side() -> None:
    engine = FakeEngine()
    await collect(make_translator(engine), request("One. Two. Three."))
    assert engine.most_running == 3


async def test_the_result_has_the_alignment() -> None:
    events = await collect(make_translator(), request("One two.", alignment="links"))
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.result.alignment is not None
    assert done.result.alignment.pharaoh == "0-0 1-1 2-2"


async def test_leaving_early_cancels_all_pieces() -> None:
    class Slow(FakeEngine):
        """Answers the first and makes the others wait."""

        async def generate(
            self, request: GenerationRequest, *, timeout_s: float | None = None
        ) -> GenerationOutput:
            self.gate = asyncio.Event() if self.requests else None
            return await super().generate(request, timeout_s=timeout_s)

    engine = Slow()
    stream = make_translator(engine).stream(request("  One. Two. Three."))
    assert await anext(stream) == TokenEvent("  ")
    while engine.num_running < 2:
        await asyncio.sleep(0)
    await stream.aclose()
    assert engine.num_cancelled == 2
    assert engine.num_running == 0


async def test_leaving_before_anything_is_known_cancels_all_pieces() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    reading = asyncio.create_task(collect(make_translator(engine), request("  One. Two. Three.")))
    while engine.num_running < 3:
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert engine.num_cancelled == 3
    assert engine.num_running == 0


async def test_a_failure_ends_the_stream_and_cancels_the_rest() -> None:
    engine = FakeEngine()
    engine.failures.append(DrainingError())
    engine.gate = asyncio.Event()
    with pytest.raises(ServiceError, match="shutting down"):
        await collect(make_translator(engine), request("One. Two."))
    assert engine.num_running == 0


def _utf16(text: str, span: tuple[int, int]) -> str:
    return text.encode("utf-16-le")[2 * span[0] : 2 * span[1]].decode("utf-16-le")
