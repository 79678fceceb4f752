"""CTranslate2's folders: `model.bin`, its vocabularies, and what cuts texts; and Argos Translate's packages.

What a converter has written knows no texts. Either the tokenizer's files of the model that was converted lie
beside it (`--copy_files`), or SentencePiece models whose pieces its vocabularies number. A package of Argos
Translate, as LibreTranslate installs them, has the folder as `model` and one `sentencepiece.model`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.ctranslate2_binary import (
    CTranslate2File,
    is_ctranslate2,
    read_ctranslate2,
)
from crosslate.models.checkpoints.hub import CTRANSLATE2
from crosslate.models.checkpoints.model_files import ARGOS_INNER
from crosslate.models.configs.generation_config import read_generation_params
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.families import ctranslate2
from crosslate.models.families.hugging_face import check_vocabulary, license_of, pairs_of
from crosslate.models.families.parts import CheckpointParts, Task, TokenIds
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.json_files import read_json, read_json_list
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.hub_tokenizer import TOKENIZER_FILE
from crosslate.models.tokenizers.listed_tokenizer import ListedPieces, ListedTokenizer
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer, SpecialPieces
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece, sentencepiece_files
from crosslate.models.tokenizers.tokenizer import Tokenizer

METADATA = "metadata.json"
TOKENIZER_FILES = (TOKENIZER_FILE, "tokenizer_config.json")
"""What tells that a converted model's own tokenizer is there."""
ARGOS_PARAMS = GenerationParams(num_beams=4, length_penalty=0.2, min_new_tokens=1)
"""What Argos Translate asks for, and that something is written, as CTranslate2 has it by default."""
PADDINGS = ("<blank>", "<pad>")


@dataclass(frozen=True, slots=True)
class _Vocabularies:
    """What the ids of source and target stand for."""

    source: Sequence[str]
    target: Sequence[str]


def is_folder(folder: Path) -> bool:
    """Whether it is CTranslate2's, or a package of Argos Translate."""
    return any(is_ctranslate2(place / CTRANSLATE2) for place in (folder, folder / ARGOS_INNER))


def load(folder: Path) -> CheckpointParts:
    """Load a folder that a converter wrote, or a package of Argos Translate.

    Raises:
        CheckpointError: files are missing or damaged, or of a network or text pipeline that is not supported.
    """
    inner = folder if is_ctranslate2(folder / CTRANSLATE2) else folder / ARGOS_INNER
    path = inner / CTRANSLATE2
    config = read_json(inner / "config.json") if (inner / "config.json").is_file() else {}
    file, vocabularies = read_ctranslate2(path), _vocabularies(inner)
    metadata = read_json(folder / METADATA) if (folder / METADATA).is_file() else {}
    _check_metadata(metadata, folder)
    spec = _spec(file, config, vocabularies, path)
    tokenizer = _tokenizer(folder, file, config, vocabularies)
    check_vocabulary(tokenizer, spec, folder)
    pairs = _pair(metadata) or pairs_of(folder, tokenizer, spec)
    origin = str(path)
    return CheckpointParts(
        network=StoredNetwork(spec, ctranslate2.key_map(file, spec), file.tensors, origin=origin),
        tokenizer=tokenizer,
        task=_task(pairs, spec, tokenizer),
        pairs=pairs,
        default_params=ARGOS_PARAMS if metadata else read_generation_params(folder, {}),
        alignment=ctranslate2.alignment_prior(file, spec),
        license=license_of(folder),
    )


def _spec(
    file: CTranslate2File, config: Mapping[str, Any], vocabularies: _Vocabularies, path: Path
) -> ModelSpec:
    end = _number(vocabularies.target, config.get("eos_token", "</s>"), path)
    start = end
    if not ctranslate2.starts_from_zero(file):
        start = _number(vocabularies.target, _start(config, path), path)
    ids = TokenIds(
        source_size=len(vocabularies.source),
        target_size=len(vocabularies.target),
        start=start,
        end=end,
        pad=vocabularies.target.index(_padding(vocabularies.target, vocabularies.target[end])),
    )
    try:
        return ctranslate2.spec_from_file(file, config, ids)
    except (CheckpointError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from error


def _task(pairs: Sequence[tuple[str, str]], spec: ModelSpec, tokenizer: Tokenizer) -> Task:
    """As of the families: BART's and Pegasus' without languages are for summaries, T5's for both."""
    is_listed = isinstance(tokenizer, MarianTokenizer)
    is_t5 = spec.encoder.positions.kind == "relative_bias"
    return "translation" if pairs or is_listed or is_t5 else "summarization"


def _vocabularies(folder: Path) -> _Vocabularies:
    shared = _tokens(folder, "shared_vocabulary")
    source, target = (shared or _tokens(folder, f"{side}_vocabulary") for side in ("source", "target"))
    if source is None or target is None:
        raise CheckpointError(
            f"{folder} lacks its vocabularies: shared_vocabulary.json (or .txt), or source_vocabulary and"
            " target_vocabulary, which CTranslate2's converter writes beside model.bin"
        )
    return _Vocabularies(source, target)


def _tokens(folder: Path, name: str) -> Sequence[str] | None:
    """A list of tokens; before version 3.2 there was one a line."""
    listed, lines = folder / f"{name}.json", folder / f"{name}.txt"
    if listed.is_file():
        tokens = read_json_list(listed)
        if not all(isinstance(token, str) for token in tokens):
            raise CheckpointError(f"{listed} is no list of tokens")
        return tokens
    if not lines.is_file():
        return None
    try:
        return lines.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{lines} is damaged ({error}): download it again") from error


def _number(tokens: Sequence[str], token: object, path: Path) -> int:
    if not isinstance(token, str) or token not in tokens:
        raise CheckpointError(
            f"{path}: its config.json names the token {token!r}, which its vocabulary does not have"
        )
    return tokens.index(token)


def _start(config: Mapping[str, Any], path: Path) -> object:
    found = config.get("decoder_start_token", "<s>")
    if found is None:
        raise CheckpointError(
            f"{path}: decoder_start_token of its config.json is null, as in mBART-25, whose decoder begins"
            " with the language; that is not supported. Take the model as it was before it was converted"
        )
    return found


def _padding(tokens: Sequence[str], end: str) -> str:
    """What it calls the padding, which a model from Marian has not."""
    return next((token for token in PADDINGS if token in tokens), end)


def _tokenizer(
    folder: Path, file: CTranslate2File, config: Mapping[str, Any], vocabularies: _Vocabularies
) -> Tokenizer:
    models = _sentencepiece_models(folder)
    is_marian = ctranslate2.starts_from_zero(file)
    if any((folder / name).is_file() for name in TOKENIZER_FILES) and not is_marian:
        tokenizer = load_tokenizer(folder)
        _check_pieces(tokenizer, vocabularies.target, folder)
        return tokenizer
    if models is None:
        raise CheckpointError(
            f"{folder} has nothing that cuts texts: copy tokenizer.json and tokenizer_config.json of the"
            " model that was converted to it, or its SentencePiece models (sentencepiece.model for both"
            " sides, or source.spm and target.spm)"
        )
    return (_marian if is_marian else _listed)(folder, models, config, vocabularies)


def _sentencepiece_models(folder: Path) -> tuple[Path, Path] | None:
    """Of source and target."""
    both = folder / "source.spm", folder / "target.spm"
    if all(path.is_file() for path in both):
        return both
    found = sentencepiece_files(folder)
    if (folder / "bpe.model") in found:
        raise CheckpointError(
            f"{folder} cuts texts by bpe.model, which is not supported; a package with sentencepiece.model is"
        )
    return (found[0], found[0]) if len(found) == 1 else None


def _marian(
    folder: Path, models: tuple[Path, Path], config: Mapping[str, Any], vocabularies: _Vocabularies
) -> Tokenizer:
    settings_file = folder / "tokenizer_config.json"
    settings = read_json(settings_file) if settings_file.is_file() else {}
    special = SpecialPieces(
        end=str(config.get("eos_token", "</s>")), unknown=str(config.get("unk_token", "<unk>"))
    )
    source_ids, target_ids = (
        {piece: i for i, piece in enumerate(pieces)} for pieces in (vocabularies.source, vocabularies.target)
    )
    special.check((source_ids, target_ids), folder)
    return MarianTokenizer(
        (load_sentencepiece(models[0]), load_sentencepiece(models[1])),
        (source_ids, target_ids),
        special,
        added=AddedTokens({}),
        own_target=str(settings.get("target_lang") or ""),
    )


def _listed(
    folder: Path, models: tuple[Path, Path], config: Mapping[str, Any], vocabularies: _Vocabularies
) -> Tokenizer:
    end = str(config.get("eos_token", "</s>"))
    special = ListedPieces(
        unknown=str(config.get("unk_token", "<unk>")),
        start=str(config.get("decoder_start_token", "<s>")),
        end=end,
        pad=_padding(vocabularies.target, end),
        end_sources=bool(config.get("add_source_eos")),
    )
    if config.get("add_source_bos"):
        raise CheckpointError(f"{folder}: add_source_bos of config.json is not supported")
    return ListedTokenizer(*models, vocabularies.source, vocabularies.target, special)


def _check_pieces(tokenizer: Tokenizer, tokens: Sequence[str], folder: Path) -> None:
    """That a tokenizer's ids are the network's, by some of them; those of bytes have but one order."""
    if isinstance(tokenizer, ByteTokenizer):
        return
    ids = range(0, len(tokens), max(1, len(tokens) // 64))
    for token_id in ids:
        try:
            (piece,) = tokenizer.detokenize([token_id]).pieces
        except (ValueError, KeyError, IndexError):
            continue  # a token that only fills the embedding up
        if piece and piece != tokens[token_id]:
            raise CheckpointError(
                f"{folder}: its tokenizer has {piece!r} for the token {token_id}, its vocabulary"
                f" {tokens[token_id]!r}: take the tokenizer of the model that was converted"
            )


def _check_metadata(metadata: Mapping[str, Any], folder: Path) -> None:
    if metadata.get("target_prefix"):
        raise CheckpointError(
            f"{folder / METADATA}: target_prefix is {metadata['target_prefix']!r}, which is not supported"
        )
    if metadata.get("type", "translate") != "translate":
        raise CheckpointError(f"{folder} is an Argos package of type {metadata['type']!r}, not 'translate'")


def _pair(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    match metadata:
        case {"from_code": str(source), "to_code": str(target)}:
            return ((source, target),)
    return ()
