"""Which model a request to Google's API names: the general one, or one of those that are served."""

from __future__ import annotations

import re

_GENERAL = frozenset({"", "nmt", "base", "general/nmt", "general/base", "language-detection/default"})
_OF_OTHER_KINDS = frozenset({"general/translation-llm", "translation-llm", "llm"})
"""Language models of Google's, which do the same otherwise: the general one is asked."""
_FOLDER = re.compile(r"projects/[^/]+/(?:locations/[^/]+/)?models/")


def model_of(asked: str) -> tuple[str | None, list[str]]:
    """The id of a served model, or None for whichever has the languages; and what has no effect.

    That nobody serves a model of this id is said by who is asked for it.
    """
    name = _FOLDER.sub("", asked, count=1)
    if name in _OF_OTHER_KINDS:
        return None, ["model"]
    return (None if name in _GENERAL else name), []
