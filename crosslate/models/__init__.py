"""Encoder-decoder models with continuous batching: token ids in, token ids and attention maps out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosslate.models.engine.request import (
        AlignmentRequest,
        AttentionSelection,
        FinishReason,
        GenerationOutput,
        GenerationParams,
        GenerationRequest,
        Hypothesis,
    )
    from crosslate.models.loading import load_engine

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
    # No command need wait for torch (seconds) and numpy (a third of one) to say that it starts.
    if name == "load_engine":
        from crosslate.models.loading import load_engine

        return load_engine
    if name in __all__:
        from crosslate.models.engine import request

        return getattr(request, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
