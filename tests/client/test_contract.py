"""The client knows every field of the API: those that may be sent, and those that are answered."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

from crosslate.client import errors, events, options, resources, summaries, translations
from crosslate.service.http import (
    document_answers,
    glossary_answers,
    operation_responses,
    requests,
    responses,
    summary_responses,
)

RESULTS = [
    (translations.Translations, responses.TranslateAnswer),
    (summaries.Summaries, summary_responses.SummarizeAnswer),
    (translations.AlignedPair, responses.AlignAnswer),
    (translations.Detection, responses.DetectionAnswer),
    (resources.Model, operation_responses.ModelAnswer),
    (resources.Language, operation_responses.LanguageAnswer),
    (resources.Glossary, glossary_answers.GlossaryAnswer),
    (resources.GlossaryEntry, glossary_answers.EntryAnswer),
    (resources.Document, document_answers.DocumentAnswer),
]
IN_EVENTS = {"stream"}
OPTIONS = [
    (options.TranslateOptions, requests.TranslateBody, {"text", "target_lang", *IN_EVENTS}),
    (options.SummarizeOptions, requests.SummarizeBody, {"text", *IN_EVENTS}),
    (options.AlignOptions, requests.AlignBody, {"source", "target", "source_lang", "target_lang"}),
    (options.DocumentOptions, document_answers.DocumentForm, {"target_lang"}),
    (options.Generation, requests.GenerationBody, set[str]()),
]


def within(annotation: Any, kind: type) -> type | None:
    """The class of a kind that an annotation names: itself, in a list, or as an option."""
    if isinstance(annotation, type) and (
        issubclass(annotation, kind) if kind is BaseModel else dataclasses.is_dataclass(annotation)
    ):
        return annotation
    return next((found for one in get_args(annotation) if (found := within(one, kind))), None)


def assert_mirrors(result: type, answer: type[BaseModel]) -> None:
    names = {field.name for field in dataclasses.fields(result)}
    assert names == set(answer.model_fields), result
    hints = get_type_hints(result)
    for name, field in answer.model_fields.items():
        inner, inner_result = within(field.annotation, BaseModel), within(hints[name], object)
        if inner is not None and inner_result is not None:
            assert_mirrors(inner_result, inner)
        may_be_null = type(None) in get_args(field.annotation)
        assert (type(None) in get_args(hints[name])) == may_be_null, (result, name)


@pytest.mark.parametrize(("result", "answer"), RESULTS)
def test_results_have_the_fields_of_answers(result: type, answer: type[BaseModel]) -> None:
    assert_mirrors(result, answer)


@pytest.mark.parametrize(("typed", "body", "given_otherwise"), OPTIONS)
def test_every_field_of_a_request_can_be_given(
    typed: Any, body: type[BaseModel], given_otherwise: set[str]
) -> None:
    assert set(typed.__annotations__) == set(body.model_fields) - given_otherwise


def test_problems_and_chunks_are_whole() -> None:
    known = {field.name for field in dataclasses.fields(errors.Problem)}
    assert known == {*operation_responses.ProblemAnswer.model_fields, "retry_after_s"} - {"type"}
    chunk = {field.name for field in dataclasses.fields(events.ChunkEvent)}
    assert chunk == {"chunk", "text", "num_finished", "num_chunks"}
