"""Batches of segments, with a stand-in for the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from crosslate.service.documents.document import Segment
from crosslate.service.documents.translation import DocumentTranslation, TermCount, TranslatedSegment
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.types import Allowance, TranslationRequest, TranslationResult

WANTED = TranslationRequest(text="", target_lang="pt", source_lang="en")


def result(request: TranslationRequest) -> TranslationResult:
    return TranslationResult(
        model="m",
        text=request.text.upper(),
        source_lang=request.source_lang or "",
        target_lang=request.target_lang,
        detected=None,
        finish_reason="stop",
        score=0.0,
        warnings=[Notice("number_differs", "a number differs")] if "9" in request.text else [],
        segments=[],
        alignment=None,
        alternatives=[],
        num_characters=0,
        num_prompt_tokens=0,
        num_generation_tokens=0,
    )


class FakeTranslator:
    def __init__(
        self,
        refused: str = "",
        error: ServiceError | None = None,
        detected: str = "en",
        terms: Mapping[str, list[PlacedTerm]] = {},
    ) -> None:
        self._terms = terms
        self.asked: list[str] = []
        self.markup: list[MarkupOptions] = []
        self.languages: set[str | None] = set()
        self._refused, self._detected = refused, detected
        self._error = error or ServiceError("text_too_long", "It is too long.")

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        if any(self._refused and self._refused in request.text for request in requests):
            raise self._error
        self.markup += [request.markup for request in requests]
        self.asked += [request.text for request in requests]
        self.languages |= {request.source_lang for request in requests}
        return [replace(result(request), terms=self._terms.get(request.text)) for request in requests]

    async def detect(self, text: str) -> Detection:
        return Detection(self._detected, 0.9)


class Kept:
    def __init__(self) -> None:
        self.all: dict[int, TranslatedSegment] = {}

    async def __call__(self, finished: Mapping[int, TranslatedSegment]) -> None:
        assert not self.all.keys() & finished.keys()
        self.all |= finished


def segments(*texts: str) -> list[Segment]:
    return [Segment(text, "text", f"line {i}") for i, text in enumerate(texts)]


async def test_each_text_is_asked_for_once_and_its_warnings_are_said_at_every_place() -> None:
    translator, kept = FakeTranslator(), Kept()
    outcome = await DocumentTranslation(segments("a 9", "b", "a 9"), WANTED, translator).run(kept)
    assert translator.asked == ["a 9", "b"]
    assert outcome.texts == ["A 9", "B", "A 9"]
    assert [(one.code, one.place) for one in outcome.report.notices] == [
        ("number_differs", "line 0"),
        ("number_differs", "line 2"),
    ]
    assert sorted(kept.all) == [0, 1, 2]


async def test_what_is_done_is_not_asked_for_again() -> None:
    many = segments(*(f"text {'x' * i}" for i in range(100)))
    translator, kept = FakeTranslator(), Kept()
    await DocumentTranslation(many, WANTED, translator).run(kept)
    half = {i: one for i, one in kept.all.items() if i < 50}
    again, rest = FakeTranslator(), Kept()
    outcome = await DocumentTranslation(many, WANTED, again).run(rest, half)
    assert outcome.texts == [segment.text.upper() for segment in many]
    assert sorted(rest.all) == list(range(50, 100))
    assert again.asked == [segment.text for segment in many[50:]]


async def test_one_text_that_is_refused_costs_the_others_nothing() -> None:
    translator = FakeTranslator(refused="bad")
    outcome = await DocumentTranslation(segments("a", "bad", "c"), WANTED, translator).run(Kept())
    assert outcome.texts == ["A", "bad", "C"]
    assert [(one.code, one.place) for one in outcome.report.notices] == [("not_translated", "line 1")]


@pytest.mark.parametrize("code", ["unsupported_language_pair", "queue_full"])
async def test_what_is_about_no_text_is_raised(code: str) -> None:
    translator = FakeTranslator(refused="a", error=ServiceError(code, "D"))
    with pytest.raises(ServiceError, match="D"):
        await DocumentTranslation(segments("a", "b"), WANTED, translator).run(Kept())


async def test_the_language_is_told_by_the_document_and_not_by_its_lines() -> None:
    translator = FakeTranslator(detected="es")
    wanted = TranslationRequest(text="", target_lang="pt")
    outcome = await DocumentTranslation(segments("a", "b"), wanted, translator).run(Kept())
    assert (translator.languages, outcome.report.detected) == ({"es"}, "es")
    named = await DocumentTranslation(segments("a"), WANTED, translator).run(Kept())
    assert named.report.detected is None


async def test_a_document_in_the_target_language_comes_back_as_it_is() -> None:
    translator = FakeTranslator(detected="pt")
    wanted = TranslationRequest(text="", target_lang="pt-BR")
    outcome = await DocumentTranslation(segments("a"), wanted, translator).run(Kept())
    assert (outcome.texts, translator.asked, outcome.report.detected) == (["a"], [], "pt")
    assert [notice.code for notice in outcome.report.notices] == ["already_in_target_language"]


async def test_terms_are_counted_wherever_a_text_stands() -> None:
    wanted = replace(WANTED, glossary=(GlossaryEntry("cat", "felino"),))
    placed = [
        PlacedTerm("cat", "felino", (0, 3), (0, 6)),
        PlacedTerm("cats", "felino", (4, 8), None, "inflected"),
    ]
    translator, kept = FakeTranslator(terms={"cat cats": placed}), Kept()
    outcome = await DocumentTranslation(segments("cat cats", "b", "cat cats"), wanted, translator).run(kept)
    assert outcome.report.terms == TermCount(found=4, enforced=2)
    assert kept.all[2].terms == TermCount(found=2, enforced=1)
    # What was done before by another replica counts too.
    again = await DocumentTranslation(segments("cat cats", "b", "cat cats"), wanted, FakeTranslator()).run(
        Kept(), {0: kept.all[0], 2: kept.all[2]}
    )
    assert again.report.terms == outcome.report.terms
    without = await DocumentTranslation(segments("b"), WANTED, FakeTranslator()).run(Kept())
    assert without.report.terms is None


async def test_a_page_is_asked_for_with_its_attributes() -> None:
    translator = FakeTranslator()
    page = [Segment('<img alt="A cat">', "html"), Segment('A <g id="1">cat</g>', "xml")]
    await DocumentTranslation(page, WANTED, translator).run(Kept())
    assert ["alt" in one.attributes for one in translator.markup] == [True, False]
