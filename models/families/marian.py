"""Marian as Hugging Face stores it (`MarianMTModel`: the opus-mt models).

Quirks, against native Marian files:
- decoding starts from the padding token, which generation must never choose (`bad_words_ids`);
- sinusoids step by 10000^(i/half); a stored position table is the same numbers and is not read;
- `final_logits_bias` is a buffer of shape (1, V).
"""

from __future__ import annotations

import math
from typing import Any

from models.alignment import AlignmentConfig
from models.checkpoint import KeyMap, Part
from models.errors import CheckpointError
from models.spec import Activation, ModelSpec, NormSpec, PositionSpec, StackSpec

ACTIVATIONS: dict[str, Activation] = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu_new",
    "swish": "silu",
    "silu": "silu",
}


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`. Absent keys have the defaults of `transformers.MarianConfig`."""
    width = config.get("d_model", 1024)
    source_vocab = config.get("vocab_size", 58101)
    has_one_vocabulary = config.get("share_encoder_decoder_embeddings", True)
    decoder_vocab = config.get("decoder_vocab_size") or source_vocab
    ties = config.get("tie_word_embeddings", True)
    longest = config.get("max_position_embeddings", 1024)
    eos = config.get("eos_token_id", 0)
    return ModelSpec(
        family="marian",
        width=width,
        source_vocab_size=source_vocab,
        target_vocab_size=source_vocab if has_one_vocabulary else decoder_vocab,
        encoder=_stack(config, "encoder", width, longest),
        decoder=_stack(config, "decoder", width, longest),
        embedding_scale=math.sqrt(width) if config.get("scale_embedding", False) else 1.0,
        share_embeddings=has_one_vocabulary and ties,
        tie_output=ties,
        output_bias=True,
        decoder_start_token_id=config.get("decoder_start_token_id", 58100),
        eos_token_ids=(eos,) if isinstance(eos, int) else tuple(eos),
        pad_token_id=config.get("pad_token_id", 58100),
        max_source_tokens=longest,
        max_target_tokens=longest,
    )


def _stack(config: dict[str, Any], side: str, width: int, longest: int) -> StackSpec:
    activation = config.get("activation_function", "gelu")
    if activation not in ACTIVATIONS:
        raise CheckpointError(
            f"activation_function {activation!r} is not supported; supported: {', '.join(ACTIVATIONS)}"
        )
    heads = config.get(f"{side}_attention_heads", 16)
    if width % heads:
        raise CheckpointError(f"d_model {width} is not a multiple of {side}_attention_heads {heads}")
    return StackSpec(
        num_layers=config.get(f"{side}_layers", 12),
        num_heads=heads,
        head_dim=width // heads,
        ffn_dim=config.get(f"{side}_ffn_dim", 4096),
        activation=ACTIVATIONS[activation],
        norm=NormSpec(position="post"),
        positions=PositionSpec(kind="sinusoid", sinusoid_step="halves", max_positions=longest),
        attention_scale=(width // heads) ** -0.5,
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's."""
    keys: dict[str, tuple[Part, ...]] = {"output.bias": ("final_logits_bias",)}
    if spec.share_embeddings:
        keys["encoder.embedding.weight"] = ("model.shared.weight",)
    else:
        keys["encoder.embedding.weight"] = ("model.encoder.embed_tokens.weight",)
        keys["decoder.embedding.weight"] = ("model.decoder.embed_tokens.weight",)
    if not spec.tie_output:
        keys["output.weight"] = ("lm_head.weight",)
    for i in range(spec.encoder.num_layers):
        ours, theirs = f"encoder.layers.{i}", f"model.encoder.layers.{i}"
        keys |= _self_attention(f"{ours}.attention", f"{theirs}.self_attn")
        keys |= _parameters(f"{ours}.attention_residual.norm", f"{theirs}.self_attn_layer_norm")
        keys |= _feed_forward(ours, theirs)
    for i in range(spec.decoder.num_layers):
        ours, theirs = f"decoder.layers.{i}", f"model.decoder.layers.{i}"
        keys |= _self_attention(f"{ours}.mixer", f"{theirs}.self_attn")
        keys |= _parameters(f"{ours}.mixer_residual.norm", f"{theirs}.self_attn_layer_norm")
        keys |= _cross_attention(f"{ours}.cross", f"{theirs}.encoder_attn")
        keys |= _parameters(f"{ours}.cross_residual.norm", f"{theirs}.encoder_attn_layer_norm")
        keys |= _feed_forward(ours, theirs)
    return keys


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, position tables, a table that nothing reads."""
    shared, encoder, decoder, output = (
        "model.shared.weight",
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "lm_head.weight",
    )
    known: dict[str, str | None] = {
        "model.encoder.embed_positions.weight": None,
        "model.decoder.embed_positions.weight": None,
    }
    if spec.share_embeddings:
        known |= {encoder: shared, decoder: shared}
    else:
        known[shared] = None
    if spec.tie_output:
        known[output] = shared if spec.share_embeddings else decoder
    return known


def _self_attention(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    projections = ("q_proj", "k_proj", "v_proj")
    return {
        f"{ours}.qkv.{kind}": tuple(f"{theirs}.{p}.{kind}" for p in projections)
        for kind in ("weight", "bias")
    } | _parameters(f"{ours}.out", f"{theirs}.out_proj")


def _cross_attention(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    return (
        _parameters(f"{ours}.q", f"{theirs}.q_proj")
        | {
            f"{ours}.kv.{kind}": tuple(f"{theirs}.{p}.{kind}" for p in ("k_proj", "v_proj"))
            for kind in ("weight", "bias")
        }
        | _parameters(f"{ours}.out", f"{theirs}.out_proj")
    )


def _feed_forward(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    return (
        _parameters(f"{ours}.feed_forward.inner", f"{theirs}.fc1")
        | _parameters(f"{ours}.feed_forward.outer", f"{theirs}.fc2")
        | _parameters(f"{ours}.feed_forward_residual.norm", f"{theirs}.final_layer_norm")
    )


def _parameters(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    return {f"{ours}.{kind}": (f"{theirs}.{kind}",) for kind in ("weight", "bias")}


def alignment_prior(spec: ModelSpec) -> AlignmentConfig:
    """The mean of the second-to-last layer's heads, a step late (Shift-Att, Chen et al. 2020)."""
    return AlignmentConfig(layer=max(0, spec.decoder.num_layers - 2), row="input")
