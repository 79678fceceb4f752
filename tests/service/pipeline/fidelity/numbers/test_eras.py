from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.numbers.eras import era_in_target_form, lost_eras


@pytest.mark.parametrize(
    ("source", "output", "lost"),
    [
        ("In AD 70 it fell.", "Em 70, caiu.", ["AD 70"]),
        ("In AD 70 it fell.", "Em 70 d.C. caiu.", []),
        ("Born AD 37, died 68 AD.", "Nascido em 37, morreu em 68 d.C..", ["AD 37"]),
        ("From 200 BC to A.D. 50", "De 200 a 50 a.C.", ["A.D. 50", "200 BC"]),
        ("300 BCE, 300 CE", "300 a. C., 300 d. C.", []),
        ("a CD of 70, an AD in 3 colours, ABCD 70", "nada", []),
        ("AD 1.5 and AD 10:30", "nada", []),
    ],
)
def test_eras_that_an_output_has_not(source: str, output: str, lost: list[str]) -> None:
    assert [source[start:end] for start, end in lost_eras(source, output, "en", "pt")] == lost


def test_eras_are_compared_in_languages_whose_forms_are_known() -> None:
    assert not lost_eras("AD 70", "70", "en", "de")
    assert lost_eras("70 a.C.", "70", "pt-BR", "en-GB")


@pytest.mark.parametrize(
    ("year", "source_lang", "target_lang", "written"),
    [
        ("AD 70", "en", "pt", "70 d.C."),
        ("70 CE", "en", "pt", "70 d.C."),
        ("44 B.C.", "en", "pt", "44 a.C."),
        ("44 a. C.", "pt", "en", "44 BC"),
        ("476 d.C.", "pt", "en", "476 AD"),
        ("AD 70", "en", "de", "AD 70"),
        ("AD 70 or so", "en", "pt", "AD 70 or so"),
    ],
)
def test_eras_in_the_form_of_the_target(year: str, source_lang: str, target_lang: str, written: str) -> None:
    assert era_in_target_form(year, source_lang, target_lang) == written
