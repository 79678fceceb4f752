"""Passages that say that they are in the target language."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.language.named_language import without_translated
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage

DETECTOR = LanguageDetector(["en", "pt"])


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("Português: A loja está fechada na segunda-feira, volte na terça.", True),
        ("[Portuguese]: A loja está fechada na segunda-feira, volte na terça.", True),
        ("Português: The shop is closed on Monday, come back on Tuesday.", False),
        ("English: A loja está fechada na segunda-feira, volte na terça.", False),
        ("Note: A loja está fechada na segunda-feira, volte na terça.", False),
        ("Portuguese: ten lessons", False),
    ],
)
def test_what_is_in_the_target_language_stays(text: str, stays: bool) -> None:
    DETECTOR.load()
    passages = [Passage(text=DerivedText.of(text)), Passage(text=DerivedText.of("Hello."))]
    found, said = without_translated(passages, "pt", DETECTOR)
    assert found == passages[stays:]
    assert [(one.code, one.source) for one in said] == [
        ("already_in_target_language", (0, len(text)))
    ] * stays
