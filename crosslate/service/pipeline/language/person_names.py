"""Names of people with a word of another language in them, `von Neumann`: alone, they are not translated."""

from __future__ import annotations

import re

_NAME = r"[^\W\d_a-zß-ÿ][\w'’\-]*\.?"
_NAMES = rf"(?: {_NAME}){{1,2}}"
_ARTICLE = r"(?: [a-z']{2,3})?"
_WHOLE = re.compile(
    rf"(?:(?:van|von|ibn|bin){_ARTICLE} {_NAME}"
    rf"|(?:{_NAME} ){{1,3}}(?:van|von|vom|zu|ter|ten|af|ibn|bin){_ARTICLE}{_NAMES})"
    r"(?:, (?:[A-Z]\.[ -]?){1,3})?"
)


def is_name_with_particle(text: str) -> bool:
    """Whether a text is such a name, and nothing else."""
    return _WHOLE.fullmatch(text) is not None
