"""BigBird-Pegasus (Zaheer et al. 2020): Pegasus for long inputs.

Quirks, against Pegasus:
- the encoder attends in blocks of `block_size`, see `attention.block_sparse`; `transformers` goes over to
  full attention for good once it has seen a short source, here each source is treated by its own length;
- the norm after the last layer is called `layernorm_embedding`;
- positions are learned, without rows before position 0;
- attention has no biases unless `use_bias`, and the encoder's projections have names of their own.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import required
from crosslate.models.specs.pattern_spec import BlockSparseSpec
from crosslate.models.specs.spec import ModelSpec

VARIANT = bart_like.Variant(
    family="bigbird_pegasus",
    norm_position="pre",
    embedding_norm=False,
    positions="learned",
    position_offset=0,
    scales_embedding=True,
    activation="gelu_new",
    pad_token_id=0,
    eos_token_id=1,
)


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    variant = dataclasses.replace(VARIANT, attention_bias=config.get("use_bias", False))
    spec = bart_like.spec_from_config(variant, config)
    return dataclasses.replace(spec, encoder=dataclasses.replace(spec.encoder, pattern=_pattern(config)))


def _pattern(config: dict[str, Any]) -> BlockSparseSpec | None:
    kind = config.get("attention_type", "block_sparse")
    if kind == "original_full":
        return None
    if kind != "block_sparse":
        raise CheckpointError(
            f"attention_type {kind!r} is not supported; supported: block_sparse, original_full"
        )
    return BlockSparseSpec(
        block_size=required(config, "block_size"), num_random_blocks=required(config, "num_random_blocks")
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: BART's, with other names in the encoder's attention."""
    attention = "model.encoder.layers.*.self_attn"
    return Renaming(
        {
            **bart_like.names(spec),
            "encoder.final_norm": "model.encoder.layernorm_embedding",
            "decoder.final_norm": "model.decoder.layernorm_embedding",
            "encoder.layers.*.attention.qkv": f"{attention}.self.{{query,key,value}}",
            "encoder.layers.*.attention.out": f"{attention}.output",
        }
    )
