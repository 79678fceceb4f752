"""Encoder-decoder models with continuous batching: token ids in, token ids and attention maps out."""

from __future__ import annotations

from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    Hypothesis,
)

__all__ = [
    "AlignmentRequest",
    "AttentionSelection",
    "FinishReason",
    "GenerationOutput",
    "GenerationParams",
    "GenerationRequest",
    "Hypothesis",
    "load_engine",
]


def __getattr__(name: str) -> object:
    # torch takes seconds to import; who only wants the request types need not wait.
    if name == "load_engine":
        from crosslate.models.loading import load_engine

        return load_engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
