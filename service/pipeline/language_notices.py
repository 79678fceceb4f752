"""What an answer says about the language of a text: codes and wording, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.pipeline.detection import UNDETERMINED
from service.pipeline.languages import language_name
from service.pipeline.types import Detection

NoticeCode = Literal[
    "low_confidence_language",
    "already_in_target_language",
    "language_not_served",
    "source_language_differs",
]


@dataclass(frozen=True, slots=True)
class LanguageNotice:
    """A code that programs can rely on, and the message for people."""

    code: NoticeCode
    message: str


def not_detected(assumed: str) -> LanguageNotice:
    """The text says nothing about its language."""
    return LanguageNotice(
        "low_confidence_language",
        f"The language of the text could not be detected; {language_name(assumed)} was assumed. "
        "Give source_lang to be sure.",
    )


def uncertain(found: Detection) -> LanguageNotice:
    """The likeliest language is not likely enough."""
    return LanguageNotice(
        "low_confidence_language",
        f"The language of the text is not certain: {language_name(found.lang)} was assumed, with a "
        f"confidence of {found.confidence:.2f}. Give source_lang to be sure.",
    )


def already_in_target(found: Detection) -> LanguageNotice:
    """There is nothing to translate."""
    return LanguageNotice(
        "already_in_target_language",
        f"The text is in {language_name(found.lang)} already; it is returned unchanged. "
        "Give source_lang to have it translated all the same.",
    )


def not_served(found: Detection) -> LanguageNotice:
    """No model reads the text's language."""
    language = "another language" if found.lang == UNDETERMINED else language_name(found.lang)
    return LanguageNotice(
        "language_not_served",
        f"The text seems to be in {language}, from which nothing is translated here; it is returned "
        "unchanged. Give source_lang to have it translated all the same.",
    )


def contradicted(given: str, found: Detection) -> LanguageNotice:
    """The caller named another language than the text's."""
    return LanguageNotice(
        "source_language_differs",
        f"The text was translated from {language_name(given)}, as source_lang says, but seems to be in "
        f"{language_name(found.lang)}.",
    )
