from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog, Selection
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
    assert refusal("en", "Portuguese").detail.endswith(' Languages are given as codes: "pt".')
    assert refusal("English", "Portuguese").detail.endswith(' Languages are given as codes: "en", "pt".')
    assert refusal("en", "p!").detail.endswith(' Languages are given as codes, such as "en".')


def test_a_language_that_is_to_be_detected_has_no_code() -> None:
    assert refusal("auto", "pt").detail.endswith("detected, leave it out.")


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


def test_an_encoder_that_compares_texts_stands_in_where_no_model_translates_back() -> None:
    comparing = dataclasses.replace(EN_PT.alignment, encoder_scale=20.0)
    able = dataclasses.replace(EN_PT, alignment=comparing)
    alone = ModelCatalog([able])
    reverse = alone.reverse(alone.select("en", "pt"))
    assert (reverse.model, reverse.source_lang, reverse.target_lang) == (able, "pt", "en")
    assert reverse.by_encoder
    both = ModelCatalog([able, PT_EN])
    assert both.reverse(both.select("en", "pt")) == Selection(PT_EN, "pt", "en")


class TestPivoting:
    EN_DE = served_model("e/en-de", (("en", "de"),))
    FR_DE = served_model("f/fr-de", (("fr", "de"),))
    CATALOG = ModelCatalog([EN_PT, PT_EN, MANY, FR_DE, EN_DE])

    def route(self, *args: str) -> list[tuple[str, str, str]]:
        return [(s.model.id, s.source_lang, s.target_lang) for s in self.CATALOG.route(*args)]

    def test_a_direct_model_is_taken_first(self) -> None:
        assert self.route("fr", "de") == [("f/fr-de", "fr", "de")]
        assert self.route("EN", "pt-BR") == [("a/en-pt", "en", "pt")]

    def test_two_models_serve_a_pair_together(self) -> None:
        assert self.route("PT", "de-AT") == [("b/pt-en", "pt", "en"), ("e/en-de", "en", "de")]
        assert self.route("pt", "fr") == [("b/pt-en", "pt", "en"), ("c/many", "en", "fr")]

    def test_the_first_way_in_the_configurations_order_is_taken(self) -> None:
        to_en, to_it = served_model("to-en", (("es", "en"),)), served_model("to-it", (("es", "it"),))
        on = [served_model("it-de", (("it", "de"),)), served_model("en-de", (("en", "de"),))]
        for models in ([to_en, to_it, *on], [to_it, to_en, *on]):
            assert ModelCatalog(models).route("es", "de")[0].model is models[0]

    def test_one_model_may_do_both_halves(self) -> None:
        both = served_model("both", (("fr", "en"), ("en", "fr"), ("de", "en"), ("en", "de")))
        first, second = ModelCatalog([both]).route("fr", "de")
        assert (first.target_lang, second.source_lang) == ("en", "en")

    def test_two_languages_between_are_too_many(self) -> None:
        catalog = ModelCatalog([served_model("x", (("es", "it"), ("it", "fr"))), self.FR_DE])
        assert len(catalog.route("es", "fr")) == 2
        with pytest.raises(ServiceError) as raised:
            catalog.route("es", "de")
        assert raised.value.code == "unsupported_language_pair"
        assert "Nearest pairs served: fr to de, es to it" in raised.value.detail

    def test_a_named_model_has_to_have_the_pair(self) -> None:
        with pytest.raises(ServiceError) as raised:
            self.CATALOG.route("pt", "de", "b/pt-en")
        assert raised.value.code == "unsupported_language_pair"
        assert self.route("en", "pt", "c/many") == [("c/many", "en", "pt")]

    def test_there_is_no_way_back_to_the_same_language(self) -> None:
        with pytest.raises(ServiceError) as raised:
            self.CATALOG.route("pt", "pt-BR")
        assert raised.value.code == "same_language"

    def test_it_can_be_switched_off(self) -> None:
        catalog = ModelCatalog([PT_EN, self.EN_DE], pivots=False)
        with pytest.raises(ServiceError) as raised:
            catalog.route("pt", "de")
        assert raised.value.code == "unsupported_language_pair"
        assert catalog.pivoted_targets_of("pt") == []

    def test_sources_come_directly_first(self) -> None:
        assert self.CATALOG.sources_for("de") == ["fr", "en", "pt"]
        assert self.CATALOG.sources_for("de", "e/en-de") == ["en"]
        assert self.CATALOG.targets_of("pt") == ["en"]
        assert self.CATALOG.pivoted_targets_of("pt") == ["fr", "de"]

    def test_a_pair_of_ones_own_is_aligned_by_one_model(self) -> None:
        with pytest.raises(ServiceError) as raised:
            self.CATALOG.select("pt", "de")
        assert raised.value.code == "unsupported_language_pair"

    @given(
        st.lists(
            st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=4), max_size=4
        )
    )
    @settings(deadline=None)
    def test_what_is_listed_is_what_can_be_asked_for(self, models: list[list[tuple[str, str]]]) -> None:
        names = {"a": "de", "b": "en", "c": "fr", "d": "it", "e": "pt"}
        catalog = ModelCatalog(
            [
                served_model(str(i), tuple((names[s], names[t]) for s, t in pairs if s != t))
                for i, pairs in enumerate(models)
            ]
        )
        for source, target in itertools.permutations(names.values(), 2):
            try:
                hops = len(catalog.route(source, target))
            except ServiceError:
                hops = 0
            assert (target in catalog.targets_of(source)) == (hops == 1)
            assert (target in catalog.pivoted_targets_of(source)) == (hops == 2)
            pairs = [pair for model in catalog.models for pair in model.pairs]
            middles = {t for s, t in pairs if s == source} & {s for s, t in pairs if t == target}
            assert (hops > 0) == ((source, target) in pairs or bool(middles))


def test_languages_and_pairs() -> None:
    assert CATALOG.source_languages() == ["en", "pt", "fr"]
    assert CATALOG.target_languages("c/many") == ["fr", "en", "pt"]
    assert CATALOG.sources_for("en") == ["pt", "fr"]
    with pytest.raises(ServiceError, match="into de"):
        CATALOG.sources_for("de")
