from __future__ import annotations

import pytest

from crosslate.models.tokenizers.language_tokens import NLLB, LanguageTokens
from crosslate.service.pipeline.language.languages import (
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
        ("zh", ["zh-Hant", "zh-Hans"], "zh-Hans"),
        ("min", ["min-Arab", "min-Latn"], "min-Latn"),
        ("no", ["en", "nb"], "nb"),
        ("nb_NO", ["no"], "no"),
        ("no", ["nb", "no"], "no"),
        ("nn", ["nb"], None),
        ("pb", ["pt"], "pt"),
        ("pb", ["pt", "pt-BR"], "pt-BR"),
        ("zt", ["zh-Hans", "zh-Hant"], "zh-Hant"),
        ("tw", ["ak"], "ak"),
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
    assert served.match("zh") == "zh-Hans"  # as it is usually written


def test_what_is_too_long_for_a_language_code_is_none() -> None:
    assert standard_tag("en-x" + "-ab" * 1000) is None
    assert match_language("en-" * 500, ["en"]) is None


FLORES = (
    "ar:arb fa:pes prs:prs lv:lvs et:est ms:zsm mn:khk sw:swh uz:uzn ne:npi or:ory yi:ydd sq:als "
    "ps:pbt pbt:pbt az:azj azb:azb mg:plt no:nob nb:nob nn:nno om:gaz qu:quy quy:quy gn:grn ay:ayr "
    "ku:kmr kmr:kmr ckb:ckb tl:tgl fil:tgl jv:jav jw:jav iw:heb he:heb in:ind ji:ydd mo:ron "
    "zh:zho_Hans zh-CN:zho_Hans zh-SG:zho_Hans zh-TW:zho_Hant zh-HK:zho_Hant zt:zho_Hant cmn:zho_Hans "
    "yue:yue sr:srp_Cyrl ace:ace_Latn bjn:bjn_Latn kr:knc_Latn ks:kas_Arab ks-Deva:kas_Deva "
    "min:min_Latn ff:fuv tw:twi ak:aka din:dik sc:srd pb:por pt-PT:por en-GB:eng es-419:spa ar-EG:arb "
    "arz:arz ti:tir bo:bod taq:taq_Latn kg:kon lg:lug"
)
"""What people write, and the code of FLORES-200 that it is."""


def test_the_languages_of_nllb_are_found_by_what_people_call_them() -> None:
    nllb = pytest.importorskip("transformers.models.nllb.tokenization_nllb")
    codes = list(nllb.FAIRSEQ_LANGUAGE_CODES)
    languages = LanguageTokens(NLLB, {code: number for number, code in enumerate(codes)})
    assert len(languages.ids) == len(codes)  # none takes the place of another
    served = LanguageSet(languages.ids)
    for pair in FLORES.split():
        code, expected = pair.split(":")
        found = served.match(code)
        assert found is not None, code
        assert codes[languages.ids[found]].startswith(expected), code
        assert codes[languages.id_of(found)].startswith(expected), code
