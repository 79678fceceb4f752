"""What may change behind a term because of it, and what may not."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.glossary.agreement import is_agreement, is_other_ending


@pytest.mark.parametrize(
    ("word", "other", "lang", "expected"),
    [
        ("fechada", "fechado", "pt", True),
        ("infectado", "infectadas", "pt-BR", True),
        ("chinesa", "chinês", "pt", True),
        ("está", "estão", "pt", True),
        ("foi", "foram", "pt", True),
        ("É", "são", "pt", True),
        ("comeu", "comeram", "pt", True),
        ("na", "em", "pt", True),
        ("de", "dos", "pt", True),
        ("internacionais", "internacional", "pt", True),
        ("até", "em", "pt", False),
        ("não", "são", "pt", False),
        ("e", "ou", "pt", False),
        ("de", "em", "pt", False),
        ("diminui", "diminuía", "pt", False),
        ("fechada", "fechando", "pt", False),
        ("mas", "mais", "pt", False),
        ("bridge", "bridges", "en", True),
        ("is", "are", "en", True),
        ("a", "an", "en", True),
        ("on", "in", "en", False),
        ("closed", "closes", "en", False),
        ("altes", "alter", "de", True),
        ("und", "an", "de", False),
        ("3", "4", "pt", False),
    ],
)
def test_only_number_and_gender_may_differ(word: str, other: str, lang: str, expected: bool) -> None:
    assert is_agreement(word, other, lang) is expected
    assert is_agreement(other, word, lang) is expected


@pytest.mark.parametrize(
    ("word", "other", "lang", "expected"),
    [
        ("fechada", "fechado", "pt", True),
        ("está", "estão", "pt", True),
        ("é", "são", "pt", True),
        ("is", "are", "en", True),
        ("mesmo", "mesma", "pt", True),
        ("na", "no", "pt", False),  # goes with what follows
        ("em", "nos", "pt", False),
        ("a", "an", "en", False),
        ("fechada", "fechada", "pt", False),
        ("fechada", "aberta", "pt", False),
    ],
)
def test_what_goes_with_a_term_before_it(word: str, other: str, lang: str, expected: bool) -> None:
    assert is_other_ending(word, other, lang) is expected
