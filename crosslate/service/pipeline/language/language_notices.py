"""What an answer says about the language of a text: codes and wording, in one place.

In words that fit every API, the command and the page, which call their fields differently.
"""

from __future__ import annotations

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.detection import UNDETERMINED
from crosslate.service.pipeline.language.languages import language_name
from crosslate.service.pipeline.notices import Notice


def not_detected(assumed: str) -> Notice:
    """The text says nothing about its language."""
    return Notice(
        "low_confidence_language",
        f"The language of the text could not be detected; {language_name(assumed)} was assumed. "
        "Name it to be sure.",
    )


def uncertain(found: Detection) -> Notice:
    """The likeliest language is not likely enough."""
    return Notice(
        "low_confidence_language",
        f"The language of the text is not certain: {language_name(found.lang)} was assumed, with a "
        f"confidence of {found.confidence:.2f}. Name it to be sure.",
    )


def already_in_target(found: Detection) -> Notice:
    """There is nothing to translate."""
    return Notice(
        "already_in_target_language",
        f"The text is in {language_name(found.lang)} already; it is returned unchanged. "
        "Name its language to have it translated all the same.",
    )


def part_already_in_target(found: Detection, span: Span) -> Notice:
    """A passage says what language it is in, and needs no translation."""
    said = (
        f"This part of the text is in {language_name(found.lang)} already, as it says; it was left as it was."
    )
    return Notice("already_in_target_language", said, span)


def not_served(found: Detection) -> Notice:
    """No model reads the text's language."""
    language = "another language" if found.lang == UNDETERMINED else language_name(found.lang)
    return Notice(
        "language_not_served",
        f"The text seems to be in {language}, from which nothing is translated here; it is returned "
        "unchanged. Name its language to have it translated all the same.",
    )


def contradicted(given: str, found: Detection) -> Notice:
    """The caller named another language than the text's."""
    return Notice(
        "source_language_differs",
        f"The text was translated from {language_name(given)}, as was asked for, but seems to be in "
        f"{language_name(found.lang)}.",
    )
