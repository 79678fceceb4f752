"""Ordinal numbers of messages: `#st` and the like, whose letters are spelling rather than syntax."""

from __future__ import annotations

import re

from service.pipeline.languages import base_language

SUFFIX = re.compile(r"(?:st|nd|rd|th)(?![^\W_])")
"""Of English, the only language here that has several; those of others stay as they are."""
_SIGNS = {
    **dict.fromkeys(("pt", "gl", "it"), "º"),
    "es": ".º",
    "fr": "e",
    "ca": "è",
    "nl": "e",
    **dict.fromkeys(
        ("de", "da", "nb", "no", "fi", "cs", "sk", "pl", "hu", "hr", "sr", "sl", "et", "tr"), "."
    ),
}
"""What a language writes behind the figures, at least of a noun that nobody knows here."""


def ordinal_in_target_form(text: str, target_lang: str) -> str:
    """A numeral with an English suffix, with the target's; as it is where that is not known."""
    sign = _SIGNS.get(base_language(target_lang))
    return text if sign is None else SUFFIX.sub(sign, text)
