"""The tokenizer of models trained on words, or on byte-pair codes of them (Sennrich et al. 2016)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizer import Span, TokenizedText, Tokenizer, decoded_text, text_spans
from crosslate.models.word_splitting import WordSplitter
from crosslate.models.word_vocabulary import WordVocabulary

if TYPE_CHECKING:
    from subword_nmt.apply_bpe import BPE

GOES_ON = "@@"
"""Behind a piece that does not end its word."""
_UNKNOWN_SURFACE = "⁇"
_MAX_CACHED = 50_000
"""Words whose pieces are remembered."""


class WordPieces:
    """Byte-pair codes as `subword-nmt` or fastBPE learned them; without any, a word is one piece."""

    def __init__(self, codes: Path | None) -> None:
        """Raises `CheckpointError` if the file is damaged."""
        self._codes = None if codes is None else _read_codes(codes)

    def of(self, word: str) -> list[str]:
        """The pieces of a word, `@@` behind all but the last."""
        if self._codes is None:
            return [word]
        if len(self._codes.cache) >= _MAX_CACHED:
            self._codes.cache.clear()
        pieces: list[str] = self._codes.segment_tokens([word])
        return pieces


class WordTokenizer(Tokenizer):
    """Words of a text, their pieces, `</s>` at the end. Languages say how words are cut, if anything does."""

    def __init__(
        self,
        vocabularies: tuple[WordVocabulary, WordVocabulary],
        pieces: tuple[WordPieces, WordPieces],
        splitter: WordSplitter,
    ) -> None:
        """Vocabularies and codes of source and target."""
        self._source, self._target = vocabularies
        self._source_pieces, self._target_pieces = pieces
        self._splitter = splitter
        self.eos_token_id = self._source.eos_token_id
        self.unknown_token_id = self._source.unknown_token_id
        self.target_unknown_token_id = self._target.unknown_token_id
        self._characters = {character for piece in self._source.ids for character in splitter.surface(piece)}

    def reads(self, text: str) -> bool:
        return self._characters.issuperset(text)

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        return self._tokenize(text, source_lang, self._source, self._source_pieces)

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target side's ids of `text`, then the end token."""
        return self._tokenize(text, target_lang, self._target, self._target_pieces)

    def num_settled(self, token_ids: Sequence[int]) -> int:
        # Half a word may be half of `&amp;`.
        num = len(token_ids)
        while num and self._target.pieces[token_ids[num - 1]].endswith(GOES_ON):
            num -= 1
        return num

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids; unknown words become `⁇`."""
        pieces = [self._target.pieces[token_id] for token_id in token_ids]
        shown = [i for i, token_id in enumerate(token_ids) if token_id != self._target.eos_token_id]
        surfaces = [self._surface(token_ids[i]) for i in shown]
        text, offsets = self._joined(surfaces)
        return decoded_text(text, offsets, shown, token_ids, pieces)

    def _tokenize(
        self, text: str, language: str | None, vocabulary: WordVocabulary, codes: WordPieces
    ) -> TokenizedText:
        pieces: list[str] = []
        offsets: list[Span] = []
        for word, span in zip(*self._splitter.split(text, language), strict=True):
            own = codes.of(word)
            pieces += own
            offsets += _shared_out(span, own, word)
        ids = [*vocabulary.numbered(pieces), vocabulary.eos_token_id]
        end = vocabulary.pieces[vocabulary.eos_token_id]
        spans: list[Span | None] = [*text_spans(text, offsets), None]
        return TokenizedText(text=text, ids=ids, pieces=[*pieces, end], spans=spans)

    def _surface(self, token_id: int) -> str:
        piece = self._target.pieces[token_id]
        return piece if token_id != self._target.unknown_token_id and piece else _UNKNOWN_SURFACE

    def _joined(self, pieces: Sequence[str]) -> tuple[str, list[Span]]:
        """The text of pieces, and where each stands in it."""
        words: list[list[str]] = []
        goes_on = False
        for piece in pieces:
            if not goes_on:
                words.append([])
            words[-1].append(piece)
            goes_on = piece.endswith(GOES_ON)
        spelled = ["".join(piece.removesuffix(GOES_ON) for piece in word) for word in words]
        text, spans = self._splitter.join(spelled, None)
        offsets: list[Span] = []
        for word, span, own in zip(spelled, spans, words, strict=True):
            offsets += _shared_out(span, own, word)
        return text, offsets


def _shared_out(span: Span, pieces: Sequence[str], word: str) -> list[Span]:
    """What of a word's span is each piece's; all of it where the text spells the word in another way."""
    start, end = span
    if end - start != len(word):
        return [span] * len(pieces)
    found = []
    for piece in pieces:
        length = len(piece.removesuffix(GOES_ON))
        found.append((start, min(start + length, end)))
        start += length
    return found


def _read_codes(path: Path) -> BPE:
    from subword_nmt.apply_bpe import BPE  # other models need it not

    try:
        return BPE(io.StringIO(_without_counts(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, SystemExit) as e:  # the library ends the process at a line that is no pair
        raise CheckpointError(
            f"{path} is not a file of byte-pair codes, as subword-nmt and fastBPE learn them"
        ) from e


def _without_counts(codes: str) -> str:
    """FastBPE's codes, which have counts behind them, as subword-nmt writes its own; others as they are."""
    lines = codes.removesuffix("\n").split("\n")
    rows = [line.split(" ") for line in lines]
    if not all(len(row) == 3 and row[2].isdecimal() for row in rows):
        return codes
    return "\n".join(["#version: 0.2", *(f"{left} {right}" for left, right, _ in rows)])
