"""First lines that name columns, and terms that do not."""

from __future__ import annotations

import pytest

from crosslate.service.glossaries.headers import is_header, is_turned


@pytest.mark.parametrize(
    "line",
    [
        *(
            "source,target",
            "Source,Target",
            " SOURCE , target ",
            "source_term,target_term",
            "Source Term,Target-Term",
        ),
        *("src,tgt", "src,trg", "term,translation", "en,pt", "EN,PT-BR", "en_US,por", "English,Portuguese"),
        *("source,target,notes", "en,pt,fr"),
    ],
)
def test_names_of_columns_and_the_languages_of_the_request_are_a_header(line: str) -> None:
    assert is_header(line.split(","), "en", "pt")
    assert not is_turned(line.split(","), "en", "pt")


@pytest.mark.parametrize(
    "line",
    [
        *(
            "source,fonte",
            "fonte,target",
            "target,source",
            "source",
            "",
            "en,en",
            "en,fr",
            "de,pt",
            "term,termo",
        ),
        *("English,inglês", "pt,português", "bridge,viaduto", "translation,term"),
    ],
)
def test_a_term_is_none(line: str) -> None:
    assert not is_header(line.split(","), "en", "pt")
    assert not is_turned(line.split(","), "en", "pt")


def test_a_source_that_is_detected_may_be_any_language_but_the_target_s() -> None:
    assert is_header(["en", "pt"], None, "pt")
    assert is_header(["de", "pt-BR"], None, "pt")
    assert not is_header(["pt", "pt"], None, "pt")
    assert not is_header(["bridge", "pt"], None, "pt")
    assert not is_turned(["pt", "en"], None, "pt")


def test_columns_may_be_turned() -> None:
    assert is_turned(["pt", "en"], "en", "pt")
    assert is_turned(["Portuguese", "English"], "en", "pt-BR")
    assert not is_turned(["en", "en"], "en", "en")
