"""A text in any format as plain text."""

from __future__ import annotations

from crosslate.service.pipeline.layout.markdown.readable_markdown import readable_markdown
from crosslate.service.pipeline.markup.readable import readable_markup
from crosslate.service.pipeline.text.readable import ReadableText
from crosslate.service.pipeline.types import TextFormat


def read_as_plain(sent: str, text_format: TextFormat) -> ReadableText:
    """What a reader sees of a text.

    Raises:
        ServiceError: 422 `invalid_markup`.
    """
    match text_format:
        case "text":
            return ReadableText.of_plain(sent)
        case "markdown":
            return readable_markdown(sent)
        case markup:
            return readable_markup(sent, markup)
