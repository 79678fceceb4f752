r"""Codes of games amid words: `§aGreen`, `&cRed`, `\c[2]`, and tags with a value, `<color=#f00>`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

VALUED_TAGS = (
    r"<[A-Za-z][\w\-]{0,40}=(?:\"[^\"<>\n]{0,200}\"|[^\s<>]{1,200})\s?/?>",
    r"\\[A-Za-z]{1,4}\[[\w#,. ]{1,20}\]",
)
_SECTION = re.compile(r"§(?:[A-FK-ORa-fk-or](?![.,;)\d]|[a-z]{0,2}[\s.,)]*$)|\d(?=[^\W\da-z]|[{%§&]))")
_AMPERSAND = re.compile(r"(?<!\w)&[0-9a-fk-or](?=[^\W\da-z]|[{%&])|(?<=[\w!.?])&r(?=[\s!.?,&]|$)")
_MORE = re.compile(r"&[0-9a-fk-or](?![a-z]{1,6};)")
"""Beside one that is certain."""


def colour_codes(text: str) -> Iterator[Span]:
    """Those of Minecraft and its like, in order; `§3` before a word is a section."""
    if "§" in text:
        yield from (match.span() for match in _SECTION.finditer(text))
    if "&" in text and _AMPERSAND.search(text) is not None:
        yield from (match.span() for match in _MORE.finditer(text))
