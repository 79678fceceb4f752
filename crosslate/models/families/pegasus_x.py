"""PEGASUS-X (Phang et al. 2022): Pegasus whose encoder attends within blocks, for long inputs.

Quirks, against Pegasus:
- `num_global_tokens` learned tokens see all and are seen by all; they have a norm of their own before
  attention and share everything else, and are dropped at the end;
- in every second layer the blocks begin half a block earlier (`stagger_local_blocks`);
- sinusoids step by 10000^(i/(half-1)); attention and output have no biases;
- sources need no padding to whole blocks here.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import required
from crosslate.models.specs.pattern_spec import StaggeredBlockSpec
from crosslate.models.specs.spec import ModelSpec

VARIANT = bart_like.Variant(
    family="pegasus_x",
    norm_position="pre",
    embedding_norm=False,
    positions="tensor2tensor",
    attention_bias=False,
    output_bias=False,
    scales_embedding=True,
    pad_token_id=0,
    eos_token_id=1,
)


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    spec = bart_like.spec_from_config(VARIANT, config)
    pattern = StaggeredBlockSpec(
        block_size=required(config, "block_size"),
        num_global_tokens=required(config, "num_global_tokens"),
        staggers=config.get("stagger_local_blocks", True),
    )
    return dataclasses.replace(spec, encoder=dataclasses.replace(spec.encoder, pattern=pattern))


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: BART's, and the global tokens'."""
    return Renaming(
        {
            **bart_like.names(spec),
            "encoder.global_tokens": "model.encoder.embed_global",
            "encoder.layers.*.global_norm": "model.encoder.layers.*.global_self_attn_layer_norm",
        }
    )
