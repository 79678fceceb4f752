"""A tokenizer of SentencePiece models whose pieces are numbered by lists of their own, as in OpenNMT-py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer, SpecialPieces
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.tokenizer import TokenizedText

UNKNOWN, START = "<unk>", "<s>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPieces:
    """What such lists have beside pieces, which is text where a text spells it. By default OpenNMT-py's."""

    unknown: str = UNKNOWN
    start: str = START
    end: str = "</s>"
    pad: str = "<blank>"
    end_sources: bool = False
    """Whether a source has an end token."""

    @property
    def all(self) -> tuple[str, ...]:
        """Each of them."""
        return self.unknown, self.pad, self.start, self.end


OPENNMT_PY = ListedPieces()


class ListedTokenizer(MarianTokenizer):
    """As Marian's, but sources may have no end token: most such models read pieces alone.

    Languages are ignored: it has one pair.
    """

    def __init__(
        self,
        source_model: Path,
        target_model: Path,
        source_pieces: Sequence[str],
        target_pieces: Sequence[str],
        special: ListedPieces = OPENNMT_PY,
    ) -> None:
        """`source_pieces` and `target_pieces`: what each id stands for.

        Raises:
            CheckpointError: a model is missing or damaged, or a list lacks the special tokens or names a
                piece twice.
        """
        source = load_sentencepiece(source_model)
        target = source if target_model == source_model else load_sentencepiece(target_model)
        source_ids = _numbers(source_pieces, special, "source")
        target_ids = _numbers(target_pieces, special, "target")
        super().__init__(
            (source, target),
            (source_ids, target_ids),
            SpecialPieces(end=special.end, unknown=special.unknown, pad=special.pad),
            added=AddedTokens({}),
        )
        self._special = special
        self.language_tokens = {}
        self._skipped_pieces |= {special.start}
        self.start_token_id = target_ids[special.start]
        self.eos_token_id = target_ids[special.end]
        self.pad_token_id = target_ids[special.pad]

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The ids of `text`, or of an unknown piece where it is blank, since no source may be empty."""
        whole = super().tokenize_source(text)
        if self._special.end_sources:
            return whole
        if not whole.ids[:-1]:
            return TokenizedText(
                text=text, ids=[self.unknown_token_id], pieces=[self._special.unknown], spans=[None]
            )
        return TokenizedText(text=text, ids=whole.ids[:-1], pieces=whole.pieces[:-1], spans=whole.spans[:-1])

    def _numbered(self, pieces: list[str], vocabulary: Mapping[str, int]) -> list[int]:
        # A piece that a text spells like a special token is none.
        known = [self._special.unknown if piece in self._special.all else piece for piece in pieces]
        return super()._numbered(known, vocabulary)


def _numbers(pieces: Sequence[str], special: ListedPieces, side: str) -> dict[str, int]:
    numbers = {piece: i for i, piece in enumerate(pieces)}
    if missing := [token for token in special.all if token not in numbers]:
        raise CheckpointError(f"the {side} vocabulary has no {', '.join(missing)}: is it OpenNMT-py's?")
    if len(numbers) < len(pieces):
        raise CheckpointError(f"the {side} vocabulary names a piece twice")
    return numbers
