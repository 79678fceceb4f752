from __future__ import annotations

import pytest

from service.pipeline.languages import (
    language_name,
    match_language,
    native_name,
    nearest_pairs,
    same_language,
    standard_tag,
    suggestion,
)


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("PT", "pt"),
        ("pt_br", "pt-BR"),
        ("eng_Latn", "en"),
        ("por", "pt"),
        ("zho_Hans", "zh-Hans"),
        (" en ", "en"),
    ],
)
def test_codes_are_standardised(code: str, tag: str) -> None:
    assert standard_tag(code) == tag


@pytest.mark.parametrize("code", ["", "english", "x!", "e", "a" * 50])
def test_what_is_no_code_has_no_tag(code: str) -> None:
    assert standard_tag(code) is None
    assert match_language(code, ["en", "pt"]) is None


@pytest.mark.parametrize(
    ("code", "served", "expected"),
    [
        ("pt-BR", ["en", "pt"], "pt"),
        ("pt_BR", ["pt", "pt-BR"], "pt-BR"),
        ("EN", ["en"], "en"),
        ("en_XX", ["en"], "en"),
        ("eng_Latn", ["eng_Latn"], "eng_Latn"),
        ("en", ["eng_Latn"], "eng_Latn"),
        ("pt", ["en", "pt-BR"], "pt-BR"),
        ("pt-PT", ["pt-BR"], "pt-BR"),
        ("zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-TW", ["zh"], "zh"),
        ("sr-Latn", ["sr-Cyrl"], None),
        ("fr", ["en", "pt"], None),
    ],
)
def test_the_served_language_that_is_meant(code: str, served: list[str], expected: str | None) -> None:
    assert match_language(code, served) == expected


def test_same_language_whatever_the_region() -> None:
    assert same_language("pt-BR", "PT")
    assert not same_language("pt", "es")
    assert not same_language("blorp blorp", "blorp blorp")


def test_names() -> None:
    assert language_name("pt-BR") == "Portuguese (Brazil)"
    assert native_name("pt") == "português"
    assert language_name("no language") == "no language"
    assert suggestion("Portuguese") == "pt"
    assert suggestion("gibberish") is None


def test_nearest_pairs_have_the_target_then_the_source() -> None:
    pairs = [("de", "fr"), ("en", "fr"), ("de", "pt")]
    assert list(nearest_pairs("en", "pt", pairs)) == [("de", "pt"), ("en", "fr"), ("de", "fr")]
