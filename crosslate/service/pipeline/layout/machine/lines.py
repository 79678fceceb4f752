"""Which lines of a plain text a program wrote, and what of each somebody is to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.machine.blocks import words_of_blocks
from crosslate.service.pipeline.layout.machine.commands import is_command
from crosslate.service.pipeline.layout.machine.directives import words_of_directives
from crosslate.service.pipeline.layout.machine.log_lines import message_of
from crosslate.service.pipeline.layout.machine.patches import words_of_patches
from crosslate.service.pipeline.layout.machine.templates import words_of_templates


def machine_lines(text: str, lines: Sequence[Span]) -> Mapping[int, Span]:
    """Where each line of a program begins -> what of it is to be read, empty where nothing is.

    Args:
        text: all of it.
        lines: those of the text, without what ends them.
    """
    found: dict[int, Span] = {}
    for start, end in lines:
        line = text[start:end]
        first = start + len(line) - len(line.lstrip())
        is_typed = is_command(line.strip())
        words = (first, first) if is_typed else message_of(text, first, start + len(line.rstrip()))
        if words is not None:
            found[start] = words
    for words_of in (words_of_blocks, words_of_patches, words_of_directives, words_of_templates):
        found.update((lines[number][0], words) for number, words in words_of(text, lines))
    return found
