from __future__ import annotations

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.parts.full_stop import WithoutFullStop, WithoutMark
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, served_model
from tests.service.pipeline.helpers import FixedDetector, request


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Ok.", "Ok"),
        ("Ok .", "Ok"),
        ("Ok", "Ok"),
        ("...", "..."),
        ("", ""),
        ("ठीक है।", "ठीक है"),
        ("好。", "好"),
    ],
)
def test_one_full_stop_is_taken_away(written: str, text: str) -> None:
    assert WithoutFullStop().restored(DerivedText.of(written)).text == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Olá,", "Olá"),
        ("Nome :", "Nome"),
        ("Olá, mundo", "Olá, mundo"),
        ("Sim.", "Sim."),
        ("Euro (−0.2%).", "Euro (−0.2%)"),
        (",", ""),
        ("الاسم،", "الاسم"),
    ],
)
def test_a_mark_that_ends_no_sentence_is_taken_away(written: str, text: str) -> None:
    assert WithoutMark().restored(DerivedText.of(written)).text == text


async def test_a_label_has_no_mark_that_its_source_has_not() -> None:
    def with_comma(ids: list[int]) -> list[int]:
        *words, end = ids
        return [*words, *model.tokenizer.encode_source(",")[:-1], end]

    model = served_model(engine=FakeEngine(with_comma))
    translator = Translator(ModelCatalog([model]), FixedDetector())
    assert (await translator.translate(request("Hello"))).text == "Hello"
    assert (await translator.translate(request("Hello to all of you"))).text == "Hello to all of you ,"


def guarded(engine: FakeEngine) -> Translator:
    return Translator(ModelCatalog([served_model(engine=engine)]), FixedDetector(), has_guard=True)


def doubling(ids: list[int]) -> list[int]:
    """Says a label twice, and a sentence once."""
    *words, end = ids
    return [*words, end] if len(words) > 1 else [*words, *words, end]


async def test_a_label_said_twice_is_translated_as_a_sentence() -> None:
    result = await guarded(FakeEngine(doubling)).translate(request("Cancel", alignment="links"))
    assert result.text == "Cancel"
    assert [(verdict.reason, verdict.outcome) for verdict in result.verdicts] == [("doubled", "replaced")]
    assert result.alignment is not None
    assert [(link.source, link.target) for link in result.alignment.links] == [((0, 6), (0, 6))]
    assert [segment.source for segment in result.segments] == [(0, 6)]


async def test_what_is_still_said_twice_is_told() -> None:
    def always(ids: list[int]) -> list[int]:
        return [*ids[:1], *ids[:1], ids[-1]]

    result = await guarded(FakeEngine(always)).translate(request("Cancel"))
    assert result.text == "Cancel Cancel"
    assert any("twice" in warning.message for warning in result.warnings)


def test_a_label_without_a_dash_gets_none() -> None:
    written = DerivedText.of("Página não encontrada -")
    assert WithoutMark(has_dash=False).restored(written).text == "Página não encontrada"
    assert WithoutMark().restored(written).text == written.text
