"""Hugging Face folders: `config.json` says which family it is, safetensors hold the weights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models.alignment import AlignmentConfig
from models.checkpoint import KeyMap, load_parameters
from models.errors import CheckpointError
from models.families import marian
from models.families.parts import CheckpointParts
from models.generation_config import read_generation_params, read_json
from models.marian_tokenizer import MarianTokenizer
from models.spec import ModelSpec
from models.tokenizer import Tokenizer
from models.transformer import EncoderDecoder

PAIR_IN_NAME = re.compile(r"opus-mt(?:-tc-\w+)?-([a-z]{2,3})-([a-z]{2,3})$", re.IGNORECASE)
LICENSE_IN_CARD = re.compile(r"^license:\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What is peculiar to the checkpoints of one `model_type`."""

    spec_from_config: Callable[[dict[str, Any]], ModelSpec]
    key_map: Callable[[ModelSpec], KeyMap]
    copies: Callable[[ModelSpec], dict[str, str | None]]
    tokenizer: Callable[[Path], Tokenizer]
    alignment: Callable[[ModelSpec], AlignmentConfig]


FAMILIES = {
    "marian": Family(
        spec_from_config=marian.spec_from_config,
        key_map=marian.key_map,
        copies=marian.copies,
        tokenizer=MarianTokenizer,
        alignment=marian.alignment_prior,
    )
}


def load(folder: Path, dtype: torch.dtype) -> CheckpointParts:
    """Load a folder as `save_pretrained` writes it.

    Raises:
        CheckpointError: an unsupported family, files that are missing or damaged, pickled weights.
    """
    config = read_json(folder / "config.json")
    family = _family(folder, config)
    spec = family.spec_from_config(config)
    tokenizer = family.tokenizer(folder)
    model = EncoderDecoder(spec)
    load_parameters(
        model,
        family.key_map(spec),
        read_tensors(folder),
        origin=str(folder),
        dtype=dtype,
        copies=family.copies(spec),
    )
    return CheckpointParts(
        model=model,
        tokenizer=tokenizer,
        pairs=_pairs(folder, tokenizer),
        default_params=read_generation_params(folder, config),
        alignment=family.alignment(spec),
        license=_license(folder),
    )


def _family(folder: Path, config: dict[str, Any]) -> Family:
    model_type = config.get("model_type")
    if model_type not in FAMILIES:
        raise CheckpointError(
            f"{folder / 'config.json'}: model_type {model_type!r} is not supported;"
            f" supported: {', '.join(sorted(FAMILIES))}, and Bergamot folders"
        )
    return FAMILIES[model_type]


def read_tensors(folder: Path) -> Mapping[str, Tensor]:
    """All tensors of `model.safetensors`, or of the shards that its index names; memory-mapped."""
    index = folder / "model.safetensors.index.json"
    single = folder / "model.safetensors"
    if index.exists():
        shards = sorted(set(read_json(index).get("weight_map", {}).values()))
    elif single.exists():
        shards = [single.name]
    else:
        raise CheckpointError(_no_weights(folder))
    tensors: dict[str, Tensor] = {}
    for shard in shards:
        try:
            with safe_open(folder / shard, framework="pt") as file:
                tensors |= {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
        except (SafetensorError, OSError) as e:
            raise CheckpointError(f"{folder / shard} is missing or damaged ({e}): download it again") from e
    return tensors


def _no_weights(folder: Path) -> str:
    pickles = sorted(p.name for p in folder.glob("*.bin"))
    if pickles:
        return (
            f"{folder} has its weights only as a pickle ({pickles[0]}), which can run code when it is read;"
            " convert it with transformers: model.save_pretrained(folder, safe_serialization=True)"
        )
    return f"{folder} has no model.safetensors: download the weights"


def _pairs(folder: Path, tokenizer: Tokenizer) -> tuple[tuple[str, str], ...]:
    source, target = _named_pair(folder)
    if isinstance(tokenizer, MarianTokenizer) and source and tokenizer.language_tokens:
        return tuple((source, tag) for tag in tokenizer.language_tokens)
    return ((source, target),) if source and target else ()


def _named_pair(folder: Path) -> tuple[str | None, str | None]:
    settings_file = folder / "tokenizer_config.json"
    if settings_file.exists():
        settings = json.loads(settings_file.read_text(encoding="utf-8"))
        source, target = settings.get("source_lang"), settings.get("target_lang")
        if source and target:
            return source, target
    # A snapshot's folder is named by its commit, the repository's name stands two levels up.
    for part in (folder.name, *(p.name for p in folder.parents)):
        if match := PAIR_IN_NAME.search(part):
            return match[1], match[2]
    return None, None


def _license(folder: Path) -> str | None:
    card = folder / "README.md"
    if not card.exists():
        return None
    match = LICENSE_IN_CARD.search(card.read_text(encoding="utf-8", errors="replace"))
    return match[1] if match else None
