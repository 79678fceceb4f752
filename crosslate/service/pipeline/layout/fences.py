"""Code between fences in a plain text, as chats and their assistants have it: it is no prose."""

from __future__ import annotations

import re

from crosslate.models.tokenizer import Span

_FENCE = re.compile(r"^[ \t>]*(?P<marks>`{3,}|~{3,})(?P<kind>[^`\r\n]*)\r?$", re.MULTILINE)


def fenced_code(text: str) -> list[Span]:
    """From fence to fence, in order; one that is never closed opens nothing."""
    found: list[Span] = []
    if "```" not in text and "~~~" not in text:
        return found
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif not fence["kind"].strip() and fence["marks"].startswith(opening["marks"]):
            found.append((opening.start(), fence.end()))
            opening = None
    return found
