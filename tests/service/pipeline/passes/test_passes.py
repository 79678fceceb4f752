"""A model's reading of a document, as those go through it who follow it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.planning import Planner
from crosslate.service.pipeline.translation.translation_pass import translation_pass
from crosslate.service.pipeline.types import UNLIMITED, TranslationRequest
from tests.service.pipeline.fakes import served_model
from tests.service.pipeline.helpers import FixedDetector


@pytest.mark.parametrize("text", ["One.", "One. Two. Three."])
async def test_whoever_reads_what_came_of_a_part_may_ask_for_another(text: str) -> None:
    """A part has its place until it is done, not until somebody has looked at it."""
    planner = Planner(ModelCatalog([served_model()]), FixedDetector(), 0.5, TextWorker())
    plan = await planner.plan(TranslationRequest(text=text, source_lang="en", target_lang="pt"))
    calls, outputs = EngineCalls(UNLIMITED, max_parts=1), list[PartOutput]()
    async with aclosing(translation_pass(plan, has_guard=False).run(calls, streams=False)) as items:
        async for _, item in items:
            assert isinstance(item, PartOutput)
            outputs.append(item)
            async with asyncio.timeout(60), calls.place():
                pass
    assert len(outputs) == len(plan.parts)
