"""A tokenizer of SentencePiece models whose pieces are numbered by lists of their own, as in OpenNMT-py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer, SpecialPieces
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.tokenizer import TokenizedText

UNKNOWN, END = "<unk>", "</s>"
START, PADDING = "<s>", "<blank>"
SPECIAL = (UNKNOWN, PADDING, START, END)
"""What OpenNMT-py puts before its pieces; written in a text, they are text."""


class ListedTokenizer(MarianTokenizer):
    """As Marian's, but sources have no end token: such a model reads pieces alone.

    Languages are ignored: it has one pair.
    """

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
        source = load_sentencepiece(source_model)
        target = source if target_model == source_model else load_sentencepiece(target_model)
        source_ids, target_ids = _numbers(source_pieces, "source"), _numbers(target_pieces, "target")
        super().__init__(
            (source, target),
            (source_ids, target_ids),
            SpecialPieces(end=END, unknown=UNKNOWN, pad=PADDING),
            added=AddedTokens({}),
        )
        self.language_tokens = {}
        self._skipped_pieces |= {START}
        self.start_token_id = target_ids[START]
        self.eos_token_id = target_ids[END]
        self.pad_token_id = target_ids[PADDING]

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The ids of `text`, or of an unknown piece where it is blank, since no source may be empty."""
        *ids, _ = (whole := super().tokenize_source(text)).ids
        if not ids:
            return TokenizedText(text=text, ids=[self.unknown_token_id], pieces=[UNKNOWN], spans=[None])
        return TokenizedText(text=text, ids=ids, pieces=whole.pieces[:-1], spans=whole.spans[:-1])

    def _numbered(self, pieces: list[str], vocabulary: Mapping[str, int]) -> list[int]:
        # A piece that a text spells like a special token is none.
        return super()._numbered([UNKNOWN if piece in SPECIAL else piece for piece in pieces], vocabulary)


def _numbers(pieces: Sequence[str], side: str) -> dict[str, int]:
    numbers = {piece: i for i, piece in enumerate(pieces)}
    if missing := [token for token in SPECIAL if token not in numbers]:
        raise CheckpointError(f"the {side} vocabulary has no {', '.join(missing)}: is it OpenNMT-py's?")
    if len(numbers) < len(pieces):
        raise CheckpointError(f"the {side} vocabulary names a piece twice")
    return numbers
