"""Texts of formulas and conditions in a new language: what a cell says, as its formulas have it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crosslate.service.documents.document import Segment
from crosslate.service.documents.formats.formulas.constants import Constant, Role

_CONDITION = re.compile(r"([<>=]*\*?)(.*?)(\*?)", re.DOTALL)
"""What cells are counted by, such as `<>Open` or `*Open*`."""
WORD = re.compile(r"[^\W\d_]{3}")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NAME = re.compile(r"\S*[\d_@:\\]\S*|\S+[./-]\S+")
"""Of something, without a blank in it: a code, an address, a file."""


class Shown:
    """A text that is shown by a formula, wherever it stands.

    Args:
        text: as the formula has it.
        place: for people, the first place.
    """

    def __init__(self, text: str, place: str) -> None:
        self.text, self.translation = text, text
        self.segments = [Segment(text, "text", place)]

    def put(self, translations: Sequence[str]) -> None:
        """Take the translation."""
        (self.translation,) = translations


def words_of(text: str) -> list[str]:
    """Its words of two letters or more."""
    return _WORDS.findall(text)


def is_worded(text: str) -> bool:
    """Whether a text that a formula shows is language, and no code, address or file."""
    return _WORDS.search(text) is not None and _NAME.fullmatch(text.strip()) is None


def new_text(constant: Constant, renamed: Mapping[str, str]) -> str | None:
    """What a constant becomes; None where it stays."""
    match constant.role:
        case Role.SHOWN:
            return renamed.get(constant.text.casefold())
        case Role.COMPARED:
            return renamed_condition(constant.text, renamed)
        case Role.CODE:
            return None


def renamed_condition(condition: str, renamed: Mapping[str, str]) -> str | None:
    """What cells are counted by, with the new text in it; None where no cell says the old one."""
    if (whole := renamed.get(condition.casefold())) is not None:
        return whole
    before, text, after = _parts(condition)
    new = renamed.get(text.casefold())
    return None if new is None else f"{before}{new}{after}"


def compared_with(condition: str) -> str:
    """The text that a condition has, in small letters."""
    return _parts(condition)[1].casefold()


def _parts(condition: str) -> tuple[str, str, str]:
    """A sign that compares, what with, and whether anything may come before or behind it."""
    match = _CONDITION.fullmatch(condition)
    assert match is not None
    return match[1], match[2], match[3]
