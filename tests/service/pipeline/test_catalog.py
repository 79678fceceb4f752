from __future__ import annotations

import dataclasses

import pytest

from service.errors import ServiceError
from service.pipeline.catalog import ModelCatalog
from tests.service.pipeline.fakes import served_model

EN_PT = served_model("a/en-pt", (("en", "pt"),))
PT_EN = served_model("b/pt-en", (("pt", "en"),))
MANY = served_model("c/many", (("en", "fr"), ("fr", "en"), ("en", "pt")))
SUMMARIZER = dataclasses.replace(served_model("d/sum", ()), task="summarization")
CATALOG = ModelCatalog([EN_PT, PT_EN, MANY, SUMMARIZER])


def refusal(*args: str | None) -> ServiceError:
    source, target, *rest = args
    assert source is not None
    assert target is not None
    with pytest.raises(ServiceError) as raised:
        CATALOG.select(source, target, *rest)
    return raised.value


def test_the_first_model_with_the_pair_answers() -> None:
    selection = CATALOG.select("EN", "pt-BR")
    assert (selection.model, selection.source_lang, selection.target_lang) == (EN_PT, "en", "pt")


def test_a_named_model_answers() -> None:
    assert CATALOG.select("en", "pt", "c/many").model is MANY


def test_an_unknown_model_lists_what_is_served() -> None:
    error = refusal("en", "pt", "nope")
    assert (error.status, error.code) == (404, "model_not_found")
    assert "a/en-pt" in error.detail


def test_an_unsupported_pair_lists_the_nearest() -> None:
    error = refusal("de", "pt")
    assert (error.status, error.code) == (400, "unsupported_language_pair")
    assert "from de to pt" in error.detail
    assert "Nearest pairs served: en to pt" in error.detail


def test_an_unsupported_pair_of_a_named_model() -> None:
    error = refusal("en", "fr", "a/en-pt")
    assert "a/en-pt does not translate from en to fr" in error.detail


def test_a_language_name_is_answered_with_its_code() -> None:
    assert 'Languages are given as codes: "pt"' in refusal("en", "Portuguese").detail


def test_what_is_no_language_is_not_repeated() -> None:
    assert "<script>" not in refusal("en", "<script>").detail
    assert "x" * 60 not in refusal("en", "x" * 60).detail


def test_the_same_language_is_refused() -> None:
    assert refusal("en", "en-GB").code == "same_language"


def test_a_summarizer_does_not_translate() -> None:
    error = refusal("en", "pt", "d/sum")
    assert (error.status, error.code) == (400, "wrong_task")


def test_the_reverse_model_is_found_or_refused() -> None:
    assert CATALOG.reverse(CATALOG.select("en", "pt")).model is PT_EN
    assert CATALOG.reverse(CATALOG.select("en", "fr")).model is MANY
    lonely = ModelCatalog([EN_PT])
    with pytest.raises(ServiceError, match="from pt to en") as raised:
        lonely.reverse(lonely.select("en", "pt"))
    assert (raised.value.status, raised.value.code) == (400, "no_reverse_model")


def test_languages_and_pairs() -> None:
    assert CATALOG.pairs() == [("en", "pt"), ("pt", "en"), ("en", "fr"), ("fr", "en")]
    assert CATALOG.source_languages() == ["en", "pt", "fr"]
    assert CATALOG.target_languages("c/many") == ["fr", "en", "pt"]
    assert CATALOG.sources_for("en") == ["pt", "fr"]
    with pytest.raises(ServiceError, match="into de"):
        CATALOG.sources_for("de")
