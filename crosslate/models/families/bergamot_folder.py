"""Native Marian folders: a model, its vocabularies, perhaps a shortlist; Firefox Translations has such."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.checkpoints.marian_binary import MarianFile, read_marian_file
from crosslate.models.checkpoints.model_files import no_model_in, only_file, unpacking_hint
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist, read_shortlist
from crosslate.models.errors import CheckpointError
from crosslate.models.families import marian_rnn
from crosslate.models.families.bergamot import guided_layer, key_map, spec_from_options
from crosslate.models.families.marian_options import vocabulary_sizes
from crosslate.models.families.marian_vocabularies import (
    MarianText,
    decoder_settings,
    find_vocabularies,
    load_tokenizer,
    named_files,
)
from crosslate.models.families.parts import CheckpointParts
from crosslate.models.json_files import read_json
from crosslate.models.specs.spec import NetworkSpec
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer

PAIR_IN_NAME = re.compile(r"\.([a-z]{2})([a-z]{2}(?:_[a-z]+)?)\.")
OPTIMIZER_SUFFIX = ".optimizer.npz"
"""Of what training goes on from, beside a model."""
METADATA_FILES = ("metadata.json", "modelMeta.json", "model_info.json")


def load(folder: Path) -> CheckpointParts:
    """Load `model*.bin` or `model*.npz`, the vocabularies and, where there is one, the lexical shortlist.

    Raises:
        CheckpointError: files are missing, ambiguous or damaged.
    """
    model_file = _model_file(folder)
    pairs = _pairs(folder, model_file)
    pair = pairs[0] if pairs else None
    vocabularies = find_vocabularies(folder, model_file.name, pair)
    file = read_marian_file(model_file)
    tokenizer = load_tokenizer(folder, vocabularies, vocabulary_sizes(file.options), pair)
    spec, keys, alignment = _network(file, tokenizer.eos_token_id)
    if isinstance(tokenizer, SentencePieceTokenizer):
        _check_vocabulary(
            vocabularies.source, tokenizer.source_vocab_size, spec.source_vocab_size, model_file
        )
        _check_vocabulary(
            vocabularies.target, tokenizer.target_vocab_size, spec.target_vocab_size, model_file
        )
    file = _with_todays_names(file)
    return CheckpointParts(
        network=StoredNetwork(spec, keys, file.tensors, origin=str(model_file), steps=file.steps),
        tokenizer=tokenizer,
        pairs=pairs,
        default_params=_params(tokenizer),
        alignment=alignment,
        shortlist=_shortlist(folder, spec, is_shared=vocabularies.are_shared),
    )


def _network(file: MarianFile, eos_token_id: int) -> tuple[NetworkSpec, KeyMap, AlignmentConfig]:
    """What its options describe, where its tensors go, and where it shows links.

    At the row that outputs the word: guided alignment was trained into it, or the decoder looked there.
    """
    if file.options.get("type") in marian_rnn.TYPES:
        recurrent = marian_rnn.spec_from_options(file.options, eos_token_id=eos_token_id)
        return recurrent, marian_rnn.key_map(recurrent), AlignmentConfig(layer=0, heads=(0,), row="output")
    spec = spec_from_options(file.options, eos_token_id=eos_token_id)
    alignment = AlignmentConfig(layer=guided_layer(file.options, spec), heads=(0,), row="output")
    return spec, key_map(spec), alignment


def _with_todays_names(file: MarianFile) -> MarianFile:
    """Of an `amun` or `nematus` file, whose tensors are named as those programs did."""
    options = file.options
    if options["type"] not in {"amun", "nematus"}:
        return file
    is_tied = bool(options.get("tied-embeddings-all") or options.get("tied-embeddings-src"))
    renamed = partial(marian_rnn.today_name, is_tied=is_tied)
    for name in list(file.tensors):
        file.tensors.rename(name, renamed(name))
    return MarianFile(options, file.tensors, {renamed(name): step for name, step in file.steps.items()})


def _params(tokenizer: MarianText) -> GenerationParams:
    """Of lists of words an unknown one is never written, as Marian has it (`--allow-unk` is off)."""
    if isinstance(tokenizer, SentencePieceTokenizer):
        return GenerationParams()
    return GenerationParams(suppress_tokens=(tokenizer.target_unknown_token_id,))


def _shortlist(folder: Path, spec: NetworkSpec, *, is_shared: bool) -> LexicalShortlist | None:
    file = _optional_file(folder, "lex*.bin", "the lexical shortlist")
    if file is None:
        if hint := unpacking_hint(folder, "lex*.bin"):
            raise CheckpointError(f"{folder} has a lexical shortlist{hint}, or remove it")
        return None
    return read_shortlist(
        file,
        source_vocab_size=spec.source_vocab_size,
        target_vocab_size=spec.target_vocab_size,
        is_shared=is_shared,
    )


def _check_vocabulary(vocab_file: Path, num_pieces: int, vocab_size: int, model_file: Path) -> None:
    if num_pieces > vocab_size:
        raise CheckpointError(
            f"{vocab_file.name} has {num_pieces} pieces, {model_file.name} knows {vocab_size}:"
            " they belong to different models"
        )


def _model_file(folder: Path) -> Path:
    if len(named := named_files(folder, decoder_settings(folder), "models")) == 1:
        return named[0]
    for pattern in ("model*.bin", "model*.npz", "*.npz"):
        if found := _optional_file(folder, pattern, "the model"):
            return found
    raise no_model_in(folder)


def _optional_file(folder: Path, pattern: str, what: str) -> Path | None:
    found = [path for path in folder.glob(pattern) if not path.name.endswith(OPTIMIZER_SUFFIX)]
    return only_file(folder, found, what)


def _pairs(folder: Path, model_file: Path) -> tuple[tuple[str, str], ...]:
    for name in METADATA_FILES:
        path = folder / name
        if path.exists() and (pair := _pair_in_metadata(read_json(path))):
            return (pair,)
    match = PAIR_IN_NAME.search(model_file.name)
    return ((match[1], match[2].replace("_", "-")),) if match else ()


def _pair_in_metadata(metadata: dict[str, object]) -> tuple[str, str] | None:
    # Firefox Translations' metadata.json has long names, translateLocally's model_info.json a short name.
    source, target = metadata.get("sourceLanguage"), metadata.get("targetLanguage")
    if isinstance(source, str) and isinstance(target, str):
        return source, target
    name = metadata.get("shortName")
    match = re.match(r"([a-z]{2,3})-([a-z]{2,3})-", name) if isinstance(name, str) else None
    return (match[1], match[2]) if match else None
