"""Code between fences, as chats and their assistants have it in a plain text, too: it is no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

_FENCE = re.compile(r"^[ \t>]*(?P<marks>`{3,}|~{3,})(?P<kind>[^`\r\n]*)\r?$", re.MULTILINE)


def fenced_code(text: str) -> list[Span]:
    """From fence to fence, in order; one that is never closed opens nothing."""
    if "```" not in text and "~~~" not in text:
        return []
    return [(opening.start(), closing.end()) for opening, closing in fence_pairs(text, _FENCE)]


def fence_pairs(text: str, fence: re.Pattern[str]) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """What opens and what closes each, in order. Time is linear in the length.

    Args:
        text: any.
        fence: a line with `marks`, and with the `kind` of code behind them where it opens.
    """
    opening: re.Match[str] | None = None
    for found in fence.finditer(text):
        if opening is None:
            opening = found
        elif not found["kind"].strip() and found["marks"].startswith(opening["marks"]):
            yield opening, found
            opening = None
