"""A text into its passages, by its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.lone_amounts import amounts_of_cells
from crosslate.service.pipeline.layout.data.recognition import data_values
from crosslate.service.pipeline.layout.data.values import DataValue
from crosslate.service.pipeline.layout.json_text import json_passages
from crosslate.service.pipeline.layout.markdown.markdown import markdown_passages
from crosslate.service.pipeline.layout.plain.plain import plain_passages
from crosslate.service.pipeline.layout.plain.plain_marks import marked_passage
from crosslate.service.pipeline.layout.restoring.restoring import Layout
from crosslate.service.pipeline.layout.value_passages import value_passages
from crosslate.service.pipeline.markup.reading import ScannedMarkup, markup_passages, passages_of_part
from crosslate.service.pipeline.markup.touching_words import with_words_apart
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Gap, Passage, gaps_within
from crosslate.service.pipeline.text.words import CountTokens, segment_words
from crosslate.service.pipeline.types import TranslationRequest


@dataclass(frozen=True, slots=True)
class SentText:
    """The text of a request, as its format is read."""

    request: TranslationRequest
    scanned: ScannedMarkup | None = None
    """Of markup only."""
    strings: Sequence[Passage] | None = None
    """Of a plain text that is JSON."""
    values: Sequence[DataValue] | None = None
    """Of one that is other data."""

    @classmethod
    def of(cls, request: TranslationRequest) -> SentText:
        """Raises `ServiceError` 422 `invalid_markup`."""
        match request.text_format:
            case "text":
                strings = json_passages(request.text)
                values = data_values(request.text) if strings is None else None
                return cls(request, strings=strings, values=values)
            case "markdown":
                return cls(request)
            case markup:
                return cls(request, ScannedMarkup.of(request.text, markup, request.markup))

    def visible(self) -> str:
        """What a reader sees of it, by which its language is told."""
        if self.strings is not None:
            return "\n".join(passage.text.text for passage in self.strings)
        if self.values is not None:
            return "\n".join(self.request.text[slice(*value.span)] for value in self.values)
        return self.request.text if self.scanned is None else self.scanned.seen()

    def asked(self, source_lang: str, target_lang: str) -> TranslationRequest:
        """The request, of which amounts alone in the cells of a page are copied as the target writes them."""
        request = self.request
        if self.scanned is None or request.protect or request.protect_always:
            return request
        return replace(request, rewrites=amounts_of_cells(self.scanned, source_lang, target_lang))

    def passages(self, lang: str, count_tokens: CountTokens) -> list[Passage]:
        """What a model is to read of it; raises `ServiceError` 413 `markup_too_deep`.

        Where sentences are not to be told apart, lines are what is translated in one go: they are joined only
        if that is asked for.

        Args:
            lang: of the text.
            count_tokens: how many tokens a model reads a word in.
        """
        request = self.request
        if self.strings is not None:
            return list(self.strings)
        line_breaks = request.line_breaks
        if line_breaks == "auto" and not request.split_sentences:
            line_breaks = "keep"
        plain = partial(plain_passages, lang=lang, line_breaks=line_breaks, count_tokens=count_tokens)
        if self.values is not None:
            whole = DerivedText.of(request.text)
            return [passage for value in self.values for passage in value_passages(whole, value, plain)]
        if self.scanned is not None:
            found = self.scanned.passages()
        elif request.text_format == "markdown":
            found = markdown_passages(request.text)
        else:
            found = plain(request.text)
        return [with_words_apart(passage, request.text, count_tokens) for passage in found]


def words_of(text: str, request: TranslationRequest) -> list[Span]:
    """The words of a text or of its translation, in order; of markup and JSON as a reader sees them."""
    match request.text_format:
        case "text":
            passages = json_passages(text)
        case "markdown":
            passages = None
        case markup:
            passages = markup_passages(text, markup, replace(request.markup, is_lenient=True))
    if passages is None:
        return segment_words(text)
    read = ((passage.text, segment_words(passage.text.text)) for passage in passages)
    return [words.origin.span(span) for words, spans in read for span in spans]


def read_translation(answered: DerivedText, layout: Layout, request: TranslationRequest) -> list[Passage]:
    """What a second model is to read of one part of a first one's translation, which has its layout again.

    Args:
        answered: the part's translation; it leads to the whole text between the two models.
        layout: of its source. The texts of its gaps stand in the translation in the same order.
        request: of the source.
    """
    edits: list[tuple[Span, str]] = []
    found: list[Gap] = []
    at = 0
    for gap in layout.gaps:
        start = answered.text.find(gap.text, at)
        if start < 0:
            continue
        at = start + len(gap.text)
        edits.append(((start, at), " "))
        found.append(Gap(answered.origin.span((start, at)), gap.text))
    flat = answered.edited(edits)
    if request.text_format == "text" and layout.forms:
        return [Passage(text=layout.forms.read(flat), forms=layout.forms, is_markup=True)]
    if request.text_format == "text":
        return [marked_passage(flat, found)]
    if request.text_format == "markdown" and layout.read is None:
        read = markdown_passages(flat.text)
    elif request.text_format == "markdown":  # of HTML in it
        read = passages_of_part(flat.text, "html", request.markup)
    else:
        read = passages_of_part(flat.text, request.text_format, request.markup)
    passages = [passage.of(flat.origin) for passage in read]
    return [replace(one, gaps=gaps_within(found, one.text.span)) for one in passages]
