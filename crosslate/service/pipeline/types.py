"""Requests and results of the text pipeline: plain data; offsets in code points unless `unit` says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from crosslate.models.alignment.hard_links import HardLinks
from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import GenerationParams, Share
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrase
from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupFormat, MarkupOptions
from crosslate.service.pipeline.markup.rewrites import AS_SENT, Rewrites
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.text.offsets import OffsetUnit

Result = TypeVar("Result")
AlignmentLevel = Literal["none", "links", "matrix", "symmetric", "full"]
TextFormat = Literal["text", "markdown"] | MarkupFormat
LineBreaks = Literal["auto", "keep", "join"]
"""Which lines of a text are to be read as one: those of wrapped prose, none, those of each paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one HTTP request, whatever it has of texts and parts, may take of the engines."""

    timeout_s: float | None = None
    """For all of it together."""
    longest_timeout_s: float | None = None
    """If given, `timeout_s` is for as many parts as go side by side, and this for all of them."""
    flow: int | None = None
    """What its parts have in common at the engines, see `new_flow`; None: a flow of its own."""
    share: Share | None = None
    """Whose part of the engines the flow belongs to; None: that of all who have none of their own."""
    models: frozenset[str] | None = None
    """The ids of those that may answer; None: any."""


UNLIMITED = Allowance()
"""For callers that wait as long as it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRequest:
    """One text to translate."""

    text: str
    target_lang: str
    source_lang: str | None = None
    model: str | None = None
    text_format: TextFormat = "text"
    markup: MarkupOptions = NO_OPTIONS
    """How HTML or XML is to be read."""
    rewrites: Rewrites = AS_SENT
    """Of markup: attributes that have been translated."""
    line_breaks: LineBreaks = "auto"
    split_sentences: bool = True
    truncation: Literal["split", "error"] = "split"
    alignment: AlignmentLevel = "none"
    hard_links: HardLinks | None = None
    """At most one for each target word; None: all that are strong enough."""
    offset_unit: OffsetUnit = "codepoint"
    num_alternatives: int = 0
    protect: tuple[str, ...] = ()
    """Patterns in RE2's syntax: what they match is not translated."""
    protect_always: tuple[str, ...] = ()
    """More of them, from the settings."""
    glossary: tuple[GlossaryEntry, ...] = ()
    """Terms, and what they are to be translated to."""
    phrases: tuple[GivenPhrase, ...] = ()
    """Of the text, with their translations: in order, none within another."""
    params: GenerationParams = field(default_factory=GenerationParams)

    @property
    def needs_links(self) -> bool:
        """Whether it has to be known which words belong together: for the answer, or to make it."""
        return self.alignment != "none"

    @property
    def has_terms(self) -> bool:
        """Whether words of the text are to become what the caller says."""
        return bool(self.glossary or self.phrases)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignRequest:
    """A user's own pair to align."""

    source: str
    target: str
    source_lang: str
    target_lang: str
    model: str | None = None
    alignment: AlignmentLevel = "links"
    hard_links: HardLinks | None = None
    offset_unit: OffsetUnit = "codepoint"
    is_drawn: bool = False
    """A picture is made of it: what is too large for one is refused before the model is asked."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One translated piece: where it stood in the source, where its translation stands in the output."""

    source: Span
    target: Span
    score: float
    finish_reason: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class AlignedToken:
    """A piece and the text it stands for; None for end and language tokens."""

    text: str
    span: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentMethod:
    """How the map was read off the model."""

    layer: int | None
    heads: tuple[int, ...] | None
    row: Literal["input", "output"]
    symmetric: bool
    reverse: Literal["model", "encoder"] | None = None
    """What linked the other way, if anything did; on the way through two models, the weaker."""
    pivot: str | None = None
    """The language between, where two models' maps were multiplied; the rest is then of the second one."""
    hard_links: HardLinks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentResult:
    """The alignment of one output against one source; spans in `unit` over the whole texts."""

    unit: OffsetUnit
    method: AlignmentMethod
    links: list[Link]
    source_words: list[Span]
    target_words: list[Span]
    pharaoh: str
    sink_mass: list[float]
    source_tokens: list[AlignedToken] | None = None
    target_tokens: list[AlignedToken] | None = None
    matrix: FloatArray | None = None
    """`(T, S)`, or `(L, H, T, S)` for level "full"; over the tokens above."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another translation of the whole text."""

    text: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationResult:
    """The translation of one text; spans in the unit that was asked for."""

    model: str
    text: str
    source_lang: str
    target_lang: str
    detected: Detection | None
    finish_reason: Literal["stop", "length"]
    score: float
    warnings: list[Notice]
    segments: list[Segment]
    alignment: AlignmentResult | None
    alternatives: list[Alternative]
    num_characters: int
    num_prompt_tokens: int
    num_generation_tokens: int
    verdicts: list[Verdict] = field(default_factory=list)
    """Of the pieces whose first translation was degenerate, in order; `warnings` has them in words."""
    terms: list[PlacedTerm] | None = None
    """Those of the glossary, in the order of the source; None without one."""


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """Text that became certain; the concatenation over a stream is the final text."""

    text: str


@dataclass(frozen=True, slots=True)
class SegmentEvent:
    """A piece is finished. Its text has been (greedy) or is hereby (beam search) part of the stream."""

    segment: Segment
    text: str
    """The part of the output not streamed as tokens: empty for greedy and sampling."""


@dataclass(frozen=True, slots=True)
class DoneEvent(Generic[Result]):
    """The whole result; always the last event of a stream that did not fail."""

    result: Result


StreamEvent = TokenEvent | SegmentEvent | DoneEvent[TranslationResult]
