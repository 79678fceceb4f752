"""Text that is sent as HTML: what it says, where it has no tags. Tags are not translated yet."""

from __future__ import annotations

import html
import re

from service.errors import not_supported

_MARKUP = re.compile(r"<[A-Za-z/!?]")
"""Where a tag, a comment or the like begins (HTML Standard, 13.2.5.6); any other `<` is text."""


def text_of_html(source: str) -> str:
    """The text that HTML without tags stands for: its character references resolved.

    Raises:
        ServiceError: 400, there are tags.
    """
    if _MARKUP.search(source):
        raise not_supported(
            "Text with tags is not translated as HTML yet: take the tags out, or send it as plain text."
        )
    return html.unescape(source)


def html_of_text(text: str) -> str:
    """The same text as HTML: what `&lt;` stood for never becomes a tag."""
    return html.escape(text, quote=False)
