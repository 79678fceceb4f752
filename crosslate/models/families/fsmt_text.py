"""The texts of FSMT: Moses' words, byte-pair codes of them, and a vocabulary for either side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.models.errors import CheckpointError
from crosslate.models.families.config_values import required
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.hub_tokenizer import read_tokenizer_settings
from crosslate.models.tokenizers.word_splitting import MosesSplitter, NormalizingSplitter
from crosslate.models.tokenizers.word_tokenizer import (
    CODES_HEADER,
    END_MARKED,
    WordPieces,
    WordTokenizer,
    byte_pair_codes,
)
from crosslate.models.tokenizers.word_vocabulary import WordVocabulary, read_lines, read_word_vocabulary

if TYPE_CHECKING:
    from subword_nmt.apply_bpe import BPE

VOCABULARIES = ("vocab-src.json", "vocab-tgt.json")
CODES = "merges.txt"
SILENT = ("<s>", "<pad>")
"""Tokens that no text has, beside end and unknown."""


def load_tokenizer(folder: Path) -> WordTokenizer:
    """That of a folder with these files, `config.json` and, if it has one, `tokenizer_config.json`.

    Raises:
        CheckpointError: a file is missing or damaged, or none names the two languages.
    """
    config = read_json(folder / "config.json")
    settings = read_tokenizer_settings(folder)
    source, target = _languages(folder, config, settings)
    lowers = bool(settings.get("do_lower_case"))
    pieces = WordPieces(_read_codes(folder / CODES), END_MARKED)
    return WordTokenizer(
        (
            _read_vocabulary(folder / VOCABULARIES[0], required(config, "src_vocab_size")),
            _read_vocabulary(folder / VOCABULARIES[1], required(config, "tgt_vocab_size")),
        ),
        (pieces, pieces),
        (_splitter(source, lowers=lowers), _splitter(target, lowers=lowers)),
    )


def _splitter(language: str, *, lowers: bool) -> NormalizingSplitter:
    return NormalizingSplitter(MosesSplitter(language, cuts_hyphens=True, escapes=True), lowers)


def _languages(folder: Path, config: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, str]:
    langs = settings.get("langs") or config.get("langs")
    match langs:
        case [str(source), str(target)]:
            return source, target
    raise CheckpointError(
        f"{folder}: langs is {langs!r} in tokenizer_config.json and config.json, expected the source's and"
        ' the target\'s language, such as ["en", "ru"]'
    )


def _read_vocabulary(path: Path, size: int) -> WordVocabulary:
    vocabulary = read_word_vocabulary(path, size)
    silent = frozenset(vocabulary.ids[token] for token in SILENT if token in vocabulary.ids)
    ids = {token: i for token, i in vocabulary.ids.items() if i not in silent}
    return dataclasses.replace(vocabulary, ids=ids, padding=silent)


def _read_codes(path: Path) -> BPE:
    """Pairs of pieces, one a line; what stands behind them counts for nothing."""
    lines = [line for line in read_lines(path) if line]
    pairs = [line.split(" ")[:2] for line in lines if line != CODES_HEADER]
    for i, pair in enumerate(pairs, start=1):
        if len(pair) < 2 or not all(pair):
            raise CheckpointError(f"{path}: pair {i} is no two pieces with a blank between them")
    return byte_pair_codes("\n".join([CODES_HEADER, *map(" ".join, pairs)]))
