"""Marian as Hugging Face stores it (`MarianMTModel`: the opus-mt models). The layout is BART's.

Quirks, against native Marian files:
- decoding starts from the padding token, which generation must never choose (`bad_words_ids`);
- sinusoids step by 10000^(i/half); a stored position table is the same numbers and is not read;
- source and target may have vocabularies of their own.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import required
from crosslate.models.specs.spec import ModelSpec

VARIANT = bart_like.Variant(
    family="marian", norm_position="post", embedding_norm=False, positions="halves", eos_token_id=0
)


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`."""
    required(config, "pad_token_id")  # that of no other model will do
    spec = bart_like.spec_from_config(VARIANT, config)
    if config.get("share_encoder_decoder_embeddings", True):
        return spec
    target_vocab = config.get("decoder_vocab_size") or spec.source_vocab_size
    return dataclasses.replace(spec, target_vocab_size=target_vocab, share_embeddings=False)


def alignment_prior(spec: ModelSpec) -> AlignmentConfig:
    """The mean of the second-to-last layer's heads, a step late (Shift-Att, Chen et al. 2020)."""
    return AlignmentConfig(layer=max(0, spec.decoder.num_layers - 2), row="input")
