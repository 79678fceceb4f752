from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.wording.casing import capital, small, with_capital


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("tr", "ışık ilk", "IŞIK İLK"),
        ("en", "light is", "LIGHT IS"),
        ("de", "straße", "STRAẞE"),
        ("el", "καλημέρα ταΐζω", "ΚΑΛΗΜΕΡΑ ΤΑΪΖΩ"),
        ("ka", "გამარჯობა", "გამარჯობა"),
        ("hy", "բարեւ", "ԲԱՐԵՒ"),
        ("th", "สวัสดี", "สวัสดี"),
    ],
)
def test_all_in_capitals(lang: str, text: str, expected: str) -> None:
    assert "".join(capital(character, lang) for character in text) == expected


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("tr", "IŞIK İLK", "ışık ilk"),
        ("az", "QIZIL", "qızıl"),
        ("en", "IRISH", "irish"),
        ("en", "İZMIR", "İzmir"),  # two characters in small letters
        ("el", "ΟΔΟΣ", "οδος"),
        ("ru", "ДОМ", "дом"),
    ],
)
def test_small_letters(lang: str, text: str, expected: str) -> None:
    assert small(text, lang) == expected


@given(st.text(max_size=8), st.sampled_from(["en", "tr", "nl", "el", "ka"]))
def test_lengths_stay(word: str, lang: str) -> None:
    assert len(small(word, lang)) == len(word)
    assert len(with_capital(word, lang)) == len(word)
