"""Marian models with random weights in the sizes of well-known ones, saved once for every engine to read.

Speed depends on shapes, not on what a model has learned. The tokenizer is there because converters ask for
one: a small SentencePiece model, its vocabulary filled up with tokens that no text has.
"""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslate.service.commands.bench import SENTENCES

EOS_ID, UNKNOWN_ID = 0, 1
NEVER = -1e4
NUM_SOURCE_TOKENS, NUM_TARGET_TOKENS = 24, 28
"""Of a sentence."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Those of a well-known checkpoint. On either side of the network there are as many layers."""

    name: str
    vocab_size: int
    width: int
    num_layers: int
    num_heads: int
    max_tokens: int

    @property
    def pad_id(self) -> int:
        """It begins the target, too."""
        return self.vocab_size - 1

    def config(self) -> dict[str, Any]:
        """Of `MarianConfig`."""
        return {
            "vocab_size": self.vocab_size,
            "d_model": self.width,
            "encoder_layers": self.num_layers,
            "decoder_layers": self.num_layers,
            "encoder_attention_heads": self.num_heads,
            "decoder_attention_heads": self.num_heads,
            "encoder_ffn_dim": 4 * self.width,
            "decoder_ffn_dim": 4 * self.width,
            "max_position_embeddings": self.max_tokens,
            "activation_function": "swish",
            "scale_embedding": True,
            "static_position_embeddings": True,
            "eos_token_id": EOS_ID,
            "pad_token_id": self.pad_id,
            "decoder_start_token_id": self.pad_id,
            "forced_eos_token_id": EOS_ID,
        }

    def generation(self) -> dict[str, Any]:
        """As opus-mt's checkpoints have it, but for the beams: `generation_config.json`."""
        return {
            "max_length": self.max_tokens,
            "num_beams": 1,
            "bad_words_ids": [[self.pad_id]],
            "decoder_start_token_id": self.pad_id,
            "eos_token_id": EOS_ID,
            "forced_eos_token_id": EOS_ID,
            "pad_token_id": self.pad_id,
        }


OPUS_MT_BASE = Sizes("opus-mt-base", 58_101, 512, 6, 8, 512)
NLLB_600M = Sizes("nllb-600m", 256_206, 1024, 12, 16, 1024)
BART_LARGE = Sizes("bart-large", 50_265, 1024, 12, 16, 1024)


def hugging_face_folder(cache: Path, sizes: Sizes) -> Path:
    """The model as `save_pretrained` writes it; made on first use, from 300 MB to 2.5 GB."""
    folder = cache / f"{sizes.name}-random"
    if not folder.exists():
        fresh = _emptied(cache / f"{sizes.name}-random.new")
        write_tokenizer(fresh, sizes)
        _write_model(fresh, sizes)
        fresh.rename(folder)
    return folder


def ctranslate2_folder(cache: Path, sizes: Sizes) -> Path:
    """The same weights as CTranslate2's own converter writes them in int8."""
    folder = cache / f"{sizes.name}-random-ctranslate2"
    if not folder.exists():
        from ctranslate2.converters import TransformersConverter

        fresh = _emptied(cache / f"{sizes.name}-random-ctranslate2.new")
        TransformersConverter(str(hugging_face_folder(cache, sizes))).convert(
            str(fresh), quantization="int8", force=True
        )
        fresh.rename(folder)
    return folder


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_tokenizer(folder: Path, sizes: Sizes) -> None:
    """One that knows a few words, with a vocabulary that nobody speaks."""
    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES["en"] * 10),
        model_writer=written,
        vocab_size=120,
        hard_vocab_limit=False,
        eos_id=EOS_ID,
        unk_id=UNKNOWN_ID,
        bos_id=-1,
        pad_id=-1,
        minloglevel=2,
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(written.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    pieces += [f"▁filler{i}" for i in range(len(pieces), sizes.pad_id)]
    vocabulary = {piece: i for i, piece in enumerate([*pieces, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "de"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _write_model(folder: Path, sizes: Sizes) -> None:
    import torch
    from transformers import GenerationConfig, MarianConfig, MarianMTModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(0)
    model = MarianMTModel(MarianConfig(**sizes.config()))
    # No engine ever ends of itself: all generate as many tokens as they are allowed.
    model.final_logits_bias[0, EOS_ID] = NEVER
    model.generation_config = GenerationConfig(**sizes.generation())  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
