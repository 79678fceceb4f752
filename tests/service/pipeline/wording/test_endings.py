from __future__ import annotations

import pytest

from crosslate.service.pipeline.wording.endings import missing_end


def with_end(written: str, source: str, lang: str = "pt", *, goes_on: bool = False) -> str:
    edit = missing_end(written, source, lang, goes_on=goes_on)
    return written if edit is None else written + edit[1]


@pytest.mark.parametrize(
    ("source", "written", "expected"),
    [
        ("I love NY.", "Eu amo NY", "Eu amo NY."),
        ("I X1 NY.", "I X1 NY", "I X1 NY."),
        ("Call {name}.", "Ligue para {name}", "Ligue para {name}."),
        ("Is it?", "É", "É?"),
        ("Go!", "Vá", "Vá!"),
        ("Go on", "Continue", "Continue"),
        ("He said “no.”", "Ele disse “não.”", "Ele disse “não.”"),
        ("I see.", 'Eu vejo".', 'Eu vejo".'),
        ("I see.", 'Eu vejo."', 'Eu vejo."'),
        ("I see...", "Eu vejo", "Eu vejo"),
        ("Wait?!", "Espere", "Espere"),
        ("Keep out!", "! out keep", "! out keep"),
        ("Pay 5.30 in NY.", "Pague 5.30 em NY", "Pague 5.30 em NY."),
        ("I see.", "", ""),
    ],
)
def test_a_mark_that_was_left_out_is_put_behind(source: str, written: str, expected: str) -> None:
    assert with_end(written, source) == expected


@pytest.mark.parametrize(
    ("source", "written"),
    [("7 p.m.", "19:00"), ("Min.", "Mínimo"), ("Ref. 3.", "Ref. 3"), ("Open at 7 p.m.", "Aberto às 19:00")],
)
def test_a_full_stop_may_be_of_an_abbreviation_unless_words_follow(source: str, written: str) -> None:
    is_label = source != "Open at 7 p.m."
    assert with_end(written, source) == (written if is_label else f"{written}.")
    assert with_end(written, source, goes_on=True) == f"{written}."


@pytest.mark.parametrize(
    ("lang", "written", "expected"),
    [
        ("zh", "我看见", "我看见。"),
        ("hi", "मैं देखता हूँ", "मैं देखता हूँ।"),
        ("th", "ฉันเห็น", "ฉันเห็น"),
        ("ar", "أرى", "أرى."),
    ],
)
def test_it_is_the_mark_of_the_language(lang: str, written: str, expected: str) -> None:
    assert with_end(written, "I see it now.", lang) == expected


@pytest.mark.parametrize(("lang", "mark"), [("ar", "؟"), ("el", ";"), ("ja", "？"), ("fr", "?")])
def test_questions_have_their_own(lang: str, mark: str) -> None:
    assert with_end("X", "Do you see it?", lang) == f"X{mark}"
