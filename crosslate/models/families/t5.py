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

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import activation, eos_token_ids, required, token_id
from crosslate.models.families.tying import OUTPUT
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import Activation, NormSpec, PositionSpec, StackSpec

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

ENCODER_LAYER = {
    "attention.qkv": "0.SelfAttention.{q,k,v}",
    "attention.out": "0.SelfAttention.o",
    "attention_residual.norm": "0.layer_norm",
    "feed_forward.inner": "1.DenseReluDense.wi",
    "feed_forward.outer": "1.DenseReluDense.wo",
    "feed_forward_residual.norm": "1.layer_norm",
}
DECODER_LAYER = {
    "mixer.qkv": "0.SelfAttention.{q,k,v}",
    "mixer.out": "0.SelfAttention.o",
    "mixer_residual.norm": "0.layer_norm",
    "cross.q": "1.EncDecAttention.q",
    "cross.kv": "1.EncDecAttention.{k,v}",
    "cross.out": "1.EncDecAttention.o",
    "cross_residual.norm": "1.layer_norm",
    "feed_forward.inner": "2.DenseReluDense.wi",
    "feed_forward.outer": "2.DenseReluDense.wo",
    "feed_forward_residual.norm": "2.layer_norm",
}
"""Modules of a layer, ours -> theirs; a gated `wi` is two of them."""


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


def names(spec: ModelSpec) -> dict[str, str]:
    """Our names -> Hugging Face's: the rules of a `Renaming`."""
    found = {"encoder.embedding": "shared", "output": "lm_head"}
    for side, stack, bias, layer in (
        ("encoder", spec.encoder, "attention_bias.relative", ENCODER_LAYER),
        ("decoder", spec.decoder, "relative_bias", DECODER_LAYER),
    ):
        tables = ",".join(map(str, range(stack.num_layers if stack.positions.per_layer else 1)))
        found[f"{side}.{bias}"] = f"{side}.block.{{{tables}}}.layer.0.SelfAttention.relative_attention_bias"
        found[f"{side}.final_norm"] = f"{side}.final_layer_norm"
        for ours, theirs in layer.items():
            inner = theirs.replace("wi", "{wi_0,wi_1}") if stack.gated_ffn else theirs
            found[f"{side}.layers.*.{ours}"] = f"{side}.block.*.layer.{inner}"
    return found


def key_map(spec: ModelSpec) -> KeyMap:
    """By `names`."""
    return Renaming(names(spec))


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
