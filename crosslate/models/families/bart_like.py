"""BART and the families that share its layout: one builder, one key map, and a row of quirks for each.

Common to all: `model.encoder.layers.N.self_attn.q_proj` and so on, biases everywhere, one embedding table
(`model.shared`) for source, target and output, and `final_logits_bias`, a buffer of shape (1, V) that
older files leave out.

One key of `config.json` is Crosslate's own: `linear_attention`, a list of `encoder`, `decoder` and `cross`,
for networks trained with linear attention there (`docs/attention.md` shows how). Tensors are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import activation, eos_token_ids, required, token_id
from crosslate.models.families.tying import OUTPUT, OUTPUT_BIAS
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import (
    LinearAttentionSpec,
    NormSpec,
    PositionSpec,
    SelfAttentionSpec,
    StackSpec,
)

ROOT = "model"
"""What the names of all tensors but the output's begin with."""
LAYER = {
    "attention.qkv": "self_attn.{q_proj,k_proj,v_proj}",
    "attention.out": "self_attn.out_proj",
    "attention_residual.norm": "self_attn_layer_norm",
    "mixer.qkv": "self_attn.{q_proj,k_proj,v_proj}",
    "mixer.out": "self_attn.out_proj",
    "mixer_residual.norm": "self_attn_layer_norm",
    "cross.q": "encoder_attn.q_proj",
    "cross.kv": "encoder_attn.{k_proj,v_proj}",
    "cross.out": "encoder_attn.out_proj",
    "cross_residual.norm": "encoder_attn_layer_norm",
    "feed_forward.inner": "fc1",
    "feed_forward.outer": "fc2",
    "feed_forward_residual.norm": "final_layer_norm",
}
"""Modules of a layer, ours -> theirs: query, key and value are one product here."""
LINEAR_ATTENTION = "linear_attention"
WITH_LINEAR_ATTENTION = ("bart", "m2m_100", "marian", "mbart", "pegasus", "plbart")
ATTENDING = ("encoder", "decoder", "cross")
"""Self-attention of either side, and what looks from one to the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What sets one family apart. The last four are its configuration's defaults."""

    family: str
    norm_position: Literal["pre", "post"]
    """`pre` goes with a norm after the last layer."""
    embedding_norm: bool
    positions: Literal["learned", "halves", "tensor2tensor"]
    position_offset: int = 2
    """Rows of a learned table before the one of position 0: once for padding, now for nothing."""
    counts_from_padding: bool = False
    """Position 0 of sinusoids is the row behind the padding token's id."""
    attention_bias: bool = True
    output_bias: bool = True
    scales_embedding: bool = False
    activation: str = "gelu"
    pad_token_id: int = 1
    eos_token_id: int = 2


BART = Variant(family="bart", norm_position="post", embedding_norm=True, positions="learned")

MBART = Variant(family="mbart", norm_position="pre", embedding_norm=True, positions="learned")
"""mBART and mBART-50: as BART, but norms come first, and once more after the last layer."""

PLBART = Variant(
    family="plbart", norm_position="post", embedding_norm=True, positions="learned", scales_embedding=True
)
"""As BART. Decoding starts from the target's language token, which the checkpoint's configuration names."""

PEGASUS = Variant(
    family="pegasus",
    norm_position="pre",
    embedding_norm=False,
    positions="halves",
    pad_token_id=0,
    eos_token_id=1,
)
"""Sinusoids as in Hugging Face's Marian; a stored table holds the same numbers."""

MVP = Variant(family="mvp", norm_position="post", embedding_norm=True, positions="learned")
"""As BART; with `use_prompt`, attention also looks at learned keys and values (`mvp.py`)."""

M2M100 = Variant(
    family="m2m_100",
    norm_position="pre",
    embedding_norm=False,
    positions="tensor2tensor",
    counts_from_padding=True,
    output_bias=False,
    scales_embedding=True,
    activation="relu",
)
"""M2M100 and the dense NLLB-200. Positions count from `pad_token_id + 1`, and only tokens that are no
padding: as sources come here without padding, that is a plain offset."""


def spec_from_config(variant: Variant, config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    width = required(config, "d_model")
    vocab_size = required(config, "vocab_size")
    longest = required(config, "max_position_embeddings")
    pad = token_id(config, "pad_token_id", variant.pad_token_id)
    positions = positions_of(variant, longest, pad)
    ties = config.get("tie_word_embeddings", True)
    return ModelSpec(
        family=variant.family,
        width=width,
        source_vocab_size=vocab_size,
        target_vocab_size=vocab_size,
        encoder=stack_of(variant, config, "encoder", positions),
        decoder=stack_of(variant, config, "decoder", positions),
        embedding_scale=math.sqrt(width) if config.get("scale_embedding", variant.scales_embedding) else 1.0,
        share_embeddings=ties,
        tie_output=ties,
        output_bias=variant.output_bias,
        decoder_start_token_id=required(config, "decoder_start_token_id"),
        eos_token_ids=eos_token_ids(config, variant.eos_token_id),
        pad_token_id=pad,
        max_source_tokens=longest,
        # An aligned target is read with the start token before it, and a learned table ends.
        max_target_tokens=longest - 1 if variant.positions == "learned" else longest,
    )


def positions_of(variant: Variant, longest: int, pad_token_id: int) -> PositionSpec:
    """How both stacks know the order of their tokens."""
    if variant.positions == "learned":
        return PositionSpec(kind="learned", offset=variant.position_offset, max_positions=longest)
    if variant.positions == "halves":
        return PositionSpec(kind="sinusoid", sinusoid_step="halves", max_positions=longest)
    offset = pad_token_id + 1 if variant.counts_from_padding else 0
    return PositionSpec(kind="sinusoid", sinusoid_step="tensor2tensor", offset=offset)


def stack_of(variant: Variant, config: dict[str, Any], side: str, positions: PositionSpec) -> StackSpec:
    """The encoder or the decoder, which `side` names, as `config.json` describes it."""
    width, heads = required(config, "d_model"), required(config, f"{side}_attention_heads")
    linear = linear_attention(config)
    if heads < 1 or width % heads:
        raise CheckpointError(f"d_model {width} is not a multiple of {side}_attention_heads {heads}")
    return StackSpec(
        num_layers=required(config, f"{side}_layers"),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=required(config, f"{side}_ffn_dim"),
        activation=activation("activation_function", config.get("activation_function", variant.activation)),
        norm=NormSpec(position=variant.norm_position),
        positions=positions,
        embedding_norm=variant.embedding_norm,
        final_norm=variant.norm_position == "pre",
        attention_bias=variant.attention_bias,
        attention_output_bias=variant.attention_bias,
        attention_scale=(width // heads) ** -0.5,
        pattern=LinearAttentionSpec() if side in linear and side == "encoder" else None,
        mixer=LinearAttentionSpec() if side in linear and side == "decoder" else SelfAttentionSpec(),
        cross="linear" if "cross" in linear else "softmax",
    )


def linear_attention(config: dict[str, Any]) -> frozenset[str]:
    """Where a network has linear attention."""
    given = config.get(LINEAR_ATTENTION, [])
    if not isinstance(given, list) or not all(name in ATTENDING for name in given):
        raise CheckpointError(
            f"config.json: {LINEAR_ATTENTION} is {given!r}, expected a list of {', '.join(ATTENDING)}"
        )
    return frozenset(given)


def names(spec: ModelSpec, root: str = ROOT) -> dict[str, str]:
    """Our names -> Hugging Face's: the rules of a `Renaming`."""
    found = {"output": "lm_head", "output.bias": OUTPUT_BIAS}
    for side in ("encoder", "decoder"):
        theirs = f"{root}.{side}"
        found |= {
            f"{side}.embedding": f"{root}.shared" if spec.share_embeddings else f"{theirs}.embed_tokens",
            f"{side}.positions": f"{theirs}.embed_positions",
            f"{side}.embedding_norm": f"{theirs}.layernorm_embedding",
            f"{side}.final_norm": f"{theirs}.layer_norm",
        }
        found |= {f"{side}.layers.*.{ours}": f"{theirs}.layers.*.{name}" for ours, name in LAYER.items()}
    return found


def key_map(spec: ModelSpec) -> KeyMap:
    """By `names`."""
    return Renaming(names(spec))


def copies(spec: ModelSpec, root: str = ROOT) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, computed position tables, a table nothing reads."""
    shared = f"{root}.shared.weight"
    tables = [f"{root}.{side}.embed_tokens.weight" for side in ("encoder", "decoder")]
    known: dict[str, str | None] = {}
    if spec.share_embeddings:
        known |= dict.fromkeys(tables, shared)
    else:
        known[shared] = None
    if spec.tie_output:
        known[OUTPUT] = shared if spec.share_embeddings else tables[1]
    for side, stack_spec in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        known[f"{root}.{side}.version"] = None  # of the format, in files from before 2021
        if stack_spec.positions.kind == "sinusoid":
            known[f"{root}.{side}.embed_positions.weight"] = None
            known[f"{root}.{side}.embed_positions.weights"] = None
    return known
