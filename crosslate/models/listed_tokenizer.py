"""A tokenizer of SentencePiece models whose pieces are numbered by lists of their own, as in OpenNMT-py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crosslate.models.added_tokens import AddedTokens
from crosslate.models.errors import CheckpointError
from crosslate.models.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizer import TokenizedText, Tokenizer, decoded_text, text_spans

UNKNOWN, END = "<unk>", "</s>"
START, PADDING = "<s>", "<blank>"
SPECIAL = (UNKNOWN, PADDING, START, END)
"""What OpenNMT-py puts before its pieces; written in a text, they are text."""
_UNKNOWN_SURFACE = " ⁇ "


class ListedTokenizer(Tokenizer):
    """Sources have no end token: such a model reads pieces alone. Languages are ignored: it has one pair."""

    def __init__(
        self,
        source_model: Path,
        target_model: Path,
        source_pieces: Sequence[str],
        target_pieces: Sequence[str],
    ) -> None:
        """`source_pieces` and `target_pieces`: what each id stands for.

        Raises:
            CheckpointError: a model is missing or damaged, or a list lacks the special tokens or names a
                piece twice.
        """
        self._source_model = load_sentencepiece(source_model)
        self._target_model = (
            self._source_model if target_model == source_model else load_sentencepiece(target_model)
        )
        self._source_ids = _numbers(source_pieces, "source")
        self._target_ids = _numbers(target_pieces, "target")
        self._target_pieces = list(target_pieces)
        self.unknown_token_id = self._source_ids[UNKNOWN]
        self.start_token_id = self._target_ids[START]
        self.eos_token_id = self._target_ids[END]
        self.pad_token_id = self._target_ids[PADDING]
        self._plain = AddedTokens({})

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The ids of `text`, or of an unknown piece where it is blank, since no source may be empty."""
        pieces, offsets = self._plain.encode(self._source_model, text)
        if not pieces:
            return TokenizedText(text=text, ids=[self.unknown_token_id], pieces=[UNKNOWN], spans=[None])
        ids = _ids(pieces, self._source_ids)
        return TokenizedText(text=text, ids=ids, pieces=pieces, spans=[*text_spans(text, offsets)])

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target side's ids of `text`, then the end token."""
        pieces, offsets = self._plain.encode(self._target_model, text)
        return TokenizedText(
            text=text,
            ids=[*_ids(pieces, self._target_ids), self.eos_token_id],
            pieces=[*pieces, END],
            spans=[*text_spans(text, offsets), None],
        )

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids, without blanks at its ends; unknown pieces become ` ⁇ `."""
        pieces = [self._target_pieces[token_id] for token_id in token_ids]
        shown = [i for i, token_id in enumerate(token_ids) if not self._is_silent(token_id)]
        text, offsets = self._plain.decode(self._target_model, [pieces[i] for i in shown], _surface)
        return decoded_text(text, offsets, shown, token_ids, pieces)

    def _is_silent(self, token_id: int) -> bool:
        return token_id in {self.start_token_id, self.eos_token_id, self.pad_token_id}


def _surface(piece: str) -> str:
    return _UNKNOWN_SURFACE if piece == UNKNOWN else piece


def _ids(pieces: Sequence[str], numbers: dict[str, int]) -> list[int]:
    # A piece that a text spells like a special token is none.
    unknown = numbers[UNKNOWN]
    return [unknown if piece in SPECIAL else numbers.get(piece, unknown) for piece in pieces]


def _numbers(pieces: Sequence[str], side: str) -> dict[str, int]:
    numbers = {piece: i for i, piece in enumerate(pieces)}
    if missing := [token for token in SPECIAL if token not in numbers]:
        raise CheckpointError(f"the {side} vocabulary has no {', '.join(missing)}: is it OpenNMT-py's?")
    if len(numbers) < len(pieces):
        raise CheckpointError(f"the {side} vocabulary names a piece twice")
    return numbers
