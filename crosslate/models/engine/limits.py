"""What a model can take: plain data, without torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerLimits:
    """What the model can take, for whoever decides what to ask of it."""

    max_source_tokens: int
    max_target_tokens: int
    vocab_size: int
    """of the target"""
    source_vocab_size: int
    eos_token_ids: tuple[int, ...]
    pad_token_id: int
    decoder_start_token_id: int | None
    """None: decoding starts from a zero vector, so no start token is part of the output's history"""
    num_layers: int
    """of the decoder, whose cross-attention can be asked for"""
    num_heads: int
