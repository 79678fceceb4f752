from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from crosslate.models.tokenizers.tokenizer import TokenizedText
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.glossary.terms import Glossary, GlossaryEntry
from crosslate.service.pipeline.text.text_worker import MAX_ON_LOOP, TextWorker
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import AlignmentLevel, AlignRequest, TranslationResult
from tests.service.pipeline.fakes import FakeTokenizer, served_model
from tests.service.pipeline.helpers import FixedDetector, request

LONG = ("w" * 99 + " ") * (MAX_ON_LOOP // 100 + 1)
ADVERSARIAL = "a." * 40 + "w" * MAX_ON_LOOP + "." * 40


class WaitingTokenizer(FakeTokenizer):
    """Goes on with a long text once the event loop has had a turn meanwhile: never, if it blocks the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Event()
        self.num_waits = 0

    def _tokenize(self, text: str) -> TokenizedText:
        if len(text) > MAX_ON_LOOP:
            self.num_waits += 1
            self.turn.clear()
            assert self.turn.wait(timeout=120), "the event loop is held"
        return super()._tokenize(text)


async def heartbeat(turn: threading.Event) -> None:
    while True:
        turn.set()
        await asyncio.sleep(0.001)


async def with_heartbeat(work: Callable[[Translator], Awaitable[object]]) -> int:
    """How often the tokenizer waited for a turn of the loop, and got one."""
    pairs = (("en", "pt"), ("pt", "en"))
    tokenizer = WaitingTokenizer()
    model = dataclasses.replace(served_model(pairs=pairs, max_source_tokens=99_999), tokenizer=tokenizer)
    translator = Translator(ModelCatalog([model]), FixedDetector(), has_guard=False)
    beating = asyncio.create_task(heartbeat(tokenizer.turn))
    try:
        await work(translator)
    finally:
        beating.cancel()
    return tokenizer.num_waits


@pytest.mark.parametrize("alignment", ["none", "links", "symmetric"])
@pytest.mark.parametrize("text", [LONG, ADVERSARIAL])
async def test_a_long_text_does_not_hold_the_event_loop(alignment: AlignmentLevel, text: str) -> None:
    def work(translator: Translator) -> Awaitable[TranslationResult]:
        return translator.translate(request(text, alignment=alignment, split_sentences=False))

    # For each model once.
    assert await with_heartbeat(work) >= (2 if alignment == "symmetric" else 1)


async def test_nor_does_a_stream_nor_a_given_pair() -> None:
    async def stream(translator: Translator) -> None:
        async for _ in translator.stream(request(LONG, alignment="links", split_sentences=False)):
            pass

    def align(translator: Translator) -> Awaitable[object]:
        return translator.align(AlignRequest(source=LONG, target=LONG, source_lang="en", target_lang="pt"))

    assert await with_heartbeat(stream) >= 1
    assert await with_heartbeat(align) == 2


async def test_short_work_has_the_loop_after_a_turn_for_others() -> None:
    worker, order = TextWorker(), list[str]()
    other = asyncio.create_task(worker.run(1, lambda: order.append("other")))
    await worker.run(MAX_ON_LOOP, lambda: order.append(threading.current_thread().name))
    await other
    assert order == [threading.main_thread().name, "other"]
    await worker.run(MAX_ON_LOOP + 1, lambda: order.append(threading.current_thread().name))
    assert order[-1].startswith("text")


async def test_failures_reach_the_caller() -> None:
    for size in (1, MAX_ON_LOOP + 1):
        with pytest.raises(ZeroDivisionError):
            await TextWorker().run(size, lambda: 1 / 0)


@pytest.mark.parametrize(("num_entries", "is_apart"), [(100, False), (3000, True)])
async def test_a_large_glossary_is_read_beside_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, num_entries: int, is_apart: bool
) -> None:
    threads: list[threading.Thread] = []

    def read(entries: Sequence[GlossaryEntry], source_lang: str, target_lang: str) -> Glossary:
        threads.append(threading.current_thread())
        return Glossary(entries, source_lang, target_lang)

    monkeypatch.setattr("crosslate.service.pipeline.translation.planning.Glossary", read)
    translator = Translator(ModelCatalog([served_model()]), FixedDetector())
    glossary = tuple(GlossaryEntry(f"term {number}", "x") for number in range(num_entries))
    await translator.translate(dataclasses.replace(request("a b"), glossary=glossary))
    assert [thread is not threading.main_thread() for thread in threads] == [is_apart]
