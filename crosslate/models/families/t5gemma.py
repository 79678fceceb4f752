"""T5Gemma (Zhang et al. 2025): encoder-decoders made from Gemma 2.

Quirks:
- norms only scale, by one more than they store, and stand before and after each sublayer;
- query heads share keys in groups; positions are rotations; every second layer sees a window only;
- the scores of attention and of tokens are capped by a hyperbolic tangent;
- source and target have tables of their own; the output projection is the target's;
- the sides may differ in width: the decoder's layers then look at the encoder's (9b-2b).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import (
    activation,
    eos_token_ids,
    optional_number,
    required,
    token_id,
)
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import GroupedSpec, NormSpec, PositionSpec, RotarySpec, StackSpec

OUTPUT = "lm_head.out_proj.weight"
DEFAULTS: dict[str, Any] = {
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "hidden_activation": "gelu_pytorch_tanh",
    "rms_norm_eps": 1e-6,
    "attention_bias": False,
}
"""Of one side, where its configuration does not say."""
MAX_TARGET_TOKENS = 1024
ATTENTION = {"q": "q_proj", "kv": "{k_proj,v_proj}", "out": "o_proj"}
SUBLAYERS = {
    "encoder": {"attention": "self_attn"},
    "decoder": {"mixer": "self_attn", "cross": "cross_attn"},
}


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    encoder, decoder = (_side(config, name) for name in ("encoder", "decoder"))
    width, encoder_width = required(decoder, "hidden_size"), required(encoder, "hidden_size")
    _check_cross_width(decoder, encoder_width)
    unlike = None if encoder_width == width else encoder_width
    pad, start = token_id(decoder, "pad_token_id", 0), config.get("decoder_start_token_id")
    return ModelSpec(
        family="t5gemma",
        width=width,
        source_vocab_size=required(encoder, "vocab_size"),
        target_vocab_size=required(decoder, "vocab_size"),
        encoder=_stack(encoder),
        decoder=_stack(decoder, unlike),
        encoder_width=unlike,
        embedding_scale=math.sqrt(width),
        source_embedding_scale=math.sqrt(encoder_width),
        score_cap=score_cap(decoder, "final_logit_softcapping"),
        share_embeddings=False,
        tie_output=config.get("tie_word_embeddings", True),
        decoder_start_token_id=token_id(decoder, "bos_token_id", 2) if start is None else start,
        eos_token_ids=eos_token_ids(decoder, 1),
        pad_token_id=pad,
        max_source_tokens=required(encoder, "max_position_embeddings"),
        max_target_tokens=min(required(decoder, "max_position_embeddings"), MAX_TARGET_TOKENS),
    )


def _side(config: dict[str, Any], name: str) -> dict[str, Any]:
    side = config.get(name)
    if not isinstance(side, dict):
        raise CheckpointError(f"config.json describes no {name}: is it the model's own, and complete?")
    return DEFAULTS | side


def _check_cross_width(decoder: dict[str, Any], encoder_width: int) -> None:
    """Raises `CheckpointError` where the decoder is said to read something else than the encoder."""
    width = decoder.get("cross_attention_hidden_size")
    if width is not None and width != encoder_width:
        raise CheckpointError(
            f"decoder.cross_attention_hidden_size {width} differs from encoder.hidden_size {encoder_width}"
        )


def _stack(side: dict[str, Any], source_width: int | None = None) -> StackSpec:
    rotations = (RotarySpec(_rotary_base(side)),) * required(side, "num_hidden_layers")
    cap = score_cap(side, "attn_logit_softcapping")
    return stack(
        side,
        GroupedSpec(
            num_groups=num_groups(side),
            rotations=rotations,
            score_cap=cap,
            windows=windows(side),
            source_width=source_width,
        ),
    )


def num_groups(side: dict[str, Any]) -> int:
    """Heads of keys and values."""
    heads, groups = required(side, "num_attention_heads"), required(side, "num_key_value_heads")
    if groups < 1 or heads % groups:
        raise CheckpointError(f"num_attention_heads {heads} is no multiple of num_key_value_heads {groups}")
    return groups


def stack(side: dict[str, Any], grouped: GroupedSpec) -> StackSpec:
    """One side, with attention of this kind."""
    return StackSpec(
        num_layers=required(side, "num_hidden_layers"),
        num_heads=required(side, "num_attention_heads"),
        head_dim=required(side, "head_dim"),
        ffn_dim=required(side, "intermediate_size"),
        activation=activation("hidden_activation", side["hidden_activation"]),
        gated_ffn=True,
        norm=NormSpec(kind="rms", eps=side["rms_norm_eps"], position="both", gain_offset=1.0),
        positions=PositionSpec(kind="none"),
        final_norm=True,
        attention_bias=side["attention_bias"],
        attention_output_bias=side["attention_bias"],
        ffn_bias=False,
        attention_scale=optional_number(side, "query_pre_attn_scalar", default=256) ** -0.5,
        grouped=grouped,
    )


def score_cap(side: dict[str, Any], name: str) -> float | None:
    """Where scores are capped, if they are."""
    return None if side.get(name) is None else optional_number(side, name, default=0.0)


def _rotary_base(side: dict[str, Any]) -> float:
    rope = side.get("rope_parameters") or {}
    kind = rope.get("rope_type", "default")
    if kind != "default" or side.get("rope_scaling"):
        raise CheckpointError(
            f"rotary positions, here {kind!r}, are supported unscaled and as 'default' only"
        )
    return optional_number(side | rope, "rope_theta", default=10000.0)


def windows(side: dict[str, Any]) -> tuple[int | None, ...]:
    """How near a token must be to be seen, for each layer; None: all are."""
    num_layers = required(side, "num_hidden_layers")
    kinds = side.get("layer_types") or [
        "full_attention" if i % 2 else "sliding_attention" for i in range(num_layers)
    ]
    if len(kinds) != num_layers or not set(kinds) <= {"full_attention", "sliding_attention"}:
        raise CheckpointError(
            f"layer_types is {kinds!r}, expected 'full_attention' or 'sliding_attention' for each of"
            f" {num_layers} layers"
        )
    window = side["sliding_window"]
    return tuple(window if kind == "sliding_attention" else None for kind in kinds)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's."""
    return renaming(SUBLAYERS, ATTENTION)


def renaming(sublayers: Mapping[str, Mapping[str, str]], attention: Mapping[str, str]) -> KeyMap:
    """By what each side calls its sublayers of attention, and these their parts."""
    found = {"output": "lm_head.out_proj"}
    for side, own in sublayers.items():
        layer = f"model.{side}.layers.*"
        found[f"{side}.embedding"] = f"model.{side}.embed_tokens"
        found[f"{side}.final_norm"] = f"model.{side}.norm"
        for ours, theirs in own.items():
            for part, name in attention.items():
                found[f"{side}.layers.*.{ours}.{part}"] = f"{layer}.{theirs}.{name}"
        for ours, theirs in {**own, "feed_forward": "feedforward"}.items():
            for part, when in (("norm", "pre"), ("after", "post")):
                found[f"{side}.layers.*.{ours}_residual.{part}"] = f"{layer}.{when}_{theirs}_layernorm"
        found[f"{side}.layers.*.feed_forward.inner"] = f"{layer}.mlp.{{gate_proj,up_proj}}"
        found[f"{side}.layers.*.feed_forward.outer"] = f"{layer}.mlp.down_proj"
    return Renaming(found)


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """The output projection's, where it is tied."""
    return {OUTPUT: "model.decoder.embed_tokens.weight"} if spec.tie_output else {}
