"""IndicTrans2 (Gala et al. 2023, AI4Bharat): fairseq's transformers as their own code on the Hub keeps them.

M2M100's layers, with a norm of embeddings where `layernorm_embedding` says so, and norms behind instead of
before where a side's `normalize_before` is false. Source and target have a vocabulary and a table each.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like
from crosslate.models.families.bart_like import ROOT
from crosslate.models.families.config_values import eos_token_ids, required, token_id
from crosslate.models.families.tying import OUTPUT
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

FAMILY = "IndicTrans"
START = 2
"""What decoding begins with where a configuration does not say it: the end token."""
_VARIANT = dataclasses.replace(bart_like.M2M100, family=FAMILY)
_SIDES = ("encoder", "decoder")


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    width, other = (required(config, f"{side}_embed_dim") for side in _SIDES)
    if width != other:
        raise CheckpointError(f"encoder_embed_dim {width} is not decoder_embed_dim {other}")
    pad = token_id(config, "pad_token_id", _VARIANT.pad_token_id)
    encoder, decoder = (_stack(config, side, width, pad) for side in _SIDES)
    return ModelSpec(
        family=FAMILY,
        width=width,
        source_vocab_size=required(config, "encoder_vocab_size"),
        target_vocab_size=required(config, "decoder_vocab_size"),
        encoder=encoder,
        decoder=decoder,
        embedding_scale=math.sqrt(width) if config.get("scale_embedding", True) else 1.0,
        share_embeddings=False,
        tie_output=config.get("share_decoder_input_output_embed", False),
        output_bias=False,
        decoder_start_token_id=token_id(config, "decoder_start_token_id", START),
        eos_token_ids=eos_token_ids(config, _VARIANT.eos_token_id),
        pad_token_id=pad,
        max_source_tokens=required(config, "max_source_positions"),
        max_target_tokens=required(config, "max_target_positions"),
    )


def _stack(config: dict[str, Any], side: str, width: int, pad: int) -> StackSpec:
    variant = dataclasses.replace(
        _VARIANT,
        norm_position="pre" if config.get(f"{side}_normalize_before") else "post",
        embedding_norm=bool(config.get("layernorm_embedding")),
    )
    positions = bart_like.positions_of(variant, 0, pad)
    return bart_like.stack_of(variant, config | {"d_model": width}, side, positions)


def key_map(spec: ModelSpec) -> KeyMap:
    """BART's, with a table for each side."""
    tables = {f"{side}.embedding": f"{ROOT}.{side}.embed_tokens" for side in _SIDES}
    return Renaming(bart_like.names(spec) | tables)


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """The output's copy of the target's table, and tables of positions, which are computed here."""
    known: dict[str, str | None] = {}
    if spec.tie_output:
        known[OUTPUT] = f"{ROOT}.decoder.embed_tokens.weight"
    for side in _SIDES:
        known[f"{ROOT}.{side}.embed_positions.weights"] = None
    return known
