"""Tokens that were added to a SentencePiece vocabulary, as `add_tokens` of `transformers` does.

They are no pieces: a text is cut at them before it is encoded, and each stands as a word of its own when a
text is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.sentencepiece_tokenizer import PieceOffsets
from crosslate.models.tokenizers.tokenizer import Span

if TYPE_CHECKING:
    import sentencepiece

ADDED_FILE = "added_tokens.json"
SETTINGS_FILE = "tokenizer_config.json"
BLANK = "▁"


class AddedTokens:
    """Added tokens that are text: special ones written in a text are text like any other.

    Attributes:
        ids: by token.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self.ids = dict(ids)
        longest_first = sorted(self.ids, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if self.ids else None

    @classmethod
    def read(cls, folder: Path, known: Collection[str]) -> AddedTokens:
        """What a folder adds to the tokens that are `known`.

        Raises:
            CheckpointError: a file is damaged.
        """
        return cls({token: i for token, i in _listed(folder).items() if token not in known})

    def encode(self, model: sentencepiece.SentencePieceProcessor, text: str) -> tuple[list[str], list[Span]]:
        """Pieces and added tokens of a text, with their spans in it, in code points."""
        pieces: list[str] = []
        offsets: list[Span] = []
        for start, end, is_added in self._parts(text):
            if is_added:
                pieces.append(text[start:end])
                offsets.append((start, end))
                continue
            encoded: PieceOffsets = model.encode(text[start:end], return_type="offset_mapping")
            pieces += encoded["pieces"]
            offsets += [(start + a, start + b) for a, b in encoded["offsets"]]
        return pieces, offsets

    def decode(
        self, model: sentencepiece.SentencePieceProcessor, pieces: list[str], surface: Callable[[str], str]
    ) -> tuple[str, list[Span]]:
        """The text of pieces and added tokens, and their spans; `surface` is what to write for a piece."""
        spelled = list(map(surface, pieces))
        for i, piece in enumerate(pieces):
            if piece in self.ids:
                spelled[i] = BLANK + piece
                if i + 1 < len(pieces) and not spelled[i + 1].startswith(BLANK):
                    spelled[i + 1] = BLANK + spelled[i + 1]
        decoded: PieceOffsets = model.decode(spelled, return_type="offset_mapping")
        # What is no piece is written as it is.
        return decoded["text"].replace(BLANK, " "), decoded["offsets"]

    def _parts(self, text: str) -> Iterator[tuple[int, int, bool]]:
        end = 0
        for match in self._pattern.finditer(text) if self._pattern else ():
            if match.start() > end:
                yield end, match.start(), False
            yield match.start(), match.end(), True
            end = match.end()
        if end < len(text) or not text:
            yield end, len(text), False


def _listed(folder: Path) -> dict[str, int]:
    """Newer folders say which are special, older ones list tokens and ids alone."""
    settings = read_json(folder / SETTINGS_FILE) if (folder / SETTINGS_FILE).is_file() else {}
    decoder: dict[str, dict[str, Any]] = settings.get("added_tokens_decoder") or {}
    found = {token["content"]: int(i) for i, token in decoder.items() if not token.get("special")}
    if decoder or not (folder / ADDED_FILE).is_file():
        return found
    ids = read_json(folder / ADDED_FILE)
    if not all(isinstance(token_id, int) for token_id in ids.values()):
        raise CheckpointError(f"{folder / ADDED_FILE}: an id is not an integer")
    return ids
