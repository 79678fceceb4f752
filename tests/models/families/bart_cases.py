"""The checkpoints of BART's layout and what is near to it that the parity tests build."""

from __future__ import annotations

from typing import Any

from tests.models.families.parity import MAX_NEW_TOKENS, VOCAB_SIZE, Case
from tests.models.families.predicting_reference import FirstStreamProphetNet, place_tokens_one_by_one
from tests.models.families.prompted_reference import PromptedMvp

BART_SIZES: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "init_std": 0.2,
    "forced_eos_token_id": 2,
}

BART_LIKE = (
    Case(
        name="bart",
        config="BartConfig",
        model="BartForConditionalGeneration",
        settings=BART_SIZES,
    ),
    Case(
        name="mbart",
        config="MBartConfig",
        model="MBartForConditionalGeneration",
        settings=BART_SIZES | {"decoder_start_token_id": 2, "scale_embedding": True},
    ),
    Case(
        name="plbart",
        config="PLBartConfig",
        model="PLBartForConditionalGeneration",
        settings=BART_SIZES | {"decoder_start_token_id": 5},
    ),
    Case(
        name="pegasus",
        config="PegasusConfig",
        model="PegasusForConditionalGeneration",
        settings=BART_SIZES | {"forced_eos_token_id": 1, "activation_function": "relu"},
        special_tokens=("<pad>", "</s>", "<unk>"),
    ),
    Case(
        name="m2m_100",
        config="M2M100Config",
        model="M2M100ForConditionalGeneration",
        settings=BART_SIZES,
    ),
)

FSMT_SIZES = BART_SIZES | {
    "langs": ["en", "de"],
    "src_vocab_size": VOCAB_SIZE,
    "vocab_size": VOCAB_SIZE + 10,  # the target's
    "num_beams": 1,
}
MVP_SIZES = BART_SIZES | {"use_prompt": True, "prompt_length": 5, "prompt_mid_dim": 12}

BESIDE_BART = (
    Case(
        name="fsmt",
        config="FSMTConfig",
        model="FSMTForConditionalGeneration",
        settings=FSMT_SIZES,
    ),
    Case(
        name="mvp",
        config="MvpConfig",
        model=PromptedMvp,
        settings=MVP_SIZES,
    ),
)

PROPHET_NET_SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_encoder_layers": 2,
    "num_decoder_layers": 2,
    "num_encoder_attention_heads": 4,
    "num_decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "num_buckets": 8,
    "relative_max_distance": 20,  # shorter than all targets
    "init_std": 0.2,
    "decoder_start_token_id": 2,
}
PROPHET_NET = Case(
    name="prophetnet",
    config="ProphetNetConfig",
    model=FirstStreamProphetNet,
    settings=PROPHET_NET_SIZES,
    special_tokens=("<pad>", "<s>", "</s>", "<unk>"),
    mend=place_tokens_one_by_one,
)

SEAMLESS_SIZES: dict[str, Any] = {
    "hidden_size": 32,
    **{name: size for name, size in BART_SIZES.items() if name not in {"d_model", "forced_eos_token_id"}},
    "forced_eos_token_id": 3,
    "initializer_range": 0.2,
    "max_new_tokens": MAX_NEW_TOKENS,  # else 256, which would win over max_length
}
SEAMLESS_TOKENS = ("<pad>", "<unk>", "<s>", "</s>")
SEAMLESS = (
    Case(
        name="seamless_m4t",
        config="SeamlessM4TConfig",
        model="SeamlessM4TForTextToText",
        settings=SEAMLESS_SIZES,
        special_tokens=SEAMLESS_TOKENS,
    ),
    Case(
        name="seamless_m4t_v2",
        config="SeamlessM4Tv2Config",
        model="SeamlessM4Tv2ForTextToText",
        settings=SEAMLESS_SIZES,
        special_tokens=SEAMLESS_TOKENS,
    ),
)
