"""`<br>` in a plain text, as editors of subtitles send it: the end of a line, mostly of a sentence, too."""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.marks import SENTENCE_MARKS

_TAGS = re.compile(r"(?<![ \t])[ \t]*(?:<[bB][rR][ ]?/?>[ \t]*)+")
ENDS_IN_TAG = re.compile(r"<[bB][rR][ ]?/?>$")
_ENDS_SENTENCE = re.compile(rf"[.!?…:;{SENTENCE_MARKS}][\"'”’»)\]]*$")
_LOOK_BACK = 8
_SALUTATION = 24
"""Characters: what is no longer and ends in a comma is one, `Dear all,`."""


def between_tags(text: str, start: int, end: int) -> tuple[list[Span], list[Span]]:
    """The stretches of a line between such tags, and the tags within them, where a sentence goes on."""
    stretches: list[Span] = []
    within: list[Span] = []
    at = start
    for tag in _TAGS.finditer(text, start, end):
        if at < tag.start() and tag.end() < end and _goes_on(text, start, tag):
            within.append(tag.span())
            continue
        if at < tag.start():
            stretches.append((at, tag.start()))
        at = tag.end()
    if at < end:
        stretches.append((at, end))
    return stretches, within


def _goes_on(text: str, start: int, tag: re.Match[str]) -> bool:
    """Whether a single tag stands within a sentence."""
    end = tag.start()
    if tag.group().count("<") > 1 or not text[tag.end()].islower():
        return False
    if text[end - 1] == "," and end - start <= _SALUTATION:
        return False
    return _ENDS_SENTENCE.search(text, max(start, end - _LOOK_BACK), end) is None
