"""Laughter as people type it, `kkkkk`, `hahaha`, `rsrs`: models write it longer or shorter than it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

_MAY_BE = re.compile(r"kkk|rsrs|h[aeiu]h|ha ha|h[eu]he|jaja|jeje|lolol", re.IGNORECASE)
_LAUGHTER = re.compile(
    r"(?<![\w@#])(?:(?:ha)+(?:[ \-](?:ha)+)+|k{3,}|(?:rs){2,}s?|h?(?:ah){2,}a?|(?:ha){2,}h?|(?:h[ei]){2,}h?"
    r"|(?:hu[ae]){2,}|(?:ja|je){2,}|lo(?:lo)+l)(?![\w@])",
    re.IGNORECASE,
)


def laughter(text: str) -> Iterator[Span]:
    """Where it stands in a text, in order."""
    if _MAY_BE.search(text) is not None:
        yield from (match.span() for match in _LAUGHTER.finditer(text))
