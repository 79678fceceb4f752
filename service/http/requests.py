"""The native API's request bodies. Unknown fields and wrong types are refused, never ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from models.engine.request import GenerationParams
from service.pipeline.summarization.types import SummaryAlignmentLevel, SummaryLength
from service.pipeline.types import AlignmentLevel, OffsetUnit

LanguageTag = Annotated[
    str, Field(min_length=1, max_length=35, description="BCP-47, such as `en` or `pt-BR`.")
]
ModelId = Annotated[
    str | None, Field(max_length=200, description="One of `/v1/models`; by default the pair's.")
]
Timeout = Annotated[
    float | None, Field(gt=0, description="Seconds until 504; null takes the server's default.")
]


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


class _Body(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class GenerationBody(_Body):
    """How to decode. What is not given comes from the checkpoint's own generation config."""

    num_beams: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_new_tokens: Annotated[int, Field(ge=1, le=100_000)] | None = None
    min_new_tokens: Annotated[int, Field(ge=0, le=100_000)] | None = None
    length_penalty: Annotated[float, Field(ge=-10, le=10)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=100)] | None = None
    no_repeat_ngram_size: Annotated[int, Field(ge=0, le=1000)] | None = None
    early_stopping: bool | Literal["never"] | None = None
    do_sample: bool | None = None
    temperature: Annotated[float, Field(gt=0, le=100)] | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None

    def params(self) -> GenerationParams:
        """In the engine's terms."""
        return GenerationParams(
            num_beams=self.num_beams,
            max_new_tokens=self.max_new_tokens,
            min_new_tokens=self.min_new_tokens,
            length_penalty=self.length_penalty,
            repetition_penalty=self.repetition_penalty,
            no_repeat_ngram_size=self.no_repeat_ngram_size,
            early_stopping=self.early_stopping,
            do_sample=self.do_sample,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            seed=self.seed,
        )


class GlossaryEntry(_Body):
    """A term and how it must be translated."""

    source: Annotated[str, Field(min_length=1)]
    target: str


class TranslateBody(_Body):
    """`POST /v1/translate`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "The house is small.",
                    "source_lang": "en",
                    "target_lang": "pt",
                    "alignment": "links",
                },
                {"text": ["Good morning.", "Good night."], "target_lang": "pt"},
            ]
        }
    )

    text: Texts
    target_lang: LanguageTag
    source_lang: LanguageTag | None = None
    """Null: detected for each text."""
    model: ModelId = None
    format: Literal["text", "html", "xml"] = "text"
    split_sentences: bool = True
    truncation: Literal["split", "error"] = "split"
    """A text longer than the model takes: split it, or answer 413."""
    alignment: AlignmentLevel = "none"
    offset_unit: OffsetUnit = "codepoint"
    num_alternatives: Annotated[int, Field(ge=0, le=100)] = 0
    glossary: Annotated[list[GlossaryEntry], Field(fail_fast=True)] = []
    stream: bool = False
    """Server-sent events instead of one JSON object; one text only."""
    timeout_s: Timeout = None
    generation: GenerationBody = GenerationBody()


class AlignBody(_Body):
    """`POST /v1/align`: a text and its translation, to be aligned as they are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "The house is small.",
                    "target": "A casa é pequena.",
                    "source_lang": "en",
                    "target_lang": "pt",
                }
            ]
        }
    )

    source: str
    target: str
    source_lang: LanguageTag
    target_lang: LanguageTag
    model: ModelId = None
    alignment: Literal["links", "matrix", "symmetric", "full"] = "links"
    offset_unit: OffsetUnit = "codepoint"
    timeout_s: Timeout = None


class DetectBody(_Body):
    """`POST /v1/detect`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": ["Good morning.", "Bom dia."]}]})

    text: Texts


class SummarizeBody(_Body):
    """`POST /v1/summarize`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "The council met on Monday. After two hours it decided to repair the old bridge "
                    "before winter. The work will cost two million euros, half of which the state pays. "
                    "Until it is done, buses take the road along the river.",
                    "length": "short",
                    "alignment": "sentences",
                }
            ]
        }
    )

    text: Texts
    model: Annotated[
        str | None, Field(max_length=200, description="One of `/v1/models`; by default the first summarizer.")
    ] = None
    length: SummaryLength = "auto"
    """`auto`: as the checkpoint's own generation config has it. The others scale that to the text."""
    alignment: SummaryAlignmentLevel = "none"
    """`sentences`: which source sentences each summary sentence rests on; `links` and `matrix`: words too."""
    offset_unit: OffsetUnit = "codepoint"
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
