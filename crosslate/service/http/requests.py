"""The native API's request bodies. Unknown fields and wrong types are refused, never ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from crosslate.models.alignment.hard_links import HardLinks
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.search.validation import MIN_FACTOR
from crosslate.service.http.schema_rules import OF_NAMES, OF_PHRASES, OF_SUMMARIES, OF_TRANSLATION
from crosslate.service.pipeline.fidelity.protected.user_patterns import MAX_PATTERNS
from crosslate.service.pipeline.glossary.phrases import MAX_ENTRIES, MAX_PHRASE_BYTES, check_phrase
from crosslate.service.pipeline.language.languages import named
from crosslate.service.pipeline.summarization.types import SummaryAlignmentLevel, SummaryLength, SummaryStyle
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.types import AlignmentLevel, LineBreaks, TextFormat

LanguageTag = Annotated[
    str, Field(min_length=1, max_length=35, description="BCP-47, such as `en` or `pt-BR`.")
]
SourceTag = Annotated[
    LanguageTag | None,
    AfterValidator(named),
    Field(description="BCP-47; null or `auto`: detected for each text."),
]
ModelId = Annotated[
    str | None, Field(max_length=200, description="One of `/v1/models`; by default the pair's.")
]
Timeout = Annotated[
    float | None, Field(gt=0, description="Seconds until 504; null takes the server's default.")
]


def _whole(value: Any) -> Any:  # noqa: ANN401  (whatever was sent)
    """JSON does not tell 1.0 from 1, and there are programs that write all numbers so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
TagNames = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=100, fail_fast=True)
]

_NO_PARAMS = GenerationParams()
_NONE: Any = Field(default_factory=list, json_schema_extra={"default": []})
"""An empty list. A plain default would be copied for each request, in more time than all else is read in."""


def _text_branch(value: Any) -> str | None:  # noqa: ANN401  (whatever was sent)
    if isinstance(value, str):
        return "text"
    return "texts" if isinstance(value, list) else None


Texts = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[str], Tag("texts"), Field(min_length=1, fail_fast=True)],
    Discriminator(
        _text_branch,
        custom_error_type="text_type",
        custom_error_message="should be a string or a list of strings",
    ),
    Field(description="One text, or a list that gives one result for each, in order."),
]


def as_texts(given: str | list[str]) -> list[str]:
    """One or more, as a list."""
    return [given] if isinstance(given, str) else given


class _Body(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class GenerationBody(_Body):
    """How to decode. What is not given comes from the checkpoint's own generation config."""

    num_beams: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """Outputs that are followed at once; 1: greedy search, or sampling."""
    max_new_tokens: Annotated[int, Field(ge=1, le=100_000), WHOLE] | None = None
    """Most tokens of a sentence's translation, or of a summary."""
    min_new_tokens: Annotated[int, Field(ge=0, le=100_000), WHOLE] | None = None
    """Least tokens, the end token not counted."""
    length_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    """Beam search prefers long outputs above 0, short ones below."""
    repetition_penalty: Annotated[float, Field(ge=MIN_FACTOR, le=100)] | None = None
    """Above 1: tokens that stand in the output already become less likely."""
    no_repeat_ngram_size: Annotated[int, Field(ge=0, le=1000), WHOLE] | None = None
    """No sequence of so many tokens twice; 0: any."""
    early_stopping: bool | Literal["never"] | None = None
    """When a beam search ends, as in `transformers`."""
    do_sample: bool | None = None
    """Draw tokens by chance instead of taking the best."""
    temperature: Annotated[float, Field(ge=MIN_FACTOR, le=100)] | None = None
    """Of sampling; below 1 the likely tokens become likelier."""
    top_k: Annotated[int, Field(ge=0, le=1_000_000), WHOLE] | None = None
    """Sample from so many of the likeliest tokens; 0: from all."""
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    """Sample from the likeliest tokens that have this share together."""
    seed: Annotated[int, Field(ge=0, lt=2**63), WHOLE] | None = None
    """Sampling with the same seed gives the same again."""

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        least, most = self.min_new_tokens, self.max_new_tokens
        if least is not None and most is not None and least > most:
            raise ValueError(f"min_new_tokens is {least}, and max_new_tokens only {most}")
        return self

    def params(self) -> GenerationParams:
        """In the engine's terms."""
        return GenerationParams(**self.__dict__) if self.model_fields_set else _NO_PARAMS


Phrase = Annotated[
    str,
    Field(json_schema_extra={"minLength": 1, "maxLength": MAX_PHRASE_BYTES, **OF_PHRASES}),
    AfterValidator(check_phrase),
]


class GlossaryEntry(_Body):
    """A term and how it must be translated."""

    source: Phrase
    """The term. Several entries with the same one are a choice."""
    target: Phrase
    """What it becomes."""


class TranslateBody(_Body):
    """`POST /v1/translate`."""

    model_config = ConfigDict(json_schema_extra=OF_TRANSLATION)

    text: Texts
    target_lang: LanguageTag
    source_lang: SourceTag = None
    model: ModelId = None
    format: TextFormat = "text"
    """Of the text. Of Markdown, HTML and XML only the sentences are translated: marks and tags stand around
    the words that are linked to those that they stood around; code, addresses and attributes stay."""
    ignore_tags: TagNames = _NONE
    """Elements of HTML or XML that stay as they are."""
    splitting_tags: TagNames = _NONE
    """Elements that a sentence ends at."""
    non_splitting_tags: TagNames = _NONE
    """Elements that stand within sentences."""
    translate_attributes: bool | TagNames = False
    """Names of attributes of HTML and XML whose values are translated too, each as a text of its own; `true`:
    those that readers see, such as `alt`, `title`, `placeholder` and `aria-label`."""
    protect: Annotated[list[str], Field(max_length=MAX_PATTERNS, fail_fast=True)] = _NONE
    """Patterns in RE2's syntax of what is not to be translated."""
    line_breaks: LineBreaks = "auto"
    """Which lines of a plain text are read as one and wrapped again: `auto`, those of prose that was wrapped
    at a margin; `join`, those of every paragraph; `keep`, none."""
    split_sentences: bool = True
    """Translate sentence by sentence; else line by line."""
    truncation: Literal["split", "error"] = "split"
    """A text longer than the model takes: split it, or answer 413."""
    alignment: AlignmentLevel = "none"
    """How much to say about which words belong together."""
    hard_links: HardLinks | None = None
    """Link each word of the output to one word of the text or none: `free`, the one that it attended to most;
    `monotone`, those that fit best without going back in the text. Null: all that are strong enough. Needs
    `alignment`."""
    offset_unit: OffsetUnit = "codepoint"
    """Of every span: code points, UTF-16 units (JavaScript, Java), or UTF-8 bytes."""
    num_alternatives: Annotated[int, Field(ge=0, le=100), WHOLE] = 0
    """How many other translations to return, at most."""
    glossary: Annotated[list[GlossaryEntry], Field(max_length=MAX_ENTRIES, fail_fast=True)] = _NONE
    """Terms, and how they must be translated. They are found in any case and in simple other forms."""
    glossary_id: Annotated[str | None, Field(max_length=64)] = None
    """A stored glossary, see `/v1/glossaries`; needs `source_lang`. What `glossary` has of a term counts."""
    stream: bool = False
    """Server-sent events instead of one JSON object; one text only."""
    timeout_s: Timeout = None
    generation: GenerationBody = GenerationBody()
    """How to decode."""


class DictionaryBody(_Body):
    """What a glossary has for one pair of languages."""

    source_lang: LanguageTag
    target_lang: LanguageTag
    entries: Annotated[list[GlossaryEntry], Field(min_length=1, fail_fast=True)]
    """Terms, and what they become."""


class GlossaryBody(_Body):
    """`POST /v1/glossaries`."""

    name: Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra=OF_NAMES)]
    """For people."""
    dictionaries: Annotated[list[DictionaryBody], Field(min_length=1, fail_fast=True)]
    """One for each pair of languages."""


class AlignBody(_Body):
    """`POST /v1/align`: a text and its translation, to be aligned as they are."""

    source: str
    """The text."""
    target: str
    """Its translation."""
    source_lang: LanguageTag
    target_lang: LanguageTag
    model: ModelId = None
    alignment: Literal["links", "matrix", "symmetric", "full"] = "links"
    """How much to say."""
    hard_links: HardLinks | None = None
    """Link each word of the translation to one word of the text or none, see `/v1/translate`."""
    offset_unit: OffsetUnit = "codepoint"
    """Of every span: code points, UTF-16 units (JavaScript, Java), or UTF-8 bytes."""
    timeout_s: Timeout = None


class DetectBody(_Body):
    """`POST /v1/detect`."""

    text: Texts


class SummarizeBody(_Body):
    """`POST /v1/summarize`."""

    model_config = ConfigDict(json_schema_extra=OF_SUMMARIES)

    text: Texts
    model: Annotated[
        str | None, Field(max_length=200, description="One of `/v1/models`; by default the first summarizer.")
    ] = None
    format: TextFormat = "text"
    """Of the text. Of Markdown, HTML and XML what a reader sees is summarized, as plain text; spans are those
    of the text as it was sent."""
    length: SummaryLength = "auto"
    """`auto`: as the checkpoint's own generation config has it, or as fits the text where the model extracts.
    The others scale that."""
    query: Annotated[str | None, Field(max_length=1000)] = None
    """What the reader wants to know: sentences with its words come first. For models that extract."""
    style: SummaryStyle = "prose"
    """`bullets`: each sentence in a line of its own, behind `- `. For models that extract."""
    alignment: SummaryAlignmentLevel = "none"
    """`sentences`: which source sentences each summary sentence rests on; `links` and `matrix`: words too."""
    offset_unit: OffsetUnit = "codepoint"
    """Of every span: code points, UTF-16 units (JavaScript, Java), or UTF-8 bytes."""
    stream: bool = False
    """Server-sent events instead of one JSON object; one text only."""
    timeout_s: Annotated[
        float | None,
        Field(
            gt=0,
            description="Seconds until 504; null takes the server's default for every 16 parts of a text.",
        ),
    ] = None
    generation: GenerationBody = GenerationBody()
    """`max_new_tokens` and `min_new_tokens` hold for the summary itself, and win over `length`."""
