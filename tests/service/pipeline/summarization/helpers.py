from __future__ import annotations

import dataclasses

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import SummaryRequest
from tests.service.pipeline.fakes import EOS, FakeEngine, served_model

CHECKPOINT = GenerationParams(max_new_tokens=12, min_new_tokens=2)


def lead(num_words: int) -> FakeEngine:
    """An engine that copies the first words of what it reads."""
    return FakeEngine(lambda ids: [*ids[:-1][:num_words], EOS])


def summarizer_model(engine: FakeEngine | None = None, *, window: int = 40) -> ServedModel:
    model = served_model("lead", (), engine=engine or lead(8), max_source_tokens=window)
    return dataclasses.replace(model, task="summarization", default_params=CHECKPOINT)


def make_summarizer(
    engine: FakeEngine | None = None, *, window: int = 40, has_guard: bool = True, max_concurrent: int = 16
) -> Summarizer:
    return Summarizer(
        ModelCatalog([served_model("toy"), summarizer_model(engine, window=window)]),
        max_concurrent_chunks=max_concurrent,
        has_guard=has_guard,
    )


def request(text: str, **changes: object) -> SummaryRequest:
    return SummaryRequest(text=text, **changes)  # type: ignore[arg-type]


def numbered(count: int, *, words: int = 9) -> str:
    """Sentences that all begin with a word of their own; each has `words` words and a full stop."""
    return " ".join(f"S{n} " + " ".join(f"w{n}x{i}" for i in range(words - 1)) + "." for n in range(count))
