"""What an answer tells beside its own fields: parameters without effect, another variety of a language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.service.pipeline.language.languages import base_language, standard_tag

SAME_LANGUAGE = "the text is in the target language already: it comes back as it is"
HEADER = "X-Crosslate-Warning"
_MAX_NAME = 64
_NO_NAME = re.compile(r"[^\w.-]", re.ASCII)


def warning_header(notes: Sequence[str]) -> dict[str, str]:
    """The notes as one header, if there are any."""
    return {HEADER: "; ".join(dict.fromkeys(notes))} if notes else {}


def without_effect(names: Sequence[str]) -> list[str]:
    """A note for each parameter that was sent in vain; their names come from anyone."""
    return [f"{_NO_NAME.sub('?', name[:_MAX_NAME])} has no effect" for name in names]


def variety_note(asked: str, served: str) -> list[str]:
    """Whether a text went into another variety of the language than was asked for.

    Args:
        asked: as the client wrote it.
        served: as the model that answered names it.
    """
    wanted, given = standard_tag(asked), standard_tag(served)
    if wanted is None or given is None or wanted == given or base_language(wanted) != base_language(given):
        return []
    return [f"{wanted} was asked for and {given} given: no model distinguishes them"]
