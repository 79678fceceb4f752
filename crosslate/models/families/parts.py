"""What a folder of either kind, native Marian or Hugging Face, gives when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from crosslate.models.alignment_config import AlignmentConfig
from crosslate.models.copy_rule import CopyRule
from crosslate.models.engine.request import GenerationParams
from crosslate.models.key_map import KeyMap
from crosslate.models.lexical_shortlist import LexicalShortlist
from crosslate.models.spec import NetworkSpec
from crosslate.models.task_settings import TaskSettings
from crosslate.models.tokenizer import Tokenizer
from crosslate.models.transformer import EncoderDecoder

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
    """See `load_parameters`."""
    alignment: AlignmentConfig
    """The prior."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointParts:
    """The network and its companions."""

    model: EncoderDecoder = field(repr=False)
    row_steps: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    """of parameters that the files hold as integers: what one of these stands for in each row (N,)"""
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
