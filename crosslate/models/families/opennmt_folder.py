"""OpenNMT-py folders: a checkpoint `*.pt` with its vocabularies, and the SentencePiece models beside it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from torch import Tensor

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.families import opennmt_py, opennmt_transformer
from crosslate.models.families.alignment_priors import shift_att
from crosslate.models.families.parts import CheckpointParts, NamedNetwork, TokenIds
from crosslate.models.families.torch_files import only_checkpoint, read_checkpoint, set_gates_apart
from crosslate.models.tokenizers.listed_tokenizer import START, ListedTokenizer
from crosslate.models.tokenizers.sentencepiece_tokenizer import sentencepiece_files

SUBWORDS, TRANSFORMER = "sentencepiece", "transformer"
ONLY_IN_TRAINING = frozenset(
    {"filtertoolong", "clean", "switchout", "tokendrop", "tokenmask", "insert_mask_before_placeholder"}
)
"""Transforms that a text to be translated does not pass."""


def load(folder: Path) -> CheckpointParts:
    """Load the `*.pt` and the SentencePiece models, which are named as at training, or the only one.

    Raises:
        CheckpointError: files are missing, ambiguous or damaged, of version 2, or of a network or text
            pipeline that is not supported.
    """
    path = only_checkpoint(folder)
    content = _read(path)
    options, vocabularies = _options(content, path), _vocabularies(content, path)
    _check_transforms(options, path)
    source_model, target_model = _subword_models(folder, options)
    tokenizer = ListedTokenizer(source_model, target_model, *vocabularies)
    tensors = _tensors(content, path)
    del content  # with the optimizer's state
    read = _transformer if options.get("decoder_type") == TRANSFORMER else _recurrent
    ids = TokenIds(
        source_size=len(vocabularies[0]),
        target_size=len(vocabularies[1]),
        start=tokenizer.start_token_id,
        end=tokenizer.eos_token_id,
        pad=tokenizer.pad_token_id,
    )
    network = read(options, ids, tensors)
    return CheckpointParts(
        network=StoredNetwork(
            network.spec, network.keys, StoredTensors(tensors), origin=str(path), copies=network.copies
        ),
        tokenizer=tokenizer,
        pairs=(),
        default_params=GenerationParams(),
        alignment=network.alignment,
    )


def _recurrent(options: Mapping[str, Any], ids: TokenIds, tensors: dict[str, Tensor]) -> NamedNetwork:
    spec = opennmt_py.spec_from_options(options, ids)
    set_gates_apart(tensors, opennmt_py.cells(spec).values(), spec.cell)
    alignment = AlignmentConfig(layer=0, heads=(0,), row="output")
    return NamedNetwork(spec, opennmt_py.key_map(spec), opennmt_py.copies(spec), alignment)


def _transformer(options: Mapping[str, Any], ids: TokenIds, tensors: dict[str, Tensor]) -> NamedNetwork:
    spec = opennmt_transformer.spec_from_options(options, ids)
    copies = opennmt_py.copies(spec) | opennmt_transformer.unread(spec)
    return NamedNetwork(spec, opennmt_transformer.key_map(spec), copies, shift_att(spec))


def _read(path: Path) -> dict[str, Any]:
    content = read_checkpoint(
        path,
        "as those of OpenNMT-py 2 do. It could do anything when it is read, so it is refused; if you trust"
        " it, convert it to version 3 with OpenNMT-py's tools/convertv2_v3.py",
    )
    if not {"model", "generator", "vocab", "opt"} <= content.keys():
        raise CheckpointError(
            f"{path} is no checkpoint of OpenNMT-py: it lacks 'model', 'generator', 'vocab' or 'opt'."
            " Where its weights are in safetensors, save it with save_format: pytorch; beside one of"
            " fairseq's must stand dict.LANGUAGE.txt of both languages"
        )
    return content


def _options(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    if not isinstance(content["opt"], argparse.Namespace):
        raise CheckpointError(f"{path}: 'opt' holds no options of OpenNMT-py")
    return vars(content["opt"])


def _vocabularies(content: Mapping[str, Any], path: Path) -> tuple[list[str], list[str]]:
    """What the ids of source and target stand for."""
    vocabs = content["vocab"] if isinstance(content["vocab"], dict) else {}
    source, target = vocabs.get("src"), vocabs.get("tgt")
    if not _is_list_of_tokens(source) or not _is_list_of_tokens(target):
        raise CheckpointError(f"{path}: 'vocab' has no lists of tokens, as OpenNMT-py 3 writes them")
    if (start := vocabs.get("decoder_start_token", START)) != START:
        raise CheckpointError(f"{path}: decoder_start_token is {start!r}, supported: {START!r}")
    return source, target


def _is_list_of_tokens(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(token, str) for token in value)


def _check_transforms(options: Mapping[str, Any], path: Path) -> None:
    names = set(_transforms(options)) - ONLY_IN_TRAINING
    if names != {SUBWORDS}:
        used = ", ".join(sorted(names)) or "none"
        raise CheckpointError(
            f"{path}: transforms of its texts are {used}, supported: {SUBWORDS} alone (other tokenizers'"
            " models are not read), besides what is for training only"
        )


def _transforms(options: Mapping[str, Any]) -> Iterator[str]:
    """Of all corpora, and of those that name none of their own."""
    yield from options.get("transforms") or ()
    for corpus in (options.get("data") or {}).values():
        yield from corpus.get("transforms") or ()


def _subword_models(folder: Path, options: Mapping[str, Any]) -> tuple[Path, Path]:
    named = [folder / Path(options.get(f"{side}_subword_model") or SUBWORDS).name for side in ("src", "tgt")]
    if all(path.is_file() for path in named):
        return named[0], named[1]
    found = sentencepiece_files(folder)
    if len(found) != 1:
        names = " and ".join(sorted({path.name for path in named}))
        raise CheckpointError(
            f"{folder} lacks the SentencePiece models that the checkpoint was trained with ({names}): copy"
            " them there"
        )
    return found[0], found[0]


def _tensors(content: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    # Until version 3 the projection stood in a list.
    generator = {name.removeprefix("0."): value for name, value in content["generator"].items()}
    tensors = {**content["model"], **{f"generator.{name}": value for name, value in generator.items()}}
    if not all(isinstance(value, Tensor) for value in tensors.values()):
        raise CheckpointError(f"{path}: 'model' or 'generator' holds more than tensors")
    return tensors
