"""IndicTrans2: its network against M2M100's of `transformers` with the same weights, and whole folders."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import M2M100Config, M2M100ForConditionalGeneration
from transformers.models.m2m_100.modeling_m2m_100 import M2M100ScaledWordEmbedding

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import load_model
from tests.models.families.parity import make_outputs_varied
from tests.models.families.refusing import refuse
from tests.models.indic_files import ENGLISH, TEXTS, save_indictrans_tokenizer

SIZES: dict[str, Any] = {
    "model_type": "IndicTrans",
    "encoder_embed_dim": 32,
    "decoder_embed_dim": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 64,
    "activation_function": "gelu",
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "layernorm_embedding": True,
    "scale_embedding": True,
    "share_decoder_input_output_embed": True,
    "max_source_positions": 256,
    "max_target_positions": 256,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}


def build(folder: Path, pair: tuple[str, str] = ("en", "indic"), **changed: Any) -> Any:
    """Write a tiny random folder; returns the same network made of `transformers`' M2M100."""
    config = SIZES | save_indictrans_tokenizer(folder, *pair) | changed
    torch.manual_seed(0)
    reference = _m2m100(config)
    make_outputs_varied(reference)
    norms = {}
    if config["layernorm_embedding"]:
        norms = {side: _with_norm(reference, side) for side in ("encoder", "decoder")}
    save(folder, config, reference, norms)
    return reference


def _m2m100(config: dict[str, Any]) -> Any:
    width, target = config["encoder_embed_dim"], config["decoder_vocab_size"]
    own = {name: size for name, size in config.items() if name not in {"model_type", "encoder_embed_dim"}}
    own |= {
        "vocab_size": target,
        "d_model": width,
        "max_position_embeddings": config["max_source_positions"],
        "attn_implementation": "eager",
    }
    model: Any = M2M100ForConditionalGeneration(M2M100Config(**own))
    scale = math.sqrt(width) if config["scale_embedding"] else 1.0
    model.model.encoder.embed_tokens = M2M100ScaledWordEmbedding(
        config["encoder_vocab_size"], width, 1, embed_scale=scale
    )
    model.model.decoder.embed_tokens = M2M100ScaledWordEmbedding(target, width, 1, embed_scale=scale)
    model.lm_head = nn.Linear(width, target, bias=False)
    if config["share_decoder_input_output_embed"]:
        model.lm_head.weight = model.model.decoder.embed_tokens.weight
    for table in (model.model.encoder.embed_tokens, model.model.decoder.embed_tokens, model.lm_head):
        nn.init.normal_(table.weight, std=width**-0.5)
    # Neither side writes padding.
    model.generation_config.bad_words_ids = [[config["pad_token_id"]]]
    return model.eval()


def _with_norm(model: Any, side: str) -> nn.LayerNorm:
    """Before a side's first layer, as M2M100 has none."""
    stack = getattr(model.model, side)
    norm = nn.LayerNorm(stack.embed_tokens.weight.shape[1])
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias, std=0.1)
    stack.layers[0].register_forward_pre_hook(lambda _, given: (norm(given[0]), *given[1:]))
    return norm


def save(folder: Path, config: dict[str, Any], model: Any, norms: dict[str, nn.LayerNorm]) -> None:
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        if name != "model.shared.weight" and "embed_positions" not in name:
            tensors[name] = tensor.clone()
    for side, norm in norms.items():
        for name, tensor in norm.state_dict().items():
            tensors[f"model.{side}.layernorm_embedding.{name}"] = tensor
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("num_beams", [1, 4])
@pytest.mark.parametrize("pair", [("en", "indic"), ("indic", "en"), ("indic", "indic")], ids="-".join)
def test_tokens_are_those_of_the_reference(pair: tuple[str, str], num_beams: int, tmp_path: Path) -> None:
    is_tied = pair != ("indic", "en")
    reference = build(tmp_path, pair, share_decoder_input_output_embed=is_tied, layernorm_embedding=is_tied)
    model = load_model(str(tmp_path), dtype="float32")
    assert model.task == "translation"
    assert model.spec.tie_output == is_tied
    texts = ENGLISH if pair[0] == "en" else (TEXTS["ben_Beng"], TEXTS["urd_Arab"], TEXTS["sat_Olck"])
    languages = ("en",) * 3 if pair[0] == "en" else ("bn", "ur", "sat")
    target = "en" if pair[1] == "en" else "ta"
    sources = [
        model.tokenizer.encode_source(text, language, target)
        for text, language in zip(texts, languages, strict=True)
    ]
    params = GenerationParams(
        num_beams=num_beams, max_new_tokens=15, no_repeat_ngram_size=2, bad_words_ids=((1,),)
    )
    outputs = model.make_engine().generate(
        [GenerationRequest(source_ids=source, params=params) for source in sources]
    )
    for source, output in zip(sources, outputs, strict=True):
        (expected,) = reference.generate(
            torch.tensor([source]), num_beams=num_beams, max_new_tokens=15, no_repeat_ngram_size=2
        ).tolist()
        assert [2, *output.token_ids] == expected[: len(output.token_ids) + 1]


def test_alignment_is_the_cross_attention_of_the_reference(tmp_path: Path) -> None:
    reference = build(tmp_path)
    model = load_model(str(tmp_path), dtype="float32")
    source = model.tokenizer.encode_source(ENGLISH[0], "en", "bn")
    target = model.tokenizer.tokenize_target(TEXTS["ben_Beng"], "bn").ids
    maps = model.make_engine().align(source, target)  # (L, H, T, S)
    expected = reference(
        input_ids=torch.tensor([source]),
        decoder_input_ids=torch.tensor([[2, *target[:-1]]]),
        output_attentions=True,
    ).cross_attentions
    torch.testing.assert_close(torch.as_tensor(maps), torch.cat(expected), atol=1e-5, rtol=1e-4)


def test_what_is_no_such_network(tmp_path: Path) -> None:
    build(tmp_path)
    kept = json.loads((tmp_path / "config.json").read_text())
    for changed, said in (
        ({"decoder_embed_dim": 64}, "encoder_embed_dim 32 is not decoder_embed_dim 64"),
        ({"encoder_vocab_size": None}, "does not say encoder_vocab_size"),
        ({"encoder_attention_heads": 5}, "is not a multiple of encoder_attention_heads 5"),
        ({"encoder_vocab_size": 9}, "the embedding ends with 8"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(kept | changed))
        refuse(tmp_path, said)
