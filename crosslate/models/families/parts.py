"""What a folder of either kind, native Marian or Hugging Face, gives when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.key_map import KeyMap
from crosslate.models.configs.task_settings import TaskSettings
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.specs.spec import NetworkSpec
from crosslate.models.tokenizers.tokenizer import Tokenizer

Task = Literal["translation", "summarization"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIds:
    """How many tokens a file's vocabularies have, and the ids of special ones."""

    source_size: int
    target_size: int
    start: int
    end: int
    pad: int


@dataclass(frozen=True, slots=True)
class NamedNetwork:
    """What a file's options and tensors say, where programs of one name train networks of several kinds."""

    spec: NetworkSpec
    keys: KeyMap
    copies: Mapping[str, str | None]
    """See `StoredNetwork`."""
    alignment: AlignmentConfig
    """The prior."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """What belongs to a network and is no part of it."""

    tokenizer: Tokenizer
    task: Task = "translation"
    pairs: tuple[tuple[str, str], ...]
    """(source, target) as the checkpoint names them; empty where it does not say"""
    default_params: GenerationParams
    alignment: AlignmentConfig
    """The family's prior; `alignment.json` beside the checkpoint wins."""
    tasks: TaskSettings = field(default_factory=TaskSettings)
    """What differs by task; the tokenizer has the prefixes of translation already."""
    shortlist: LexicalShortlist | None = field(default=None, repr=False)
    copying: CopyRule | None = field(default=None, repr=False)
    license: str | None = None
    base: Path | None = None
    """Of an adapter: the folder of its model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointParts(Companions):
    """A network that is still to be read, and its companions."""

    network: StoredNetwork = field(repr=False)
