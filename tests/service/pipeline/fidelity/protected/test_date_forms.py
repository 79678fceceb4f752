from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.date_forms import date_form_in_target


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("DD/MM/YYYY", "pt-BR", "DD/MM/AAAA"),
        ("DD/MM/AAAA", "en", "DD/MM/YYYY"),
        ("MM/DD/YY", "fr", "MM/JJ/AA"),
        ("D/M/YYYY", "it", "G/M/AAAA"),
        ("YYYY-MM-DD", "pt", "YYYY-MM-DD"),
        ("AAAA-MM-DD", "en", "YYYY-MM-DD"),
        ("DD-MM-YYYY", "pt", "DD-MM-AAAA"),
        ("DD/MM/YYYY HH", "pt", "DD/MM/YYYY HH"),
    ],
)
def test_the_letters_are_those_of_the_language(text: str, lang: str, expected: str) -> None:
    assert date_form_in_target(text, lang) == expected
