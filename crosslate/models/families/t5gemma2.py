"""T5Gemma 2 (Zhang et al. 2025): encoder-decoders made from Gemma 3; of its two kinds of input the text.

Quirks, besides those of T5Gemma:
- a decoder's layers look at target and source in one attention, whose map is shown for the source alone, as
  shares of what was looked at there;
- queries and keys are normed per head; five of six layers see a window, with rotations of another base;
- an encoder's window reaches as far back as forward, by one token less where its size is even;
- source and target share one table, which is the output projection, too;
- the tower that reads images, and the embedding of an image's end, are left out.
"""

from __future__ import annotations

import math
from typing import Any

from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.errors import CheckpointError
from crosslate.models.families import t5gemma
from crosslate.models.families.config_values import eos_token_ids, required, token_id
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import GroupedSpec, RotarySpec, StackSpec

DEFAULTS: dict[str, Any] = {
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 131_072,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "hidden_activation": "gelu_pytorch_tanh",
    "rms_norm_eps": 1e-6,
    "attention_bias": False,
}
"""Of one side, where its configuration does not say."""
PATTERN = 6
"""Every so manieth layer sees all, where the configuration does not say which do."""
BASES = {"full_attention": 1_000_000.0, "sliding_attention": 10_000.0}
OF_IMAGES = ("model.encoder.vision_tower.", "model.encoder.multi_modal_projector.")
EMBEDDING, OUTPUT = "model.encoder.embed_tokens.weight", "lm_head.out_proj.weight"
SUBLAYERS = {"encoder": {"attention": "self_attn"}, "decoder": {"attention": "self_attn"}}
ATTENTION = {
    "q": "q_proj",
    "kv": "{k_proj,v_proj}",
    "out": "o_proj",
    "query_norm": "q_norm",
    "key_norm": "k_norm",
}


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`."""
    encoder, decoder = _side(config.get("encoder"), "text_config"), _side(config, "decoder")
    width, encoder_width = required(decoder, "hidden_size"), required(encoder, "hidden_size")
    if width != encoder_width:
        raise CheckpointError(
            f"the encoder's hidden_size {encoder_width} differs from decoder.hidden_size {width}: T5Gemma 2"
            " with unlike sides is not supported"
        )
    start = config.get("decoder_start_token_id")
    shares = config.get("tie_word_embeddings", True)
    return ModelSpec(
        family="t5gemma2",
        width=width,
        source_vocab_size=required(encoder, "vocab_size"),
        target_vocab_size=required(decoder, "vocab_size"),
        encoder=_stack(encoder, merges=False),
        decoder=_stack(decoder, merges=True),
        embedding_scale=math.sqrt(width),
        score_cap=t5gemma.score_cap(decoder, "final_logit_softcapping"),
        share_embeddings=shares,
        tie_output=shares,
        decoder_start_token_id=token_id(decoder, "bos_token_id", 2) if start is None else start,
        eos_token_ids=eos_token_ids(decoder, 1),
        pad_token_id=token_id(decoder, "pad_token_id", 0),
        max_source_tokens=required(encoder, "max_position_embeddings"),
        max_target_tokens=min(required(decoder, "max_position_embeddings"), t5gemma.MAX_TARGET_TOKENS),
    )


def _side(config: object, name: str) -> dict[str, Any]:
    side = config.get(name) if isinstance(config, dict) else None
    if not isinstance(side, dict):
        raise CheckpointError(f"config.json describes no {name}: is it the model's own, and complete?")
    if side.get("layer_types") is None:
        pattern = side.get("sliding_window_pattern", PATTERN)
        kinds = [
            "sliding_attention" if (i + 1) % pattern else "full_attention"
            for i in range(required(side, "num_hidden_layers"))
        ]
        return DEFAULTS | side | {"layer_types": kinds}
    return DEFAULTS | side


def _stack(side: dict[str, Any], *, merges: bool) -> StackSpec:
    return t5gemma.stack(
        side,
        GroupedSpec(
            num_groups=t5gemma.num_groups(side),
            rotations=tuple(_rotation(side, kind) for kind in side["layer_types"]),
            score_cap=None,  # what the configuration has of one is not read
            windows=t5gemma.windows(side),
            halves_windows=True,
            norms_heads=True,
            merges=merges,
        ),
    )


def _rotation(side: dict[str, Any], layer_kind: str) -> RotarySpec:
    rope = (side.get("rope_parameters") or {}).get(layer_kind) or {}
    kind = rope.get("rope_type", "default")
    if kind not in {"default", "linear"} or side.get("rope_scaling"):
        raise CheckpointError(
            f"rotary positions, here {kind!r}, are supported in rope_parameters, as 'default' or 'linear'"
        )
    return RotarySpec(rope.get("rope_theta", BASES.get(layer_kind, 0.0)), rope.get("factor", 1.0))


def key_map(spec: ModelSpec) -> KeyMap:
    """Our names -> Hugging Face's."""
    return t5gemma.renaming(SUBLAYERS, ATTENTION)


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Of the one table, where there is one; what images end with is read by none."""
    found: dict[str, str | None] = {f"model.{side}.embed_tokens.eoi_embedding": None for side in SUBLAYERS}
    if spec.share_embeddings:
        found |= {"model.decoder.embed_tokens.weight": EMBEDDING, OUTPUT: EMBEDDING}
    return found
