from __future__ import annotations

import pytest

from service.pipeline.detection import UNDETERMINED, LanguageDetector
from service.pipeline.types import Detection


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector(["en", "pt-BR"])


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("hello handsome", "en"),
        ("Hello", "en"),
        ("obrigado", "pt-BR"),
        ("Olá mundo", "pt-BR"),
        ("The cat sat on the mat.", "en"),
        ("São Paulo", "pt-BR"),
    ],
)
def test_short_texts(detector: LanguageDetector, text: str, lang: str) -> None:
    found = detector.detect(text)
    assert found.lang == lang
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize("text", ["", "  \n", "12345", "😀", "中文"])
def test_texts_that_say_nothing(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == Detection(UNDETERMINED, 0.0)
    assert detector.rank(text) == []


def test_confidences_are_shares(detector: LanguageDetector) -> None:
    ranked = detector.rank("computer amor")
    assert sum(d.confidence for d in ranked) == pytest.approx(1, abs=0.01)
    assert ranked == sorted(ranked, key=lambda d: -d.confidence)


def test_languages_that_cannot_be_weighed_are_left_out() -> None:
    assert LanguageDetector(["en", "ast", "not a code"]).rank("hello") == []
    assert LanguageDetector([]).rank("hello") == []


def test_nothing_is_loaded_before_it_is_needed() -> None:
    detector = LanguageDetector(["en", "pt"])
    assert not detector.is_loaded
    detector.detect("hello")
    assert detector.is_loaded
