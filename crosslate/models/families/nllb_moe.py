"""NLLB-MoE (NLLB team 2022): M2M100 with two experts for each token in every fourth layer.

Quirks:
- layers end with the block of experts, one in `encoder_sparse_step` (`decoder_sparse_step`) layers;
- the probabilities of the two that are chosen are made to sum to 1; what they put out is scaled by
  1 - `moe_token_dropout`, which stands for the outputs that training leaves out;
- experts have no capacity here. In `transformers` one has `moe_eval_capacity_token_fraction` of the batch's
  tokens. At 1, the default, that is room for all, and both give the same; else it depends on the batch who
  is dropped;
- `transformers` 5 up to 5.23 at least asks experts 0 and 1 for all tokens; 4.57 does as its routers say.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap, Renaming
from crosslate.models.errors import CheckpointError
from crosslate.models.families import bart_like
from crosslate.models.families.config_values import optional_number, required
from crosslate.models.specs.experts_spec import ExpertsSpec
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

VARIANT = dataclasses.replace(bart_like.M2M100, family="nllb-moe")
SPARSE_STEP = 4
"""Where the configuration does not say."""
MASKED = 0.2
"""Of experts' outputs, in training."""
LAYER = {
    "cross.q": "cross_attention.q_proj",
    "cross.kv": "cross_attention.{k_proj,v_proj}",
    "cross.out": "cross_attention.out_proj",
    "cross_residual.norm": "cross_attention_layer_norm",
    "feed_forward.inner": "ffn.fc1",
    "feed_forward.outer": "ffn.fc2",
    "feed_forward.router": "ffn.router.classifier",
    "feed_forward.experts.*.inner": "ffn.experts.expert_*.fc1",
    "feed_forward.experts.*.outer": "ffn.experts.expert_*.fc2",
    "feed_forward_residual.norm": "ff_layer_norm",
}
"""What has other names than in BART."""


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`; `CheckpointError` names what is missing or not supported."""
    spec = bart_like.spec_from_config(VARIANT, config)
    return dataclasses.replace(
        spec,
        encoder=_with_experts(spec.encoder, config, "encoder_sparse_step"),
        decoder=_with_experts(spec.decoder, config, "decoder_sparse_step"),
    )


def _with_experts(stack: StackSpec, config: dict[str, Any], step_name: str) -> StackSpec:
    policy = config.get("second_expert_policy", "all")
    if policy != "all":
        raise CheckpointError(
            f"second_expert_policy {policy!r} draws at random whether, or which, second expert takes a token:"
            " not supported; for what does not, set it to 'all' in config.json"
        )
    step = required({step_name: SPARSE_STEP} | config, step_name)
    layers = tuple(range(step - 1, stack.num_layers, step)) if step > 0 else ()
    if not layers:
        return stack
    experts = ExpertsSpec(
        layers=layers,
        num_experts=required(config, "num_experts"),
        num_chosen=2,
        normalizes=True,
        router_bias=bool(config.get("router_bias", False)),
        output_scale=1.0 - optional_number(config, "moe_token_dropout", default=MASKED),
    )
    return dataclasses.replace(stack, experts=experts)


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's: M2M100's, but for `LAYER`."""
    names = bart_like.names(spec)
    for side in ("encoder", "decoder"):
        theirs = f"{bart_like.ROOT}.{side}.layers.*"
        names |= {f"{side}.layers.*.{ours}": f"{theirs}.{name}" for ours, name in LAYER.items()}
    return Renaming(names)
