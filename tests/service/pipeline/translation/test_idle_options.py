"""What a request asks for in vain is named in its warnings."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import served_model
from tests.service.pipeline.helpers import make_translator, request

TAGS = MarkupOptions(ignored=frozenset({"b"}), splitting=frozenset({"p"}), attributes=frozenset({"alt"}))


def named(warnings: list[Any]) -> list[str]:
    return [one.message.partition(" ")[0] for one in warnings if one.code == "option_ignored"]


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        ({}, []),
        (
            {"params": GenerationParams(temperature=0.7, top_k=5, top_p=0.9)},
            ["temperature", "top_k", "top_p"],
        ),
        ({"params": GenerationParams(temperature=1.0, top_k=0, top_p=1.0)}, []),
        ({"params": GenerationParams(temperature=0.7, do_sample=True, seed=1)}, []),
        (
            {"params": GenerationParams(length_penalty=2.0, early_stopping=True)},
            ["length_penalty", "early_stopping"],
        ),
        ({"params": GenerationParams(length_penalty=2.0, early_stopping="never", num_beams=2)}, []),
        ({"params": GenerationParams(length_penalty=2.0), "num_alternatives": 1}, []),
        ({"params": GenerationParams(seed=1, max_new_tokens=9, no_repeat_ngram_size=3)}, []),
        ({"markup": TAGS}, ["ignore_tags", "splitting_tags", "translate_attributes"]),
        ({"markup": TAGS, "text_format": "xml"}, []),
        ({"line_breaks": "join"}, []),
        ({"line_breaks": "join", "text_format": "markdown"}, ["line_breaks"]),
        ({"line_breaks": "keep", "text_format": "html", "markup": TAGS}, ["line_breaks"]),
    ],
)
async def test_an_option_without_effect_is_named(options: dict[str, Any], idle: list[str]) -> None:
    result = await make_translator().translate(request("One two.", **options))
    assert named(result.warnings) == idle


async def test_what_the_checkpoint_says_counts() -> None:
    model = dataclasses.replace(
        served_model(),
        default_params=GenerationParams(num_beams=4),
        pair_params={("en", "pt"): GenerationParams(do_sample=True)},
    )
    translator = Translator(ModelCatalog([model]))
    asked = request("One two.", params=GenerationParams(length_penalty=2.0, temperature=0.5))
    assert named((await translator.translate(asked)).warnings) == []
