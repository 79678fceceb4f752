"""A Bergamot network that learned something else: our own parameter names in safetensors.

`config.json` has Marian's options beside `model_type`, the window and, where there is one, the bias towards
copying; `vocab.spm` is the vocabulary of source and target; `lex.bin`, which may be absent, says what may be
written besides the words of the source. The starter summarizer is such a folder.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist, read_shortlist
from crosslate.models.families import bergamot
from crosslate.models.families.config_values import optional_number, required
from crosslate.models.families.tying import OUTPUT_BIAS
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.models.tokenizers.tokenizer import Tokenizer

VOCABULARY_FILE = "vocab.spm"
SHORTLIST_FILE = "lex.bin"


def spec_from_config(config: dict[str, Any]) -> ModelSpec:
    """Translate `config.json`."""
    spec = bergamot.spec_from_options(config, eos_token_id=required(config, "eos_token_id"))
    return dataclasses.replace(
        spec,
        max_source_tokens=required(config, "max_source_tokens"),
        max_target_tokens=required(config, "max_target_tokens"),
    )


def key_map(spec: ModelSpec) -> KeyMap:
    """Every name is ours already, but for the output bias, which Hugging Face folders call alike."""
    return lambda name: (stored_name(name),)


def stored_name(name: str) -> str:
    """What our parameter `name` is called in the file."""
    return OUTPUT_BIAS if name == "output.bias" else name


def copies(spec: ModelSpec) -> dict[str, str | None]:
    """Tied weights are stored once."""
    return {}


def load_tokenizer(folder: Path) -> SentencePieceTokenizer:
    """The shared vocabulary."""
    return SentencePieceTokenizer(folder / VOCABULARY_FILE)


def read_shortlist_beside(folder: Path, spec: ModelSpec) -> LexicalShortlist | None:
    """The folder's shortlist, if it has one."""
    path = folder / SHORTLIST_FILE
    if not path.exists():
        return None
    size = spec.source_vocab_size
    return read_shortlist(path, source_vocab_size=size, target_vocab_size=size, is_shared=True)


def copy_rule(
    config: dict[str, Any], tokenizer: Tokenizer, shortlist: LexicalShortlist | None
) -> CopyRule | None:
    """That of `copy_bias`, if the model has one."""
    bias = optional_number(config, "copy_bias", default=0.0)
    if not bias:
        return None
    assert isinstance(tokenizer, SentencePieceTokenizer)
    inner = tokenizer.inner_pieces()
    common = inner if shortlist is None else shortlist.candidates([tokenizer.eos_token_id]).tolist()
    return CopyRule(bias, inner, inner.intersection(common))


def alignment_prior(spec: ModelSpec) -> AlignmentConfig:
    """The last layer's heads, at the row that outputs the token."""
    return AlignmentConfig(layer=spec.decoder.num_layers - 1, row="output")
