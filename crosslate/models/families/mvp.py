"""MVP (Tang et al. 2022): BART, whose checkpoints for one task have prompts, keys and values for each layer.

A file has them as vectors, and a network of two layers that makes keys and values of these: that is
computed once, as the file is loaded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import Any

from torch import Tensor, nn

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like
from crosslate.models.families.bart_like import ROOT
from crosslate.models.families.config_values import required
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

PROMPTS = {
    ("encoder", "attention"): "encoder.self_attn_prompt",
    ("decoder", "mixer"): "decoder.self_attn_prompt",
    ("decoder", "cross"): "decoder.cross_attn_prompt",
}
"""Side and attention, ours -> theirs."""
PARTS = (
    "prompt_embedding.weight",
    "prompt_trans.0.weight",
    "prompt_trans.0.bias",
    "prompt_trans.2.weight",
    "prompt_trans.2.bias",
)
"""The vectors, and the two layers."""


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    spec = bart_like.spec_from_config(bart_like.MVP, config)
    count = required(config, "prompt_length") if config.get("use_prompt") else 0
    if config.get("use_prompt") and count < 1:
        raise CheckpointError(f"config.json: use_prompt is set, but prompt_length is {count}")
    encoder, decoder = (dataclasses.replace(side, num_prompts=count) for side in (spec.encoder, spec.decoder))
    return dataclasses.replace(spec, encoder=encoder, decoder=decoder)


def key_map(spec: ModelSpec) -> KeyMap:
    """BART's, and what `complete` makes."""
    prompts = {
        f"{side}.layers.*.{attention}.prompts.{kind}": f"{ROOT}.{theirs}.*.{kind}"
        for (side, attention), theirs in PROMPTS.items()
        for kind in ("keys", "values")
    }
    return Renaming(bart_like.names(spec) | prompts)


def complete(
    config: Mapping[str, Any], spec: ModelSpec, tensors: MutableMapping[str, Tensor], origin: str
) -> ModelSpec:
    """Keys and values of each layer, in the place of what they are made of.

    An encoder without any has none, whatever the configuration says: versions 5 of `transformers` train and
    save it so.
    """
    if not any(f"{ROOT}.encoder.self_attn_prompt.{part}" in tensors for part in PARTS):
        spec = dataclasses.replace(spec, encoder=dataclasses.replace(spec.encoder, num_prompts=0))
    for (side, _), theirs in PROMPTS.items():
        stack = spec.encoder if side == "encoder" else spec.decoder
        if stack.num_prompts:
            _make_prompts(stack, tensors, f"{ROOT}.{theirs}", origin)
    return spec


def _make_prompts(stack: StackSpec, tensors: MutableMapping[str, Tensor], prefix: str, origin: str) -> None:
    names = [f"{prefix}.{part}" for part in PARTS]
    if missing := [name for name in names if name not in tensors]:
        raise CheckpointError(
            f"{origin}: config.json says use_prompt, but there is no {', '.join(missing)}:"
            " is the download whole?"
        )
    parts = [tensors.pop(name).float() for name in names]
    for layer, (keys, values) in enumerate(_keys_and_values(parts, stack, f"{origin}: {prefix}")):
        tensors[f"{prefix}.{layer}.keys"] = keys
        tensors[f"{prefix}.{layer}.values"] = values


def _keys_and_values(parts: list[Tensor], stack: StackSpec, origin: str) -> Tensor:
    """Of each layer: (L, 2, H, P, D)."""
    vectors, inner, inner_bias, outer, outer_bias = parts
    shape = (stack.num_prompts, stack.num_layers, 2, stack.num_heads, stack.head_dim)
    try:
        hidden = nn.functional.gelu(nn.functional.linear(vectors, inner, inner_bias))
        made = nn.functional.linear(hidden, outer, outer_bias).view(shape)
    except RuntimeError as e:
        raise CheckpointError(f"{origin} makes no keys and values of the shape {list(shape)}: {e}") from e
    # (P, L, 2, H, D) -> (L, 2, H, P, D)
    return made.permute(1, 2, 3, 0, 4).contiguous()
