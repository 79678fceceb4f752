"""What is said of characters that no model reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.types import TextFormat

_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x7f]|\x1b(?!\[)")
"""Those that stand within sentences: the others end a line, or begin a terminal's colours."""
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2068](?=[A-Za-z])")
"""Of plain text they are kept, and beside other scripts."""


def unknown_warnings(parts: Sequence[Part], reader: Reader) -> list[Notice]:
    """Says so where the model cannot read a character."""
    if reader.knows(parts):
        return []
    said = "The text has characters that the model does not know; they may be missing in the translation."
    return [Notice("unknown_characters", said)]


def control_warnings(sent: str, span: Span, text_format: TextFormat) -> list[Notice]:
    """Says so where the sentence at `span` of the text has control characters: they are left out.

    Of a text that is not plain, marks of direction are, too.
    """
    found = _CONTROL.search(sent, *span)
    if found is None and text_format != "text" and not sent.isascii():
        found = _DIRECTION.search(sent, *span)
    if found is None:
        return []
    said = f"A control character (U+{ord(found.group()):04X}) within a sentence was left out."
    return [Notice("unknown_characters", said, found.span())]
