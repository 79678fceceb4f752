"""In which case a sentence is read: capitals and titles as sentences, and what is to be undone of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.wording.capitals import Capitals, without_capitals
from crosslate.service.pipeline.wording.emphasis import without_emphasis
from crosslate.service.pipeline.wording.titles import read_as_sentence


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A sentence as it is read, of the same length as it was sent."""

    text: str | None = None
    """None: as it was sent."""
    capitals: Capitals | None = None
    is_title: bool = False
    emphasized: tuple[Span, ...] = ()
    """Of words that were in capitals amid others."""


def read_case(
    text: str, lang: str, count_tokens: Callable[[str], int], *, is_caption: bool = False
) -> ReadCase:
    """Of one sentence in this language; what is protected in it is blank."""
    found_in = without_capitals(text, lang, count_tokens, is_caption=is_caption)
    plain, capitals = found_in or (None, None)
    if capitals is Capitals.ALL:
        return ReadCase(plain, capitals)
    if plain is None and (title := read_as_sentence(text, lang, count_tokens)) is not None:
        return ReadCase(title, is_title=True)
    found = without_emphasis(plain or text, lang, count_tokens)
    return (
        ReadCase(plain, capitals) if found is None else ReadCase(found[0], capitals, False, tuple(found[1]))
    )
