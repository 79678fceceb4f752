"""T5 and its relatives: T5 1.0 and 1.1, Flan-T5, ByT5, mT5, UMT5.

Quirks they share:
- norms only scale, and stand before each sublayer and after the last;
- no biases but the relative position bias of self-attention, which the first layer holds for all (UMT5: each
  layer its own); cross-attention has none;
- attention scores are not scaled: the factor is in the weights;
- decoding starts from padding;
- 1.1 and later have a gated feed-forward and an output projection of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from models.errors import CheckpointError
from models.families.config_values import activation, eos_token_ids, required, token_id
from models.families.tying import OUTPUT
from models.key_map import KeyMap, Part
from models.spec import Activation, ModelSpec, NormSpec, PositionSpec, StackSpec

SHARED = "shared.weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What sets one `model_type` apart."""

    family: str
    scales_output: Literal["where_tied", "never"]
    """By width**-0.5, before the output projection."""
    bias_per_layer: bool = False
    feed_forward: str = "gated-gelu"
    """The default of `feed_forward_proj`."""
    trained_length: int
    """Positions are relative, so nothing ends there; beyond it the network has seen nothing."""


T5 = Variant(family="t5", scales_output="where_tied", feed_forward="relu", trained_length=512)
"""1.0, 1.1 and Flan; ByT5 too, whose tokens are bytes. `tie_word_embeddings: false` stands in 1.1's
configuration: it says that the output is not scaled. Whether the projection is tied, only the file knows."""

MT5 = Variant(family="mt5", scales_output="never", trained_length=1024)

UMT5 = Variant(family="umt5", scales_output="where_tied", bias_per_layer=True, trained_length=1024)
"""`transformers` 5 scales in any case, and so undoes what the published checkpoints were trained with."""

BYTE_LENGTH = 1024
"""ByT5's `trained_length`."""
MAX_TARGET_TOKENS = 1024


def spec_from_config(variant: Variant, config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    width = required(config, "d_model")
    vocab_size = required(config, "vocab_size")
    num_layers = required(config, "num_layers")
    pad = token_id(config, "pad_token_id", 0)
    start = config.get("decoder_start_token_id")
    is_of_bytes = config.get("tokenizer_class") == "ByT5Tokenizer"
    trained_length = max(
        BYTE_LENGTH if is_of_bytes else variant.trained_length, config.get("n_positions") or 0
    )
    return ModelSpec(
        family=variant.family,
        width=width,
        source_vocab_size=vocab_size,
        target_vocab_size=vocab_size,
        encoder=_stack(variant, config, num_layers),
        decoder=_stack(variant, config, config.get("num_decoder_layers") or num_layers),
        output_scale=width**-0.5 if _scales_output(variant, config) else 1.0,
        decoder_start_token_id=pad if start is None else start,
        eos_token_ids=eos_token_ids(config, 1),
        pad_token_id=pad,
        max_source_tokens=trained_length,
        max_target_tokens=max(trained_length, MAX_TARGET_TOKENS),
    )


def _scales_output(variant: Variant, config: dict[str, Any]) -> bool:
    if variant.scales_output == "never":
        return False
    # Newer files say it outright.
    stated = config.get("scale_decoder_outputs")
    return bool(config.get("tie_word_embeddings", True) if stated is None else stated)


def _stack(variant: Variant, config: dict[str, Any], num_layers: int) -> StackSpec:
    act, is_gated = _feed_forward_kind(config.get("feed_forward_proj", variant.feed_forward))
    return StackSpec(
        num_layers=num_layers,
        num_heads=required(config, "num_heads"),
        head_dim=required(config, "d_kv"),
        ffn_dim=required(config, "d_ff"),
        activation=act,
        gated_ffn=is_gated,
        norm=NormSpec(kind="rms", eps=config.get("layer_norm_epsilon", 1e-6), position="pre"),
        positions=PositionSpec(
            kind="relative_bias",
            num_buckets=config.get("relative_attention_num_buckets", 32),
            max_distance=config.get("relative_attention_max_distance", 128),
            per_layer=variant.bias_per_layer,
        ),
        final_norm=True,
        attention_bias=False,
        attention_output_bias=False,
        ffn_bias=False,
        attention_scale=1.0,
    )


def _feed_forward_kind(projection: str) -> tuple[Activation, bool]:
    gate, separator, name = projection.rpartition("-")
    if separator and gate != "gated":
        raise CheckpointError(f"feed_forward_proj {projection!r} is not supported")
    if projection == "gated-gelu":
        name = "gelu_new"  # what T5 1.1 was trained with, though the name says otherwise
    return activation("feed_forward_proj", name), bool(separator)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's."""
    keys: dict[str, tuple[Part, ...]] = {"encoder.embedding.weight": (SHARED,)}
    if not spec.tie_output:
        keys["output.weight"] = (OUTPUT,)
    for side, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        ours = "attention_bias.relative" if side == "encoder" else "relative_bias"
        keys[f"{side}.{ours}.weight"] = _relative_bias(side, stack)
        keys[f"{side}.final_norm.weight"] = (f"{side}.final_layer_norm.weight",)
    for i in range(spec.encoder.num_layers):
        ours, theirs = f"encoder.layers.{i}", f"encoder.block.{i}.layer"
        keys |= _self_attention(f"{ours}.attention", f"{theirs}.0")
        keys |= _feed_forward(spec.encoder, ours, f"{theirs}.1")
    for i in range(spec.decoder.num_layers):
        ours, theirs = f"decoder.layers.{i}", f"decoder.block.{i}.layer"
        keys |= _self_attention(f"{ours}.mixer", f"{theirs}.0")
        keys |= _cross_attention(f"{ours}.cross", f"{theirs}.1")
        keys |= _feed_forward(spec.decoder, ours, f"{theirs}.2")
    return keys


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tensors beside the key map's: copies of tied ones, and a bias that T5 1.0 stores and nothing reads."""
    known: dict[str, str | None] = {
        "encoder.embed_tokens.weight": SHARED,
        "decoder.embed_tokens.weight": SHARED,
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": None,
    }
    if spec.tie_output:
        known[OUTPUT] = SHARED
    return known


def _relative_bias(side: str, spec: StackSpec) -> tuple[Part, ...]:
    num_tables = spec.num_layers if spec.positions.per_layer else 1
    return tuple(
        f"{side}.block.{i}.layer.0.SelfAttention.relative_attention_bias.weight" for i in range(num_tables)
    )


def _self_attention(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    return {
        f"{ours}.qkv.weight": tuple(f"{theirs}.SelfAttention.{p}.weight" for p in "qkv"),
        f"{ours}.out.weight": (f"{theirs}.SelfAttention.o.weight",),
        f"{ours}_residual.norm.weight": (f"{theirs}.layer_norm.weight",),
    }


def _cross_attention(ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    return {
        f"{ours}.q.weight": (f"{theirs}.EncDecAttention.q.weight",),
        f"{ours}.kv.weight": tuple(f"{theirs}.EncDecAttention.{p}.weight" for p in "kv"),
        f"{ours}.out.weight": (f"{theirs}.EncDecAttention.o.weight",),
        f"{ours}_residual.norm.weight": (f"{theirs}.layer_norm.weight",),
    }


def _feed_forward(spec: StackSpec, ours: str, theirs: str) -> dict[str, tuple[Part, ...]]:
    inner = ("wi_0", "wi_1") if spec.gated_ffn else ("wi",)
    return {
        f"{ours}.feed_forward.inner.weight": tuple(f"{theirs}.DenseReluDense.{p}.weight" for p in inner),
        f"{ours}.feed_forward.outer.weight": (f"{theirs}.DenseReluDense.wo.weight",),
        f"{ours}.feed_forward_residual.norm.weight": (f"{theirs}.layer_norm.weight",),
    }
