"""LongT5 (Guo et al. 2022): T5 1.1 whose encoder attends within a window.

Quirks:
- "local": a token sees `local_radius` tokens to either side;
- "transient-global": all see, besides, the sums of 16 input tokens each, made anew in every layer, under a
  norm of their own and at relative positions of their own. Leftover tokens count to the last full block,
  and a source shorter than one block has no sums;
- the decoder is T5's.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import t5
from crosslate.models.specs.pattern_spec import WindowSpec
from crosslate.models.specs.spec import ModelSpec

VARIANT = t5.Variant(family="longt5", scales_output="where_tied", feed_forward="relu", trained_length=16384)


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    spec = t5.spec_from_config(VARIANT, config)
    return dataclasses.replace(spec, encoder=dataclasses.replace(spec.encoder, pattern=_window(config)))


def _window(config: dict[str, Any]) -> WindowSpec:
    radius = config.get("local_radius", 127)
    kind = config.get("encoder_attention_type", "local")
    if kind == "local":
        return WindowSpec(radius=radius)
    if kind == "transient-global":
        size = config.get("global_block_size", 16)
        return WindowSpec(radius=radius, seen_by_all="block_sums", global_block=size)
    raise CheckpointError(
        f"encoder_attention_type {kind!r} is not supported; supported: local, transient-global"
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: T5's, with another name for the encoder's attention."""
    assert isinstance(spec.encoder.pattern, WindowSpec)
    has_sums = spec.encoder.pattern.seen_by_all == "block_sums"
    name = "TransientGlobalSelfAttention" if has_sums else "LocalSelfAttention"
    names = {
        ours: theirs.replace(".SelfAttention.", f".{name}.") if ours.startswith("encoder.") else theirs
        for ours, theirs in t5.names(spec).items()
    }
    bias = f"encoder.block.0.layer.0.{name}.global_relative_attention_bias"
    names["encoder.attention_bias.relative_to_sums"] = bias
    names["encoder.layers.*.attention.sum_norm"] = f"encoder.block.*.layer.0.{name}.global_input_layer_norm"
    return Renaming(names)
