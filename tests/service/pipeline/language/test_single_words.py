from __future__ import annotations

import pytest

from crosslate.service.pipeline.language.single_words import hangs_on_a_word


def likeliest(text: str) -> str:
    """French is what has an accent."""
    return "pt" if text.isascii() else "fr"


@pytest.mark.parametrize(
    ("text", "hangs"),
    [
        ("chegar à Terra", True),
        ("où est la gare là", False),
        ("à", False),
        ("", False),
        ("à " + "de " * 8, False),
        ("à " + "d" * 100, False),
    ],
)
def test_what_one_word_says_is_doubtful(text: str, hangs: bool) -> None:
    assert hangs_on_a_word(text, ("pt",), likeliest) is hangs
    assert not hangs_on_a_word(text, ("en",), likeliest)
