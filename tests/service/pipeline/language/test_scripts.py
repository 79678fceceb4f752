from __future__ import annotations

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.language.scripts import InLatinLetters, script_notice
from crosslate.service.pipeline.text.origin import DerivedText
from tests.service.pipeline.echo import Echo
from tests.service.pipeline.fakes import served_model

ARTICLE_1 = (
    "Сва људска бића рађају се слободна и једнака у достојанству и правима. ЉУДИ, Људи, Њ, Џак и X1 – 5 %",
    "Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima. "
    "LJUDI, Ljudi, Nj, Džak i X1 – 5 %",
)
"""Of the Universal Declaration of Human Rights."""


def test_each_letter_is_one_or_two_of_the_other_script() -> None:
    cyrillic, latin = ARTICLE_1
    written = InLatinLetters().restored(DerivedText.of(cyrillic))
    assert written.text == latin
    assert written.origin.span((0, 3)) == (0, 3)
    at = latin.index("ljudska")
    assert cyrillic[slice(*written.origin.span((at, at + 7)))] == "људска"


@pytest.mark.parametrize("served", ["srp_Cyrl", "sr", "sr-Cyrl"])
async def test_serbian_is_answered_in_the_script_that_was_asked_for(served: str) -> None:
    echo = Echo("en", served, {"cat": "мачка {x}"})
    result = await echo.translate("The cat 🙂 sleeps.", target_lang="sr-Latn", alignment="links")
    assert result.text == "The mačka {x} 🙂 sleeps."
    assert result.target_lang == "sr-Latn"
    assert result.warnings == []
    plain = await echo.translate("The cat 🙂 sleeps.", target_lang="sr")
    assert (plain.text, plain.target_lang) == ("The мачка {x} 🙂 sleeps.", served)


def test_only_what_is_written_is_written_in_other_letters() -> None:
    catalog = ModelCatalog([served_model(pairs=(("sr-Cyrl", "en"), ("en", "sr-Cyrl")))])
    assert catalog.select("en", "sr-Latn-RS").target_lang == "sr-Cyrl"
    with pytest.raises(ServiceError, match="sr-Latn"):
        catalog.select("sr-Latn", "en")


@pytest.mark.parametrize(
    ("asked", "served", "is_told"),
    [
        ("zh-TW", "zh", True),
        ("zh-Hant", "zh", True),
        ("az-Cyrl", "az", True),
        ("zh-Hant", "zh-Hant", False),
        ("zh-CN", "zh", False),
        ("pt-BR", "pt", False),
        ("sr-Latn", "sr", False),
        ("sr", "sr-Cyrl", False),
    ],
)
def test_nobody_gets_another_script_in_silence(asked: str, served: str, is_told: bool) -> None:
    assert [one.code for one in script_notice(asked, served)] == ["option_ignored"] * is_told


async def test_what_cannot_be_made_of_the_models_script_is_said() -> None:
    result = await Echo("en", "zh").translate("The cat sleeps.", target_lang="zh-Hant")
    (notice,) = result.warnings
    assert "Traditional" in notice.message
