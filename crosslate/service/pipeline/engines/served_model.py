"""A model that is served, and the engine that runs it, as the pipeline sees them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.configs.extraction_config import ExtractionConfig
from crosslate.models.engine.request import (
    AlignmentRequest,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.service.pipeline.fidelity.stand_ins.habits import CopyHabits


class EngineClient(Protocol):
    """An engine, in this process (`crosslate.models.engine.async_engine.AsyncEngine`) or behind a Ray handle.

    Every method raises `EngineError`s: queue full, draining, deadline, too long, failed.
    Cancelling the awaiting task frees the request's slot at the engine's next step.
    """

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """The finished output; never one with finish reason `abort` or `error` (those raise)."""
        ...

    def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """New token ids as they are chosen (greedy and sampling only), then the finished output."""
        ...

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        """Cross-attention of a given pair: `(T, S)`, or `(L, H, T, S)`; rows sum to 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """One configured model as the pipeline sees it."""

    id: str
    task: Literal["translation", "summarization"]
    family: str
    pairs: tuple[tuple[str, str], ...]
    """(source, target) BCP-47; empty for a summarizer."""
    tokenizer: Tokenizer
    engine: EngineClient
    max_source_tokens: int
    """Longest source the model takes in one piece, end token included."""
    max_target_tokens: int
    """Longest output the model writes, end token included."""
    max_piece_tokens: int | None = None
    """Longest source that comes out well, where that is shorter: longer sentences are split."""
    alignment: AlignmentConfig
    num_layers: int
    num_heads: int
    default_params: GenerationParams = field(default_factory=GenerationParams)
    """The checkpoint's own."""
    pair_params: Mapping[tuple[str, str], GenerationParams] = field(default_factory=dict)
    """What it has for single (source, target), where they differ."""
    extraction: ExtractionConfig | None = None
    """Of a summarizer whose summaries are made of whole sentences of the text; None: it writes freely."""
    sentence_marks: bytes = b""
    """Of a summarizer that writes: what `SentenceStop` wants to know of its target tokens."""
    substitutes: Mapping[int, str] = field(default_factory=dict)
    """Code points that the vocabulary lacks -> plain ones that it has; see `prepare.lookalikes`."""
    copying: CopyHabits = field(default_factory=CopyHabits)
    """What it can read, and what it copies."""
    device: str = "cpu"
    dtype: str = "float32"
    license: str | None = None
    size_bytes: int = 0
