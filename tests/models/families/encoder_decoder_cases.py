"""Checkpoints of `EncoderDecoderModel`: what its sides may be."""

from __future__ import annotations

from typing import Any

import torch
from transformers import EncoderDecoderModel

from tests.models.families.parity import VOCAB_SIZE, Case, ReferenceModel

SIDE: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.2,
    "max_position_embeddings": 64,
}
DECODER = {"is_decoder": True, "add_cross_attention": True}
BERT_IDS = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 2}
ROBERTA_IDS = {"decoder_start_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}


def end_some_early(model: ReferenceModel) -> None:
    """By the output's bias, which two names have."""
    assert isinstance(model, EncoderDecoderModel)
    bias = model.get_output_embeddings().bias
    with torch.no_grad():
        bias[model.config.eos_token_id] = 0.2


def copy_the_encoder(model: ReferenceModel) -> None:
    """As version 4 of `transformers` ties, and stores."""
    assert isinstance(model, EncoderDecoderModel)
    encoder = dict(model.encoder.named_parameters())
    with torch.no_grad():
        for name, parameter in model.decoder.base_model.named_parameters():
            if name in encoder:
                parameter.copy_(encoder[name])
    end_some_early(model)


def encoder_decoder(
    name: str,
    encoder: dict[str, Any],
    decoder: dict[str, Any],
    ids: dict[str, int] = BERT_IDS,
    *,
    ties: bool = False,
) -> Case:
    """A case of these two sides."""
    sides = {"encoder": SIDE | encoder, "decoder": SIDE | DECODER | decoder}
    return Case(
        name=name,
        config="EncoderDecoderConfig",
        model="EncoderDecoderModel",
        settings={**sides, "tie_encoder_decoder": ties, **ids},
        special_tokens=("<pad>", "</s>", "<s>", "<unk>")
        if ids is BERT_IDS
        else ("<s>", "<pad>", "</s>", "<unk>"),
        before_saving=copy_the_encoder if ties else end_some_early,
    )


BERT, ROBERTA = {"model_type": "bert"}, {"model_type": "roberta"}
BERT2BERT = encoder_decoder("bert2bert", BERT, BERT | {"hidden_act": "relu", "num_hidden_layers": 3})
ROBERTA_SHARED = encoder_decoder("roberta shared", ROBERTA, ROBERTA, ROBERTA_IDS, ties=True)
BERT_GENERATION = encoder_decoder(
    "bert-generation",
    {"model_type": "bert-generation", "num_hidden_layers": 1},
    {"model_type": "bert-generation", "hidden_act": "gelu_new"},
)
UNLIKE = encoder_decoder(
    "xlm-roberta to electra",
    {"model_type": "xlm-roberta", "hidden_size": 64, "type_vocab_size": 1, "max_position_embeddings": 50},
    {"model_type": "electra", "embedding_size": 32, "layer_norm_eps": 1e-5},
    ROBERTA_IDS,
)
ENCODER_DECODERS = (BERT2BERT, ROBERTA_SHARED, BERT_GENERATION, UNLIKE)
