"""The tokenizer of M2M100 folders: SentencePiece, numbered by a vocabulary file, with language tokens.

The ids equal those of `transformers.M2M100Tokenizer`, except that special tokens written in a text are text.
"""

from __future__ import annotations

from pathlib import Path

from models.errors import CheckpointError
from models.generation_config import read_json
from models.language_tokens import M2M100, LanguageTokens
from models.sentencepiece_tokenizer import PieceOffsets, load_sentencepiece
from models.tokenizer import Span, TokenizedText, text_spans

EOS, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"


class M2M100Tokenizer:
    """`sentencepiece.bpe.model`, `vocab.json` and the language tokens that `special_tokens_map.json` lists.

    Attributes:
        languages: the language tokens, which are numbered behind the vocabulary.
    """

    def __init__(self, folder: Path) -> None:
        self._model = load_sentencepiece(folder / "sentencepiece.bpe.model")
        pieces = read_json(folder / "vocab.json")
        tokens = read_json(folder / "special_tokens_map.json").get("additional_special_tokens", [])
        for special in (EOS, UNKNOWN, PAD):
            if special not in pieces:
                raise CheckpointError(f"{folder / 'vocab.json'} has no {special}")
        self._ids: dict[str, int] = pieces | {token: len(pieces) + i for i, token in enumerate(tokens)}
        self._pieces = {token_id: piece for piece, token_id in self._ids.items()}
        self.languages = LanguageTokens(M2M100, self._ids)
        self.eos_token_id = self._ids[EOS]
        self.unknown_token_id = self._ids[UNKNOWN]
        languages = {self._pieces[token_id] for token_id in self.languages.ids.values()}
        self._hidden_pieces = {EOS, PAD, "<s>", UNKNOWN, *languages}

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The source language's token, the ids of `text`, the end token."""
        return self.tokenize_source(text, source_lang).ids

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """As `encode_source`, with spans. Without a language the text is taken for English.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        return self._tokenize(text, self.languages.id_of(source_lang or "en"))

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The forced language, the ids of `text`, the end token."""
        return self._tokenize(text, self.forced_bos_token_id(target_lang))

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        """The token that generation must begin with to write `target_lang`.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        return None if target_lang is None else self.languages.id_of(target_lang)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, without blanks at its ends."""
        return self.detokenize(token_ids).text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """As `decode`, with spans."""
        pieces = [self._pieces.get(token_id, UNKNOWN) for token_id in token_ids]
        shown = [i for i, piece in enumerate(pieces) if piece not in self._hidden_pieces]
        decoded: PieceOffsets = self._model.decode([pieces[i] for i in shown], return_type="offset_mapping")
        lead = len(decoded["text"]) - len(decoded["text"].lstrip())
        spans: list[Span | None] = [None] * len(pieces)
        for i, (start, end) in zip(shown, text_spans(decoded["text"], decoded["offsets"]), strict=True):
            spans[i] = (max(start - lead, 0), max(end - lead, 0))
        return TokenizedText(text=decoded["text"].strip(), ids=list(token_ids), pieces=pieces, spans=spans)

    def _tokenize(self, text: str, tag: int | None) -> TokenizedText:
        encoded: PieceOffsets = self._model.encode(text, return_type="offset_mapping")
        tags = [] if tag is None else [tag]
        ids = [self._ids.get(piece, self.unknown_token_id) for piece in encoded["pieces"]]
        return TokenizedText(
            text=text,
            ids=[*tags, *ids, self.eos_token_id],
            pieces=[*(self._pieces[token_id] for token_id in tags), *encoded["pieces"], EOS],
            spans=[*(None for _ in tags), *text_spans(text, encoded["offsets"]), None],
        )
