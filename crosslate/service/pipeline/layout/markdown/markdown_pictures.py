"""Paragraphs of nothing but pictures, such as a project's badges: each description is a text of its own."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.markdown.markdown_positions import LABEL


def descriptions(token: Token) -> Iterator[tuple[Token, Span]]:
    """The pictures of such a paragraph with where their descriptions stand in its content; else none."""
    children = token.children or ()
    if not any(child.type == "image" for child in children) or any(map(_has_words, children)):
        return
    for child in children:
        if child.type == "image":
            yield child, child.meta[LABEL]


def _has_words(child: Token) -> bool:
    return child.type in ("text", "text_special", "code_inline") and any(map(str.isalnum, child.content))
