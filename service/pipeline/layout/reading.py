"""A text into its passages, by its format."""

from __future__ import annotations

from models.tokenizer import Span
from service.pipeline.layout.markdown import markdown_passages
from service.pipeline.layout.passages import Passage
from service.pipeline.layout.plain import CountTokens, plain_passages
from service.pipeline.types import TranslationRequest


def read_passages(request: TranslationRequest, lang: str, count_tokens: CountTokens) -> list[Passage]:
    """What a model is to read of a request's text.

    Where sentences are not to be told apart, lines are what is translated in one go: they are joined only if
    that is asked for.

    Args:
        request: what is wanted.
        lang: of its text.
        count_tokens: how many tokens a model reads a word in.
    """
    if request.text_format == "markdown":
        return markdown_passages(request.text)
    line_breaks = request.line_breaks
    if line_breaks == "auto" and not request.split_sentences:
        line_breaks = "keep"
    return plain_passages(request.text, lang, line_breaks, count_tokens)


def read_translation(
    text: str, span: Span, request: TranslationRequest, lang: str, count_tokens: CountTokens
) -> list[Passage]:
    """What a second model is to read of one part of a first one's translation, which has its layout again."""
    start, end = span
    given = text[start:end]
    if request.text_format == "markdown":
        passages = markdown_passages(given)
    else:
        passages = plain_passages(given, lang, "join", count_tokens)
    return [passage.moved(start) for passage in passages]
