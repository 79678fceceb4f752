"""A Marian model of opus-mt-base's shape with random weights, saved once for every engine to read.

Speed depends on shapes, not on what a model has learned. The tokenizer is there because converters ask for
one: a small SentencePiece model, its vocabulary filled up with tokens that no text has.
"""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

from crosslate.service.bench import SENTENCES

VOCAB_SIZE = 58_101
EOS_ID, UNKNOWN_ID, PAD_ID = 0, 1, VOCAB_SIZE - 1
NEVER = -1e4
CONFIG: dict[str, Any] = {
    "vocab_size": VOCAB_SIZE,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "max_position_embeddings": 512,
    "activation_function": "swish",
    "scale_embedding": True,
    "static_position_embeddings": True,
    "eos_token_id": EOS_ID,
    "pad_token_id": PAD_ID,
    "decoder_start_token_id": PAD_ID,
    "forced_eos_token_id": EOS_ID,
}
GENERATION = {
    "max_length": 512,
    "num_beams": 1,
    "bad_words_ids": [[PAD_ID]],
    "decoder_start_token_id": PAD_ID,
    "eos_token_id": EOS_ID,
    "forced_eos_token_id": EOS_ID,
    "pad_token_id": PAD_ID,
}
"""As opus-mt's checkpoints have it, but for the beams: `generation_config.json`."""


def hugging_face_folder(cache: Path) -> Path:
    """The model as `save_pretrained` writes it; made on first use, some 300 MB."""
    folder = cache / "opus-mt-base-random"
    if not folder.exists():
        fresh = _emptied(cache / "opus-mt-base-random.new")
        _write_tokenizer(fresh)
        _write_model(fresh)
        fresh.rename(folder)
    return folder


def ctranslate2_folder(cache: Path) -> Path:
    """The same weights as CTranslate2's own converter writes them in int8."""
    folder = cache / "opus-mt-base-random-ctranslate2"
    if not folder.exists():
        from ctranslate2.converters import TransformersConverter

        fresh = _emptied(cache / "opus-mt-base-random-ctranslate2.new")
        TransformersConverter(str(hugging_face_folder(cache))).convert(
            str(fresh), quantization="int8", force=True
        )
        fresh.rename(folder)
    return folder


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write_tokenizer(folder: Path) -> None:
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
    pieces += [f"▁filler{i}" for i in range(len(pieces), PAD_ID)]
    vocabulary = {piece: i for i, piece in enumerate([*pieces, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "de"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _write_model(folder: Path) -> None:
    import torch
    from transformers import GenerationConfig, MarianConfig, MarianMTModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(0)
    model = MarianMTModel(MarianConfig(**CONFIG))
    # No engine ever ends of itself: all generate as many tokens as they are allowed.
    model.final_logits_bias[0, EOS_ID] = NEVER
    model.generation_config = GenerationConfig(**GENERATION)  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
