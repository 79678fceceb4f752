"""FSMT: fairseq's transformers as `transformers` keeps them, such as FAIR's for WMT19 (Ng et al. 2019).

Layers are BART's, without a norm of embeddings and without an output bias. Source and target have a
vocabulary each; `tie_word_embeddings` says that both are one, and then they share a table.
"""

from __future__ import annotations

import math
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.families import bart_like
from crosslate.models.families.bart_like import ROOT, Variant
from crosslate.models.families.config_values import eos_token_ids, required, token_id
from crosslate.models.specs.spec import ModelSpec

START = 2
"""What decoding begins with where a configuration does not say it: the end token."""
OUTPUT = f"{ROOT}.decoder.output_projection"

FSMT = Variant(
    family="fsmt",
    norm_position="post",
    embedding_norm=False,
    positions="tensor2tensor",
    counts_from_padding=True,
    output_bias=False,
    scales_embedding=True,
    activation="relu",
)


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    width, longest = required(config, "d_model"), required(config, "max_position_embeddings")
    pad = token_id(config, "pad_token_id", FSMT.pad_token_id)
    positions = bart_like.positions_of(FSMT, longest, pad)
    return ModelSpec(
        family=FSMT.family,
        width=width,
        source_vocab_size=required(config, "src_vocab_size"),
        target_vocab_size=required(config, "tgt_vocab_size"),
        encoder=bart_like.stack_of(FSMT, config, "encoder", positions),
        decoder=bart_like.stack_of(FSMT, config, "decoder", positions),
        embedding_scale=math.sqrt(width) if config.get("scale_embedding", FSMT.scales_embedding) else 1.0,
        share_embeddings=config.get("tie_word_embeddings", False),
        # Whatever a configuration says: versions 4 of transformers always tied it, and left the copy out.
        tie_output=True,
        decoder_start_token_id=token_id(config, "decoder_start_token_id", START),
        eos_token_ids=eos_token_ids(config, FSMT.eos_token_id),
        pad_token_id=pad,
        max_source_tokens=longest,
        max_target_tokens=longest,
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """BART's, but for the output and the tables."""
    tables = {f"{side}.embedding": f"{ROOT}.{side}.embed_tokens" for side in ("encoder", "decoder")}
    return Renaming(bart_like.names(spec) | tables | {"output": OUTPUT})


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Copies of tied tables, and tables of positions, which are computed here."""
    source, target = (f"{ROOT}.{side}.embed_tokens.weight" for side in ("encoder", "decoder"))
    known: dict[str, str | None] = {}
    if spec.share_embeddings:
        known[target] = source
    if spec.tie_output:
        known[f"{OUTPUT}.weight"] = source if spec.share_embeddings else target
    for side in ("encoder", "decoder"):
        known[f"{ROOT}.{side}.version"] = None
        known[f"{ROOT}.{side}.embed_positions.weight"] = None
    return known
