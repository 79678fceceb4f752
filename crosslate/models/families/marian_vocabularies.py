"""The vocabularies of a native Marian folder.

SentencePiece models alone have ids of their own; `listed_text` is for maps and lists of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosslate.models.checkpoints.model_files import only_file, unpacking_hint
from crosslate.models.errors import CheckpointError
from crosslate.models.families.listed_text import SIDES, ListedText, listed_tokenizer
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.models.tokenizers.word_vocabulary import read_word_vocabulary

MarianText = SentencePieceTokenizer | ListedText
DECODER_FILE = "decoder.yml"
"""Marian's own settings for translating; it writes them beside a model as `MODEL.decoder.yml` too."""
LISTED = (".yml", ".yaml", ".json", ".txt", ".vocab")
"""Endings of vocabularies that are no SentencePiece models."""


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The files of source and target; of both the same where they share one."""

    source: Path
    target: Path

    @property
    def are_shared(self) -> bool:
        """Whether an id means the same on both sides."""
        return self.source == self.target


def decoder_settings(folder: Path, model_file: str | None = None) -> dict[str, Any]:
    """What `decoder.yml`, or the one that is named like the model, says; nothing where there is none.

    Raises:
        CheckpointError: it is damaged.
    """
    names = [DECODER_FILE] if model_file is None else [DECODER_FILE, f"{model_file}.{DECODER_FILE}"]
    for path in (folder / name for name in names):
        if path.is_file():
            try:
                content = yaml.safe_load(path.read_bytes())
            except (yaml.YAMLError, ValueError) as e:
                raise CheckpointError(f"{path} is not YAML: {e}") from e
            return content if isinstance(content, dict) else {}
    return {}


def named_files(folder: Path, settings: Mapping[str, Any], name: str) -> list[Path]:
    """The files of a list of the settings, whose paths were another machine's: those that are here."""
    listed = settings.get(name)
    paths = [folder / Path(str(one)).name for one in listed] if isinstance(listed, list) else []
    return paths if all(path.is_file() for path in paths) else []


def find_vocabularies(folder: Path, model_file: str, pair: tuple[str, str] | None) -> Vocabularies:
    """As the decoder's settings name them, else by the names of the files.

    Raises:
        CheckpointError: there are none, or it is not clear which of them is the source's.
    """
    named = named_files(folder, decoder_settings(folder, model_file), "vocabs")
    if len(named) == 2:
        return Vocabularies(*named)
    found = _by_sides(folder, sorted(folder.glob("*vocab*.spm"))) or _listed(folder, pair)
    if found is None:
        raise CheckpointError(
            f"{folder} has no vocabulary: a shared vocab.*.spm, or srcvocab.*.spm and trgvocab.*.spm; or"
            f" vocab.yml and the like{unpacking_hint(folder, '*vocab*')}"
        )
    return found


def _by_sides(folder: Path, models: list[Path]) -> Vocabularies | None:
    """SentencePiece models: `vocab*.spm`, or `srcvocab*.spm` and `trgvocab*.spm`."""
    shared, source, target = (
        only_file(folder, [path for path in models if path.name.startswith(start)], "the vocabulary")
        for start in ("vocab", "srcvocab", "trgvocab")
    )
    if shared:
        return Vocabularies(shared, shared)
    return Vocabularies(source, target) if source and target else None


def _listed(folder: Path, pair: tuple[str, str] | None) -> Vocabularies | None:
    found = sorted(path for path in folder.iterdir() if path.suffix in LISTED and "vocab" in path.name)
    if not found:
        return None
    if len(found) == 1:
        return Vocabularies(found[0], found[0])
    marks = [*SIDES] if pair is None else [(*marks, code) for marks, code in zip(SIDES, pair, strict=True)]
    source, target = ([path for path in found if _has_mark(path, own)] for own in marks)
    if len(found) != 2 or len(source) != 1 or len(target) != 1 or source == target:
        names = ", ".join(path.name for path in found)
        raise CheckpointError(
            f"{folder} has several vocabularies: {names}; say in {DECODER_FILE} which of them are the"
            " source's and the target's (vocabs: [SOURCE, TARGET])"
        )
    return Vocabularies(source[0], target[0])


def _has_mark(path: Path, marks: Iterable[str]) -> bool:
    parts = re.split(r"[^a-z]+", path.name.lower().replace("vocab", "-"))
    return any(mark in parts for mark in marks)


def load_tokenizer(
    folder: Path, files: Vocabularies, sizes: tuple[int, int], pair: tuple[str, str] | None
) -> MarianText:
    """The tokenizer of these vocabularies, of whose tokens the network knows as many as `sizes` say.

    Raises:
        CheckpointError: a file is missing, damaged or of an unknown kind.
    """
    if files.source.suffix == ".spm":
        return SentencePieceTokenizer(files.source, files.target)
    source = read_word_vocabulary(files.source, sizes[0])
    target = source if files.are_shared else read_word_vocabulary(files.target, sizes[1])
    return listed_tokenizer(folder, source, target, pair)
