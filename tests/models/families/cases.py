"""The checkpoints that the parity tests build: every family, and what sets its variants apart."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import MT5ForConditionalGeneration, T5ForConditionalGeneration

from tests.models.families.bart_cases import BART_LIKE, BART_SIZES, BESIDE_BART, PROPHET_NET, SEAMLESS
from tests.models.families.encoder_decoder_cases import ENCODER_DECODERS
from tests.models.families.experts_reference import ask_as_routed
from tests.models.families.linear_reference import LINEAR_ATTENTION
from tests.models.families.parity import VOCAB_SIZE, Case, ReferenceModel


def untie_output(model: ReferenceModel) -> None:
    """Give the model an output projection of its own, which its configuration need not mention."""
    assert isinstance(model, T5ForConditionalGeneration | MT5ForConditionalGeneration)
    weight = model.shared.weight
    model.lm_head.weight = nn.Parameter(torch.randn_like(weight) * weight.shape[1] ** -0.5)


T5_SIZES: dict[str, Any] = {
    "d_model": 32,
    "d_kv": 16,  # not width / heads
    "num_layers": 2,
    "num_heads": 4,
    "d_ff": 48,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 20,  # shorter than some sources and all targets
    "decoder_start_token_id": 0,
    "initializer_factor": 1.0,
}
T5_TOKENS = ("<pad>", "</s>", "<unk>")

T5_LIKE = (
    Case(
        name="t5",
        config="T5Config",
        model="T5ForConditionalGeneration",
        settings=T5_SIZES | {"num_layers": 3, "num_decoder_layers": 2},
        special_tokens=T5_TOKENS,
    ),
    Case(
        name="t5-1.1",
        config="T5Config",
        model="T5ForConditionalGeneration",
        settings=T5_SIZES | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
        special_tokens=T5_TOKENS,
        before_saving=untie_output,
    ),
    Case(
        name="mt5",
        config="MT5Config",
        model="MT5ForConditionalGeneration",
        settings=T5_SIZES | {"d_kv": 6},  # nothing that the compiled kernels take
        special_tokens=T5_TOKENS,
        before_saving=untie_output,
    ),
    Case(
        name="umt5",
        config="UMT5Config",
        model="UMT5ForConditionalGeneration",
        settings=T5_SIZES,
        special_tokens=T5_TOKENS,
    ),
)

LED_SIZES = {name: size for name, size in BART_SIZES.items() if name != "max_position_embeddings"} | {
    "max_encoder_position_embeddings": 64,
    "max_decoder_position_embeddings": 48,
    "attention_window": 8,  # of sources with up to 40 tokens
}
LONG_T5_SIZES = T5_SIZES | {"feed_forward_proj": "gated-gelu", "local_radius": 3, "global_block_size": 4}

BIG_BIRD_SIZES = BART_SIZES | {
    "block_size": 3,
    "num_random_blocks": 1,  # so that sources with more than 21 tokens, about half of them, are sparse
    "decoder_start_token_id": 0,
    "forced_eos_token_id": 1,
}

LONG_INPUTS = (
    Case(name="led", config="LEDConfig", model="LEDForConditionalGeneration", settings=LED_SIZES),
    Case(
        name="led-no-global",
        config="LEDConfig",
        model="LEDForConditionalGeneration",
        settings=LED_SIZES | {"num_global_tokens": 0},
    ),
    Case(
        name="longt5-local",
        config="LongT5Config",
        model="LongT5ForConditionalGeneration",
        settings=LONG_T5_SIZES | {"encoder_attention_type": "local"},
        special_tokens=T5_TOKENS,
    ),
    Case(
        name="longt5-transient-global",
        config="LongT5Config",
        model="LongT5ForConditionalGeneration",
        settings=LONG_T5_SIZES | {"encoder_attention_type": "transient-global"},
        special_tokens=T5_TOKENS,
    ),
    Case(
        name="pegasus_x",
        config="PegasusXConfig",
        model="PegasusXForConditionalGeneration",
        settings=BART_SIZES
        | {"encoder_layers": 3, "block_size": 8, "num_global_tokens": 3, "forced_eos_token_id": 1},
        special_tokens=("<pad>", "</s>", "<unk>"),
    ),
    Case(
        name="pegasus_x-aligned",
        config="PegasusXConfig",
        model="PegasusXForConditionalGeneration",
        settings=BART_SIZES
        | {
            "block_size": 6,
            "num_global_tokens": 1,
            "stagger_local_blocks": False,
            "forced_eos_token_id": 1,
        },
        special_tokens=("<pad>", "</s>", "<unk>"),
    ),
    Case(
        name="bigbird_pegasus",
        config="BigBirdPegasusConfig",
        model="BigBirdPegasusForConditionalGeneration",
        settings=BIG_BIRD_SIZES,
        special_tokens=("<pad>", "</s>", "<unk>"),
    ),
    Case(
        name="bigbird_pegasus-full",
        config="BigBirdPegasusConfig",
        model="BigBirdPegasusForConditionalGeneration",
        settings=BIG_BIRD_SIZES | {"attention_type": "original_full", "use_bias": True},
        special_tokens=("<pad>", "</s>", "<unk>"),
    ),
)

GEMMA_SIDE: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "query_pre_attn_scalar": 3,
    "sliding_window": 5,
    "attn_logit_softcapping": 4.0,
    "final_logit_softcapping": 6.0,
    "initializer_range": 0.2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}

T5GEMMA = (
    Case(
        name="t5gemma",
        config="T5GemmaConfig",
        model="T5GemmaForConditionalGeneration",
        settings={"encoder": GEMMA_SIDE, "decoder": GEMMA_SIDE | {"num_hidden_layers": 3}},
        special_tokens=("<pad>", "</s>", "<s>", "<unk>"),
    ),
    Case(
        name="t5gemma, wider encoder",
        config="T5GemmaConfig",
        model="T5GemmaForConditionalGeneration",
        settings={
            "encoder": GEMMA_SIDE | {"hidden_size": 48, "num_attention_heads": 6, "num_key_value_heads": 3},
            "decoder": GEMMA_SIDE,
        },
        special_tokens=("<pad>", "</s>", "<s>", "<unk>"),
    ),
    Case(
        name="t5gemma, untied, without caps",
        config="T5GemmaConfig",
        model="T5GemmaForConditionalGeneration",
        settings={
            "encoder": GEMMA_SIDE
            | {"attn_logit_softcapping": None, "num_key_value_heads": 1, "query_pre_attn_scalar": 12},
            "decoder": GEMMA_SIDE
            | {"attn_logit_softcapping": None, "final_logit_softcapping": None, "query_pre_attn_scalar": 12},
            "tie_word_embeddings": False,
        },
        special_tokens=("<pad>", "</s>", "<s>", "<unk>"),
    ),
)

T5GEMMA2 = Case(
    name="t5gemma2",
    config="T5Gemma2Config",
    model="T5Gemma2ForConditionalGeneration",
    settings={
        "encoder": {
            "text_config": GEMMA_SIDE | {"layer_types": ["sliding_attention", "full_attention"]},
            "vision_config": {
                "model_type": "siglip_vision_model",
                "hidden_size": 8,
                "intermediate_size": 8,
                "num_hidden_layers": 1,
                "num_attention_heads": 1,
                "image_size": 14,
                "patch_size": 7,
            },
            "mm_tokens_per_image": 4,
            "eoi_token_index": VOCAB_SIZE,  # of images, which are not read
        },
        "decoder": GEMMA_SIDE
        | {
            "num_hidden_layers": 3,
            "sliding_window": 4,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 100_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            },
        },
    },
    special_tokens=("<pad>", "</s>", "<s>", "<unk>"),
)

LINEAR = Case(
    name="linear attention",
    config="BartConfig",
    model="BartForConditionalGeneration",
    settings=BART_SIZES | {"linear_attention": ["encoder", "decoder", "cross"]},
    attention=LINEAR_ATTENTION,
)

EXPERTS = (
    Case(
        name="nllb-moe",
        config="NllbMoeConfig",
        model="NllbMoeForConditionalGeneration",
        settings=BART_SIZES
        | {"encoder_layers": 3, "encoder_sparse_step": 2, "decoder_sparse_step": 1, "num_experts": 5},
        mend=ask_as_routed,
    ),
    Case(
        name="switch_transformers",
        config="SwitchTransformersConfig",
        model="SwitchTransformersForConditionalGeneration",
        settings=T5_SIZES
        | {
            "num_layers": 3,
            "num_decoder_layers": 2,
            "num_sparse_encoder_layers": 1,
            "num_sparse_decoder_layers": 2,
            "num_experts": 6,
            "router_bias": True,
        },
        special_tokens=T5_TOKENS,
    ),
)

CASES = (
    *BART_LIKE,
    *BESIDE_BART,
    PROPHET_NET,
    *SEAMLESS,
    *T5_LIKE,
    *LONG_INPUTS,
    *T5GEMMA,
    T5GEMMA2,
    *EXPERTS,
    LINEAR,
    *ENCODER_DECODERS,
)
