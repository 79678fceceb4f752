"""A text into its passages, by its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.tokenizer import Span
from service.pipeline.layout.markdown import markdown_passages
from service.pipeline.layout.passages import Gap, Passage, gaps_within
from service.pipeline.layout.plain import CountTokens, plain_passages
from service.pipeline.origin import DerivedText
from service.pipeline.types import TextFormat, TranslationRequest


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


def read_translation(answered: DerivedText, gaps: Sequence[Gap], text_format: TextFormat) -> list[Passage]:
    """What a second model is to read of one part of a first one's translation, which has its layout again.

    Args:
        answered: the part's translation; it leads to the whole text between the two models.
        gaps: of its source. Their texts stand in the translation in the same order.
        text_format: of the source.
    """
    edits: list[tuple[Span, str]] = []
    found: list[Gap] = []
    at = 0
    for gap in gaps:
        start = answered.text.find(gap.text, at)
        if start < 0:
            continue
        at = start + len(gap.text)
        edits.append(((start, at), " "))
        found.append(Gap(answered.origin.span((start, at)), gap.text))
    flat = answered.edited(edits)
    if text_format == "text":
        return [Passage(text=flat, gaps=tuple(found))]
    passages = [passage.of(flat.origin) for passage in markdown_passages(flat.text)]
    return [replace(one, gaps=gaps_within(found, one.text.span)) for one in passages]
