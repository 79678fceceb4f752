"""fairseq folders: a checkpoint `*.pt`, `dict.LANGUAGE.txt` of both languages, and what cut their texts."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.families import fairseq_lstm, fairseq_transformer
from crosslate.models.families.listed_text import listed_tokenizer
from crosslate.models.families.parts import CheckpointParts, NamedNetwork, TokenIds
from crosslate.models.families.torch_files import only_checkpoint, read_checkpoint, set_gates_apart
from crosslate.models.tokenizers.word_vocabulary import WordVocabulary, read_lines

DICTIONARIES = "dict.*.txt"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""What every dictionary begins with, though no file lists it."""
PAIR_AT_END = re.compile(r"(?:^|[^A-Za-z_])([A-Za-z_]+)-([A-Za-z_]+)$")
START, PAD, END, UNKNOWN = range(4)
TASK = "translation"


def load(folder: Path) -> CheckpointParts:
    """Load the `*.pt` with the dictionaries of its languages; see `listed_text` for how texts are cut.

    Raises:
        CheckpointError: files are missing, ambiguous or damaged, or of a network that is not supported.
    """
    path = only_checkpoint(folder)
    content = read_checkpoint(
        path,
        "as those of fairseq do that keep an optimizer's or a task's objects. It could do anything when it is"
        " read, so it is refused; if you trust it, save it anew with what is needed alone: torch.save({key:"
        " state[key] for key in ('args', 'cfg', 'model')}, 'model.pt'), where state is what"
        " fairseq.checkpoint_utils.load_checkpoint_to_cpu reads, and cfg has gone through"
        " omegaconf.OmegaConf.to_container",
    )
    options, tensors = _options(content, path), _tensors(content, path)
    del content
    pair = _languages(options, folder)
    source, target = (read_dictionary(folder / f"dict.{language}.txt") for language in pair)
    tokenizer = listed_tokenizer(folder, source, target, pair)
    read = _transformer if fairseq_transformer.is_named(_arch(options)) else _lstm
    ids = TokenIds(
        source_size=len(source.pieces), target_size=len(target.pieces), start=END, end=END, pad=PAD
    )
    network = read(options, ids, tensors)
    return CheckpointParts(
        network=StoredNetwork(
            network.spec, network.keys, StoredTensors(tensors), origin=str(path), copies=network.copies
        ),
        tokenizer=tokenizer,
        pairs=(pair,),
        # As fairseq writes by itself: no padding, and something; and no unknown word.
        default_params=GenerationParams(suppress_tokens=(PAD, UNKNOWN), min_new_tokens=1),
        alignment=network.alignment,
    )


def _lstm(options: Mapping[str, Any], ids: TokenIds, tensors: dict[str, Tensor]) -> NamedNetwork:
    spec = fairseq_lstm.spec_from_options(options, ids)
    fairseq_lstm.join_projections(tensors, is_tied=fairseq_lstm.ties_output(options))
    set_gates_apart(tensors, fairseq_lstm.cells(spec).values(), spec.cell)
    alignment = AlignmentConfig(layer=0, heads=(0,), row="output")
    return NamedNetwork(spec, fairseq_lstm.key_map(spec), fairseq_lstm.copies(spec), alignment)


def _transformer(options: Mapping[str, Any], ids: TokenIds, tensors: dict[str, Tensor]) -> NamedNetwork:
    spec = fairseq_transformer.spec_from_options(options, ids, normed=fairseq_transformer.name_anew(tensors))
    return NamedNetwork(
        spec,
        fairseq_transformer.key_map(spec),
        fairseq_transformer.copies(spec),
        fairseq_transformer.alignment(options, spec),
    )


def _arch(options: Mapping[str, Any]) -> object:
    return options.get("arch") or options.get("_name")


def read_dictionary(path: Path) -> WordVocabulary:
    """A list of tokens, each with how often it was seen.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    pieces = [*SPECIAL]
    numbers: dict[str, int] = {}
    for i, line in enumerate(read_lines(path), start=1):
        token, _, count = line.removesuffix(" #fairseq:overwrite").rpartition(" ")
        if not count.strip().isdecimal():
            raise CheckpointError(f"{path}: line {i} is no token with a number behind it")
        if token in numbers and not line.endswith("overwrite"):
            raise CheckpointError(f"{path}: line {i} repeats a token")
        numbers[token] = len(pieces)
        pieces.append(token)
    ids = {token: i for token, i in numbers.items() if token not in SPECIAL}
    return WordVocabulary(
        ids, pieces, eos_token_id=END, unknown_token_id=UNKNOWN, padding=frozenset({START, PAD})
    )


def _options(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Of model, task and criterion, in one; `args` is how versions before 0.10 wrote them.

    Raises:
        CheckpointError: there are none, or the model was trained for another task than translating a text.
    """
    options = _found_options(content, path)
    if (task := options.get("task", TASK)) != TASK:
        raise CheckpointError(
            f"{path}: task is {task!r}, supported: {TASK!r}: models of several languages are read as"
            " transformers saves them (mbart, m2m_100)"
        )
    return options


def _found_options(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    args, settings = content.get("args"), content.get("cfg")
    if isinstance(args, argparse.Namespace):
        return vars(args)
    task, model = (
        (_plain(settings.get(name)) for name in ("task", "model")) if isinstance(settings, dict) else ({}, {})
    )
    found = task | model
    if not found:
        raise CheckpointError(f"{path} is no checkpoint of fairseq: it has no options, neither args nor cfg")
    return {"task": task.get("_name", TASK)} | found


def _plain(part: object) -> dict[str, Any]:
    if isinstance(part, argparse.Namespace):
        return vars(part)
    return part if isinstance(part, dict) else {}


def _tensors(content: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    tensors = content.get("model")
    if not isinstance(tensors, dict) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise CheckpointError(f"{path} is no checkpoint of fairseq: 'model' does not hold tensors")
    return dict(tensors)


def _languages(options: Mapping[str, Any], folder: Path) -> tuple[str, str]:
    """As the options say, else the name of what was trained on, or of the folder, ends: `de-en`."""
    source, target = options.get("source_lang"), options.get("target_lang")
    if isinstance(source, str) and isinstance(target, str):
        return source, target
    known = {path.name.removeprefix("dict.").removesuffix(".txt") for path in folder.glob(DICTIONARIES)}
    for name in (Path(str(options.get("data"))).name, folder.name):
        match = PAIR_AT_END.search(name)
        if match and {match[1], match[2]} <= known:
            return match[1], match[2]
    raise CheckpointError(
        f"{folder}: the checkpoint does not say from which language it translates into which: give the folder"
        " a name that ends in SOURCE-TARGET, with the languages as the dictionaries name them"
    )
