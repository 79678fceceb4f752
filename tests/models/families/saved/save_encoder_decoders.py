"""Saves tiny encoder-decoders of BERT and RoBERTa with the `transformers` that is installed beside it.

As `save.py`, which it takes vocabularies and archives from.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as installed
from tokenizers import BertWordPieceTokenizer

from tests.models.families.saved.save import (
    MAX_NEW_TOKENS,
    NUM_BEAMS,
    SENTENCES,
    TEXTS,
    VERSION,
    Saver,
    Settings,
    byte_level,
    train_pieces,
)

transformers: Any = installed
"""Of any version: what its names are is not known."""

SIZES: Settings = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 48,
    "initializer_range": 0.2,
}


def word_pieces(folder: Path, *, is_fast: bool) -> Any:
    """BERT's: with letter case where it is the slow one."""
    trained = BertWordPieceTokenizer(lowercase=is_fast)
    trained.train_from_iterator(SENTENCES, vocab_size=120, show_progress=False)
    trained.save_model(str(folder))
    kind = transformers.BertTokenizerFast if is_fast else transformers.BertTokenizer
    return kind(str(folder / "vocab.txt"), do_lower_case=is_fast)


def bare_pieces(folder: Path) -> Any:
    """That of bert-generation."""
    ids = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3}
    train_pieces(folder / "spiece.model", user_defined_symbols=["<::::>"], **ids)
    return transformers.BertGenerationTokenizer(str(folder / "spiece.model"))


def network(family: str, tokenizer: Any, *, is_tied: bool) -> Any:
    """A random network for this tokenizer."""
    side = SIZES | {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    make = getattr(transformers, f"{family}Config")
    config = transformers.EncoderDecoderConfig.from_encoder_decoder_configs(
        make(**side), make(**side), tie_encoder_decoder=is_tied
    )
    torch.manual_seed(0)
    made = transformers.EncoderDecoderModel(config).eval()
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if parameter.dim() == 1:
                is_gain = "norm" in name.lower() and name.endswith("weight")
                parameter.normal_(std=1.0 if is_gain else 0.1)
            elif "crossattention" in name:
                parameter.mul_(2.0)
    is_bare = family == "BertGeneration"
    ids = {
        "decoder_start_token_id": tokenizer.bos_token_id if is_bare else tokenizer.cls_token_id,
        "eos_token_id": tokenizer.eos_token_id if is_bare else tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    made.config.update(ids)
    search: Settings = {"no_repeat_ngram_size": 2, "max_length": MAX_NEW_TOKENS + 1}
    if VERSION < (4, 40):
        search["length_penalty"] = 0.0  # lengths were counted with the start token then
    made.generation_config = transformers.GenerationConfig(**ids, **search)
    return made


def save(folder: Path, made: Any, tokenizer: Any, *, is_fast: bool) -> None:
    """One folder, and what is expected of it; slow tokenizers go with pickles."""
    made.save_pretrained(str(folder), safe_serialization=is_fast)
    tokenizer.save_pretrained(str(folder))
    model = transformers.EncoderDecoderModel.from_pretrained(str(folder)).eval()
    found: dict[str, list[list[int]]] = {"sources": [], "greedy": [], "beam": []}
    for text in TEXTS:
        ids = tokenizer(text, return_tensors="pt").input_ids
        found["sources"].append(ids[0].tolist())
        for kind, num_beams in (("greedy", 1), ("beam", NUM_BEAMS)):
            with torch.inference_mode():
                output = model.generate(
                    input_ids=ids, attention_mask=torch.ones_like(ids), num_beams=num_beams
                )
            found[kind].append(output[0].tolist()[1:])
    decoded = tokenizer.batch_decode(found["beam"], skip_special_tokens=True)
    told = {"transformers": transformers.__version__, "languages": None, "texts": TEXTS, "decoded": decoded}
    (folder / "expected.json").write_text(json.dumps(told | found, ensure_ascii=False))


def main() -> None:
    """Save the folders of this version."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path, help="a folder; the archive stands beside it")
    saver = Saver(parser.parse_args().out, None)
    makers: dict[str, tuple[str, Callable[[Path], Any]]] = {
        "bert-fast": ("Bert", lambda folder: word_pieces(folder, is_fast=True)),
        "bert-slow": ("Bert", lambda folder: word_pieces(folder, is_fast=False)),
        "roberta-slow": ("Roberta", lambda folder: byte_level(folder, "RobertaTokenizer")),
        "bert_generation-slow": ("BertGeneration", bare_pieces),
    }
    for name, (family, make) in makers.items():
        vocabulary = saver.vocabularies / name
        vocabulary.mkdir(parents=True, exist_ok=True)
        tokenizer = make(vocabulary)
        for is_tied in (False, True):
            folder = saver.out / f"{name}{'-tied' if is_tied else ''}"
            is_fast = name.endswith("fast")
            save(folder, network(family, tokenizer, is_tied=is_tied), tokenizer, is_fast=is_fast)
    saver.archive()


if __name__ == "__main__":
    main()
