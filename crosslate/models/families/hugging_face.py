"""Hugging Face folders: `config.json` says which family it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.checkpoints.weight_files import read_weights
from crosslate.models.configs.generation_config import read_generation_params, with_generation_ids
from crosslate.models.configs.task_settings import PrefixedTokenizer, TaskSettings
from crosslate.models.errors import CheckpointError
from crosslate.models.families.lora import Adapter
from crosslate.models.families.parts import CheckpointParts
from crosslate.models.families.registry import Family, family_of
from crosslate.models.families.tying import fit_to_tensors, name_originals
from crosslate.models.json_files import read_json
from crosslate.models.language.language_groups import is_group, members
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import ModelSpec, NetworkSpec
from crosslate.models.specs.spec_numbers import is_whole_number
from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer
from crosslate.models.tokenizers.indic.tokenizer import IndicTransTokenizer
from crosslate.models.tokenizers.language_tokens import standard_tag
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from crosslate.models.tokenizers.multilingual_tokenizer import MultilingualTokenizer
from crosslate.models.tokenizers.tokenizer import Tokenizer

_SIDE = r"[a-z]{2,}(?:_[a-z]+)*"
PAIR_IN_NAME = re.compile(rf"opus-mt(?:-tc(?:-[a-z]+)*?)?-({_SIDE})-({_SIDE})$", re.IGNORECASE)
"""Either side may be a group: `ROMANCE`, `deu_eng_fra`."""
WMT_PAIR_IN_NAME = re.compile(r"2bert\S*_wmt_([a-z]{2})_([a-z]{2})$", re.IGNORECASE)
LICENSE_IN_CARD = re.compile(r"^license:\s*(\S+)", re.MULTILINE)

WITH_LAST_TOKEN = (HubTokenizer, IndicTransTokenizer, MultilingualTokenizer, MarianTokenizer)
"""Tokenizers whose vocabularies may have grown beyond a network's."""


def load(folder: Path, adapter: Adapter | None = None) -> CheckpointParts:
    """Load a folder as `save_pretrained` writes it, as an adapter changes it.

    Raises:
        CheckpointError: an unsupported family, files that are missing or damaged, weights that are no plain
            tensors.
    """
    config = read_json(folder / "config.json")
    family = family_of(config, str(folder / "config.json"))
    config = family.flattened(config)
    if adapter is not None:
        config = adapter.grown(config)
    spec = _spec(
        family, with_generation_ids(folder, config, family.start_token_id), str(folder / "config.json")
    )
    _check_ids(spec, folder)
    tokenizer = family.tokenizer(folder if adapter is None else adapter.tokenizer_folder(folder))
    check_vocabulary(tokenizer, spec, folder)
    shortlist = family.shortlist(folder, spec)
    tasks, pairs = TaskSettings.of(config), pairs_of(folder, tokenizer, spec)
    return CheckpointParts(
        task="translation" if pairs else family.task,
        network=_stored(family, config, spec, read_weights(folder), adapter, origin=str(folder)),
        tokenizer=PrefixedTokenizer(tokenizer, tasks.translation) if tasks.translation else tokenizer,
        pairs=tuple(tasks.translation) or pairs,
        tasks=tasks,
        default_params=read_generation_params(folder, config),
        alignment=family.alignment(spec),
        shortlist=shortlist,
        copying=family.copying(config, tokenizer, shortlist),
        license=(adapter and license_of(adapter.folder)) or license_of(folder),
    )


def build_network(
    config: dict[str, Any], tensors: Mapping[str, Tensor], *, origin: str, dtype: torch.dtype
) -> EncoderDecoder:
    """The network that a configuration describes, filled with tensors that `transformers` has named.

    Raises:
        CheckpointError: an unsupported family, missing, unknown or mis-shaped tensors; `origin` says where.
    """
    family = family_of(config, origin)
    config = family.flattened(config)
    stored = StoredTensors(dict(tensors))
    return _stored(family, config, _spec(family, config, origin), stored, None, origin=origin).filled(dtype)


def _spec(family: Family, config: dict[str, Any], origin: str) -> ModelSpec:
    try:
        return family.spec_from_config(config)
    except CheckpointError as error:
        said = str(error)
        if not said.startswith("config.json"):
            raise
        raise CheckpointError(origin + said.removeprefix("config.json")) from None  # whose it is
    except (ValueError, ZeroDivisionError) as e:  # a number that no network can have
        raise CheckpointError(f"{origin} describes no network: {e}") from e


def _check_ids(spec: ModelSpec, folder: Path) -> None:
    """Decoding begins with a token, and what ends it is one."""
    named = [("pad_token_id", spec.pad_token_id), *(("eos_token_id", one) for one in spec.eos_token_ids)]
    if spec.decoder_start_token_id is not None:
        named.insert(0, ("decoder_start_token_id", spec.decoder_start_token_id))
    for name, token in named:
        if not is_whole_number(token):
            raise CheckpointError(f"{folder}: {name} is {token!r} in its settings, which is no token id")


def _stored(
    family: Family,
    config: dict[str, Any],
    spec: ModelSpec,
    tensors: StoredTensors,
    adapter: Adapter | None,
    *,
    origin: str,
) -> StoredNetwork:
    for name in [name for name in tensors if name.startswith(family.unread)]:
        del tensors[name]
    spec = family.complete(config, spec, tensors, origin)
    copies, keys = family.copies(spec), family.key_map(spec)
    name_originals(tensors, copies)
    if adapter is not None:
        adapter.change(tensors, copies)
    (output,) = keys("output.weight")
    spec = fit_to_tensors(spec, tensors, copies, str(output))
    return StoredNetwork(spec, family.key_map(spec), tensors, origin=origin, copies=copies)


def check_vocabulary(tokenizer: Tokenizer, spec: ModelSpec, folder: Path) -> None:
    """Raise `CheckpointError` where a text may have tokens that the embedding has no row for."""
    if not isinstance(tokenizer, WITH_LAST_TOKEN):
        return
    token, token_id = tokenizer.last_text_token
    if token_id >= spec.source_vocab_size:
        raise CheckpointError(
            f"{folder}: the tokenizer has a token {token!r} with the id {token_id}, but the embedding ends"
            f" with {spec.source_vocab_size - 1}: tokens were added without room for them. Call"
            " model.resize_token_embeddings(len(tokenizer)), train, and save the model again"
        )


def pairs_of(folder: Path, tokenizer: Tokenizer, spec: NetworkSpec) -> tuple[tuple[str, str], ...]:
    """What a model translates between, as its tokenizer or its name says; empty where neither does."""
    if isinstance(tokenizer, IndicTransTokenizer):
        return tokenizer.pairs
    if isinstance(tokenizer, HubTokenizer | MultilingualTokenizer) and tokenizer.languages is not None:
        return tokenizer.languages.pairs(spec.decoder_start_token_id)
    source, target = _named_pair(folder)
    if not source or not target:
        return ()
    tags = tuple(tokenizer.language_tokens) if isinstance(tokenizer, MarianTokenizer) else ()
    targets = tags if is_group(target) else tags or (target,)
    return tuple(
        (member, written)
        for member in members(source)
        for written in targets
        if not is_group(source) or standard_tag(member) != written
    )


def _named_pair(folder: Path) -> tuple[str | None, str | None]:
    for name in ("tokenizer_config.json", "config.json"):
        settings = read_json(folder / name) if (folder / name).exists() else {}
        match settings:
            case {"source_lang": str(source), "target_lang": str(target)} if source and target:
                return source, target
            case {"langs": [str(source), str(target)]}:
                return source, target
    # A snapshot's folder is named by its commit, the repository's name stands two levels up.
    for part in (folder.name, *(p.name for p in folder.parents)):
        if match := PAIR_IN_NAME.search(part) or WMT_PAIR_IN_NAME.search(part):
            return match[1], match[2]
    return None, None


def license_of(folder: Path) -> str | None:
    """As the model card beside it says."""
    card = folder / "README.md"
    if not card.exists():
        return None
    match = LICENSE_IN_CARD.search(card.read_text(encoding="utf-8", errors="replace"))
    return match[1] if match else None
