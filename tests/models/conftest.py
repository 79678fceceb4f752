"""Tiny checkpoints that the tests build themselves: random weights, real tokenizers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

SENTENCES = [
    "the cat sat on the mat",
    "a dog barked at the moon all night long",
    "she sells sea shells by the sea shore",
    "how much wood would a woodchuck chuck",
    "peter piper picked a peck of pickled peppers",
    "the quick brown fox jumps over the lazy dog",
    "no",
    "we were there yesterday, and we shall be there tomorrow",
    "one two three four five six seven eight nine ten",
    "to be or not to be, that is the question",
    "good morning",
    "all that glitters is not gold, he said, and went away without another word",
]


def train_sentencepiece(prefix: Path, *, vocab_size: int = 70) -> None:
    """Write `prefix.model`."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(prefix),
        vocab_size=vocab_size,
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        hard_vocab_limit=False,
        minloglevel=2,
    )


def build_marian(folder: Path, *, seed: int = 0, **overrides: Any) -> Any:
    """Save a tiny random Marian folder as the Hub has them; returns the `transformers` model."""
    folder.mkdir(parents=True, exist_ok=True)
    train_sentencepiece(folder / "spm")
    (folder / "spm.model").rename(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    (folder / "spm.vocab").unlink()
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    vocab = {piece: i for i, piece in enumerate([*pieces, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocab))
    (folder / "tokenizer_config.json").write_text(json.dumps({"source_lang": "en", "target_lang": "pt"}))
    settings: dict[str, Any] = {
        "vocab_size": len(vocab),
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "max_position_embeddings": 64,
        "activation_function": "swish",
        "scale_embedding": False,
        "pad_token_id": vocab["<pad>"],
        "decoder_start_token_id": vocab["<pad>"],
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "init_std": 0.12,
    }
    torch.manual_seed(seed)
    reference: Any = MarianMTModel(MarianConfig(**(settings | overrides)))
    reference.eval()
    _make_outputs_varied(reference)
    reference.generation_config.max_length = 40
    reference.generation_config.bad_words_ids = [[vocab["<pad>"]]]
    reference.save_pretrained(folder)
    return reference


def _make_outputs_varied(model: Any) -> None:
    """Random networks repeat one token for ever: their own input drowns the source and the position."""
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(0.5)
        model.final_logits_bias.normal_(std=0.05)  # random, so that a forgotten bias shows
        model.final_logits_bias[0, model.config.eos_token_id] = 0.42  # some end early


@pytest.fixture(scope="session")
def marian_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Marian folder."""
    folder = tmp_path_factory.mktemp("models") / "opus-mt-en-pt"
    build_marian(folder)
    return folder


@pytest.fixture(scope="session")
def marian_reference(marian_folder: Path) -> Any:
    """The same checkpoint in `transformers`, with attention weights on request."""
    model: Any = MarianMTModel.from_pretrained(marian_folder, attn_implementation="eager")
    return model.eval()
