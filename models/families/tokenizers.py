"""Which tokenizer a Hugging Face folder needs."""

from __future__ import annotations

from pathlib import Path

from models.byte_tokenizer import ByteTokenizer
from models.errors import CheckpointError
from models.generation_config import read_json
from models.hub_tokenizer import HubTokenizer, read_tokenizer_settings
from models.m2m100_tokenizer import M2M100Tokenizer
from models.tokenizer import Tokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder as `save_pretrained` writes it.

    Raises:
        CheckpointError: files are missing or damaged, or it is of a kind without text offsets.
    """
    if (folder / "tokenizer.json").is_file():
        return HubTokenizer.load(folder)
    config = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    kind = (config | read_tokenizer_settings(folder)).get("tokenizer_class")
    if kind == "ByT5Tokenizer":
        return ByteTokenizer()
    if kind == "M2M100Tokenizer" or (kind is None and config.get("model_type") == "m2m_100"):
        return M2M100Tokenizer(folder)
    return _converted(folder)


def _converted(folder: Path) -> Tokenizer:
    """Older folders hold the SentencePiece model only, and `transformers` knows how each kind reads it."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as e:  # whatever fails in there, this folder cannot be served
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and transformers cannot read its tokenizer ({e}):"
            " download the tokenizer's files"
        ) from e
    if not tokenizer.is_fast:
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and {type(tokenizer).__name__} does not say which text a token"
            " stands for; save a fast tokenizer beside the model"
        )
    return HubTokenizer(tokenizer.backend_tokenizer, read_tokenizer_settings(folder))
