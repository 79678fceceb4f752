from __future__ import annotations

import pytest

from crosslate.service.pipeline.languages import (
    LanguageSet,
    are_close,
    language_name,
    match_language,
    native_name,
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


@pytest.mark.parametrize(
    ("first", "second", "close"),
    [
        ("nb", "da", True),
        ("nb-NO", "da_DK", True),
        ("zh-Hans", "zh-Hant", True),
        ("pt", "gl", True),
        ("en", "pt", False),
        ("en", "de", False),
        ("da", "sk", False),
    ],
)
def test_close_languages(first: str, second: str, close: bool) -> None:
    assert are_close(first, second) is close
    assert are_close(second, first) is close


def test_a_set_of_languages_keeps_its_order() -> None:
    served = LanguageSet(["pt", "zh-Hant", "en", "zh-Hans", "pt"])
    assert list(served) == ["pt", "zh-Hant", "en", "zh-Hans"]
    assert len(served) == 4
    assert "en" in served
    assert "EN" not in served
    assert served.varieties("zh") == ["zh-Hant", "zh-Hans"]
    assert served.match("zh") == "zh-Hant"


def test_what_is_too_long_for_a_language_code_is_none() -> None:
    assert standard_tag("en-x" + "-ab" * 1000) is None
    assert match_language("en-" * 500, ["en"]) is None
