"""What may change behind a term because of it, and what may not."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.glossary.agreement import is_agreement, may_become_agreement


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
    if expected:  # whatever has been written of it so far
        assert all(may_become_agreement(word, other[:end], lang) for end in range(1, len(other) + 1))
        assert all(may_become_agreement(other, word[:end], lang) for end in range(1, len(word) + 1))


@pytest.mark.parametrize(
    ("word", "beginning", "lang"),
    [
        ("fechada", "aberto", "pt"),
        ("fechada", "fechand", "pt"),
        ("até", "em", "pt"),
        ("está", "para", "pt"),
        (",", "ência", "pt"),
        ("com", ",", "pt"),
        ("and", "of", "en"),
        ("closed", "closi", "en"),
        ("und", "oder", "de"),
        ("Häuser", "Hochhaus", "de"),
    ],
)
def test_what_is_another_word_is_seen_at_its_beginning(word: str, beginning: str, lang: str) -> None:
    assert not may_become_agreement(word, beginning, lang)
