"""The tokenizer of models trained on words, or on byte-pair codes of them (Sennrich et al. 2016)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer, decoded_text, text_spans
from crosslate.models.tokenizers.word_splitting import WordSplitter
from crosslate.models.tokenizers.word_vocabulary import WordVocabulary

if TYPE_CHECKING:
    from subword_nmt.apply_bpe import BPE

_SEPARATOR = "@@"
"""What subword-nmt puts behind a piece that does not end its word."""
_UNKNOWN_SURFACE = "⁇"
CODES_HEADER = "#version: 0.2"
"""Of codes that have `</w>` at the end of a word's last letter, not behind it."""
_MAX_CACHED = 50_000
"""Words whose pieces are remembered."""


@dataclass(frozen=True, slots=True)
class PieceMarks:
    """What tells pieces that end a word from others: one kind or the other has a mark behind it."""

    within: str = _SEPARATOR
    last: str = ""

    def marked(self, pieces: Sequence[str]) -> list[str]:
        """The pieces of one word as a vocabulary has them."""
        return [
            *(piece + self.within for piece in pieces[:-1]),
            *(piece + self.last for piece in pieces[-1:]),
        ]

    def goes_on(self, piece: str) -> bool:
        """Whether its word has more pieces behind it."""
        return piece.endswith(self.within) if self.within else not piece.endswith(self.last)

    def letters(self, piece: str) -> str:
        """A piece without its mark."""
        return piece.removesuffix(self.within or self.last)


WITHIN_MARKED = PieceMarks()
"""As subword-nmt and fastBPE write them: `wo@@ rd`."""
END_MARKED = PieceMarks(within="", last="</w>")
"""As XLM's and FSMT's vocabularies in `transformers` have them: `wo rd</w>`."""


class WordPieces:
    """Byte-pair codes of words; without any, a word is one piece."""

    def __init__(self, codes: BPE | None, marks: PieceMarks = WITHIN_MARKED) -> None:
        self._codes = codes
        self.marks = marks

    @classmethod
    def read(cls, codes: Path | None) -> WordPieces:
        """As `subword-nmt` or fastBPE learned them; raises `CheckpointError` if the file is damaged."""
        return cls(None if codes is None else _read_codes(codes))

    def of(self, word: str) -> list[str]:
        """The pieces of a word, marked."""
        if self._codes is None:
            return self.marks.marked([word])
        if len(self._codes.cache) >= _MAX_CACHED:
            self._codes.cache.clear()
        *others, last = self._codes.segment_tokens([word])
        return self.marks.marked([*(piece.removesuffix(_SEPARATOR) for piece in others), last])


class WordTokenizer(Tokenizer):
    """Words of a text, their pieces, `</s>` at the end. Languages say how words are cut, if anything does."""

    def __init__(
        self,
        vocabularies: tuple[WordVocabulary, WordVocabulary],
        pieces: tuple[WordPieces, WordPieces],
        splitters: tuple[WordSplitter, WordSplitter],
    ) -> None:
        """Vocabularies, codes, and what cuts words, of source and target."""
        self._source, self._target = vocabularies
        self._source_pieces, self._target_pieces = pieces
        self._source_splitter, self._target_splitter = splitters
        self._marks = self._target_pieces.marks
        self.eos_token_id = self._source.eos_token_id
        self.unknown_token_id = self._source.unknown_token_id
        self.target_unknown_token_id = self._target.unknown_token_id
        letters, surface = self._source_pieces.marks.letters, self._source_splitter.surface
        self._characters = {c for piece in self._source.ids for c in surface(letters(piece))}

    def reads(self, text: str) -> bool:
        plain = self._source_splitter.plain(text)
        return bool(plain or not text) and self._characters.issuperset(plain)

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        return self._tokenize(text, source_lang, self._source, self._source_pieces, self._source_splitter)

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target side's ids of `text`, then the end token."""
        return self._tokenize(text, target_lang, self._target, self._target_pieces, self._target_splitter)

    def num_settled(self, token_ids: Sequence[int]) -> int:
        # Half a word may be half of `&amp;`.
        num = len(token_ids)
        while num and self._marks.goes_on(self._target.pieces[token_ids[num - 1]]):
            num -= 1
        return num

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids; unknown words become `⁇`."""
        pieces = [self._target.pieces[token_id] for token_id in token_ids]
        shown = [i for i, token_id in enumerate(token_ids) if token_id not in self._target.silent_token_ids]
        surfaces = [self._surface(token_ids[i]) for i in shown]
        text, offsets = self._joined(surfaces)
        return decoded_text(text, offsets, shown, token_ids, pieces)

    def _tokenize(
        self,
        text: str,
        language: str | None,
        vocabulary: WordVocabulary,
        codes: WordPieces,
        splitter: WordSplitter,
    ) -> TokenizedText:
        pieces: list[str] = []
        offsets: list[Span] = []
        for word, span in zip(*splitter.split(text, language), strict=True):
            own = codes.of(word)
            pieces += own
            offsets += _shared_out(span, own, word, codes.marks)
        ids = [*vocabulary.numbered(pieces), vocabulary.eos_token_id]
        end = vocabulary.pieces[vocabulary.eos_token_id]
        spans: list[Span | None] = [*text_spans(text, offsets), None]
        return TokenizedText(text=text, ids=ids, pieces=[*pieces, end], spans=spans)

    def _surface(self, token_id: int) -> str:
        piece = self._target.pieces[token_id]
        is_known = token_id != self._target.unknown_token_id and piece
        return piece if is_known else _UNKNOWN_SURFACE + self._marks.last

    def _joined(self, pieces: Sequence[str]) -> tuple[str, list[Span]]:
        """The text of pieces, and where each stands in it."""
        words: list[list[str]] = []
        goes_on = False
        for piece in pieces:
            if not goes_on:
                words.append([])
            words[-1].append(piece)
            goes_on = self._marks.goes_on(piece)
        spelled = ["".join(map(self._marks.letters, word)) for word in words]
        text, spans = self._target_splitter.join(spelled, None)
        offsets: list[Span] = []
        for word, span, own in zip(spelled, spans, words, strict=True):
            offsets += _shared_out(span, own, word, self._marks)
        return text, offsets


def _shared_out(span: Span, pieces: Sequence[str], word: str, marks: PieceMarks) -> list[Span]:
    """What of a word's span is each piece's; all of it where the text spells the word in another way."""
    start, end = span
    if end - start != len(word):
        return [span] * len(pieces)
    found = []
    for piece in pieces:
        length = len(marks.letters(piece))
        found.append((start, min(start + length, end)))
        start += length
    return found


def byte_pair_codes(pairs: str) -> BPE:
    """What subword-nmt makes of a file's content; it ends the process at a line that is no pair."""
    from subword_nmt.apply_bpe import BPE  # other models need it not

    return BPE(io.StringIO(pairs))


def _read_codes(path: Path) -> BPE:
    try:
        return byte_pair_codes(_without_counts(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, SystemExit) as e:
        raise CheckpointError(
            f"{path} is not a file of byte-pair codes, as subword-nmt and fastBPE learn them"
        ) from e


def _without_counts(codes: str) -> str:
    """FastBPE's codes, which have counts behind them, as subword-nmt writes its own; others as they are."""
    lines = codes.removesuffix("\n").split("\n")
    rows = [line.split(" ") for line in lines]
    if not all(len(row) == 3 and row[2].isdecimal() for row in rows):
        return codes
    return "\n".join([CODES_HEADER, *(f"{left} {right}" for left, right, _ in rows)])
