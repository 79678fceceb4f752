"""Marian's vocabularies of words: a map of YAML or JSON from token to id, or a list with one token a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json

END, UNKNOWN = "</s>", "<unk>"
_MAPS = (".yml", ".yaml", ".json")
_OLDER = {0: "eos", 1: "UNK"}
"""What Nematus calls end and unknown; in a map these ids may also be nobody's."""


@dataclass(frozen=True, slots=True)
class WordVocabulary:
    """What each id stands for."""

    ids: Mapping[str, int]
    """Of tokens that a text may have: neither the end nor the unknown one."""
    pieces: Sequence[str]
    """One for each id; an id that stands for nothing has an empty one."""
    eos_token_id: int
    unknown_token_id: int
    padding: frozenset[int] = frozenset()
    """Ids that stand for no text, beside the end's."""

    @property
    def silent_token_ids(self) -> frozenset[int]:
        """All that stand for no text."""
        return self.padding | {self.eos_token_id}

    def numbered(self, pieces: Sequence[str]) -> list[int]:
        """The id of each piece, or the unknown one's."""
        return [self.ids.get(piece, self.unknown_token_id) for piece in pieces]


def read_word_vocabulary(path: Path, size: int) -> WordVocabulary:
    """The first `size` tokens of a file: a network may have been trained with fewer than it lists.

    Raises:
        CheckpointError: it is damaged, or lacks `</s>` or `<unk>`.
    """
    is_map = path.suffix in _MAPS
    listed = _read_map(path) if is_map else _read_list(path)
    known = {token: i for token, i in listed.items() if i < size}
    pieces = [""] * size
    for token, i in known.items():
        pieces[i] = token
    end, unknown = (
        _required(path, known, pieces, token, i if is_map else None) for i, token in enumerate((END, UNKNOWN))
    )
    ids = {token: i for token, i in known.items() if i not in {end, unknown}}
    return WordVocabulary(ids, pieces, eos_token_id=end, unknown_token_id=unknown)


def _required(
    path: Path, known: Mapping[str, int], pieces: Sequence[str], token: str, older: int | None
) -> int:
    if older is not None and older < len(pieces) and pieces[older] in {"", _OLDER[older]}:
        return older
    if token not in known:
        raise CheckpointError(f"{path} has no {token}: is it this model's vocabulary?")
    return known[token]


def _read_map(path: Path) -> dict[str, int]:
    content = read_json(path) if path.suffix == ".json" else _read_yaml(path)
    try:
        ids = {str(token): int(i) for token, i in content.items()}
    except (TypeError, ValueError) as e:
        raise CheckpointError(f"{path} maps a token to what is no number: {e}") from e
    if any(i < 0 for i in ids.values()):
        raise CheckpointError(f"{path} has an id below 0")
    return ids


def _read_yaml(path: Path) -> dict[str, str]:
    # Nothing but text is made of it: tokens such as no, 1.5 and ~ are no values of YAML's.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        content = yaml.load(path.read_bytes(), Loader=loader)
    except OSError as e:
        raise CheckpointError(f"{path} cannot be read: {e.strerror}") from e
    except (yaml.YAMLError, ValueError) as e:
        raise CheckpointError(f"{path} is not YAML: {e}") from e
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} must hold a map from tokens to ids")
    return content


def read_lines(path: Path) -> list[str]:
    """What a vocabulary lists; raises `CheckpointError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as e:
        raise CheckpointError(f"{path} cannot be read ({e.strerror}): is the folder complete?") from e
    except ValueError as e:
        raise CheckpointError(f"{path} is not a list of tokens in UTF-8: {e}") from e


def _read_list(path: Path) -> dict[str, int]:
    tokens = read_lines(path)
    ids = {token: i for i, token in enumerate(tokens)}
    if "" in ids or len(ids) < len(tokens):
        raise CheckpointError(f"{path} has an empty line, or a token twice")
    return ids
