"""Marian as Hugging Face stores it (`MarianMTModel`: the opus-mt models). The layout is BART's.

Quirks, against native Marian files:
- decoding starts from the padding token, which generation must never choose (`bad_words_ids`);
- sinusoids step by 10000^(i/half); a stored position table is the same numbers and is not read;
- source and target may have vocabularies of their own.
"""

from __future__ import annotations

from typing import Any, Literal

from models.alignment import AlignmentConfig
from models.families.bart_like import embedding_scale, stack
from models.families.config_values import eos_token_ids, required
from models.spec import ModelSpec, NormSpec, PositionSpec, StackSpec


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`."""
    width = required(config, "d_model")
    source_vocab = required(config, "vocab_size")
    has_one_vocabulary = config.get("share_encoder_decoder_embeddings", True)
    decoder_vocab = config.get("decoder_vocab_size") or source_vocab
    ties = config.get("tie_word_embeddings", True)
    longest = required(config, "max_position_embeddings")
    return ModelSpec(
        family="marian",
        width=width,
        source_vocab_size=source_vocab,
        target_vocab_size=source_vocab if has_one_vocabulary else decoder_vocab,
        encoder=_stack(config, "encoder", longest),
        decoder=_stack(config, "decoder", longest),
        embedding_scale=embedding_scale(config, width, default=False),
        share_embeddings=has_one_vocabulary and ties,
        tie_output=ties,
        output_bias=True,
        decoder_start_token_id=required(config, "decoder_start_token_id"),
        eos_token_ids=eos_token_ids(config, 0),
        pad_token_id=required(config, "pad_token_id"),
        max_source_tokens=longest,
        max_target_tokens=longest,
    )


def _stack(config: dict[str, Any], side: Literal["encoder", "decoder"], longest: int) -> StackSpec:
    return stack(
        config,
        side,
        norm=NormSpec(position="post"),
        positions=PositionSpec(kind="sinusoid", sinusoid_step="halves", max_positions=longest),
        default_activation="gelu",
        embedding_norm=False,
        final_norm=False,
    )


def alignment_prior(spec: ModelSpec) -> AlignmentConfig:
    """The mean of the second-to-last layer's heads, a step late (Shift-Att, Chen et al. 2020)."""
    return AlignmentConfig(layer=max(0, spec.decoder.num_layers - 2), row="input")
