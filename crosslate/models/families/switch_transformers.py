"""Switch Transformers (Fedus et al. 2021): T5 with one expert for each token in every other layer or so.

Quirks:
- what an expert puts out is scaled by its probability among all;
- which layers have experts follows from how many are to have some (`num_sparse_encoder_layers`, and the same
  of the decoder): the second of each group of layers; for 0 it is layer 1, as in `transformers`;
- experts have no capacity here. In `transformers` one takes the first `expert_capacity` tokens (64) that it
  is chosen for in a source, and later ones go by it. That can happen to sources of more than 64 tokens only.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import t5
from crosslate.models.families.config_values import required
from crosslate.models.specs.experts_spec import ExpertsSpec
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

VARIANT = t5.Variant(
    family="switch_transformers", scales_output="where_tied", feed_forward="relu", trained_length=512
)
SPARSE_LAYERS = 3
"""Where the configuration does not say."""


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    act = config.get("dense_act_fn", VARIANT.feed_forward)
    if str(act).startswith("gated-") or config.get("is_gated_act"):
        raise CheckpointError(f"dense_act_fn {act!r}: Switch Transformers with gates are not supported")
    spec = t5.spec_from_config(VARIANT, {**config, "feed_forward_proj": act})
    return dataclasses.replace(
        spec,
        encoder=_with_experts(spec.encoder, config, "num_sparse_encoder_layers"),
        decoder=_with_experts(spec.decoder, config, "num_sparse_decoder_layers"),
    )


def _with_experts(stack: StackSpec, config: dict[str, Any], number_name: str) -> StackSpec:
    number = required({number_name: SPARSE_LAYERS} | config, number_name)
    step = stack.num_layers // number if number > 0 else stack.num_layers
    layers = tuple(i for i in range(stack.num_layers) if step == 1 or (step > 1 and i % step == 1))
    if not layers:
        return stack
    experts = ExpertsSpec(
        layers=layers,
        num_experts=required(config, "num_experts"),
        num_chosen=1,
        router_bias=bool(config.get("router_bias", False)),
    )
    return dataclasses.replace(stack, experts=experts)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: T5's, with another name for what has experts in some layers."""
    names = {ours: theirs.replace("DenseReluDense", "mlp") for ours, theirs in t5.names(spec).items()}
    for side, sublayer in (("encoder", 1), ("decoder", 2)):
        ours, theirs = f"{side}.layers.*.feed_forward", f"{side}.block.*.layer.{sublayer}.mlp"
        names |= {
            f"{ours}.router": f"{theirs}.router.classifier",
            f"{ours}.experts.*.inner": f"{theirs}.experts.expert_*.wi",
            f"{ours}.experts.*.outer": f"{theirs}.experts.expert_*.wo",
        }
    return Renaming(names)
