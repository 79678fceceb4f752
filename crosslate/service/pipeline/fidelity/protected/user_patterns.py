"""The caller's own patterns of what is not to be translated, matched in linear time whatever they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import re2

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected

MAX_PATTERNS = 32
MAX_PATTERN_LENGTH = 256
_MAX_MEMORY = 1 << 20
"""Of a compiled pattern, in bytes."""


class UserPatterns:
    """Patterns in RE2's syntax: what they match is protected.

    Args:
        patterns: the caller's.
        settled: more, of the settings, that count for no limit: they were read before.

    Raises:
        ValueError: one is no pattern, too long or too large; the message says which and why.
    """

    def __init__(self, patterns: Sequence[str], settled: Sequence[str] = ()) -> None:
        if len(patterns) > MAX_PATTERNS:
            raise ValueError(f"there are {len(patterns)} patterns; {MAX_PATTERNS} are allowed")
        given = [_compiled(number, pattern) for number, pattern in enumerate(patterns)]
        self._compiled = [*given, *(_compiled(number, pattern) for number, pattern in enumerate(settled))]

    def spans(self, text: str) -> list[Protected]:
        """What they match in a text, in no order; matches of nothing are left out."""
        spans: list[Span] = [match.span() for one in self._compiled for match in one.finditer(text)]
        return [Protected(span, Kind.PATTERN) for span in spans if span[0] < span[1]]


@lru_cache(maxsize=256)
def _compiled(number: int, pattern: str) -> re2._Regexp[str]:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(f"pattern {number} has {len(pattern)} characters; {MAX_PATTERN_LENGTH} are allowed")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        (reason,) = error.args
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(
            f"pattern {number} is not valid in RE2's syntax (no look-around, no back-references): {said}"
        ) from None
