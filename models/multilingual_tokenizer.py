"""SentencePiece with language tokens: the tokenizers of M2M100 and PLBart folders without `tokenizer.json`.

The ids equal those of `transformers`, except that special tokens written in a text are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import CheckpointError
from models.generation_config import read_json
from models.hub_tokenizer import read_tokenizer_settings
from models.language_tokens import M2M100, PLBART, LanguageScheme, LanguageTokens
from models.sentencepiece_tokenizer import PieceOffsets, load_sentencepiece
from models.tokenizer import TokenizedText, decoded_text, text_spans

if TYPE_CHECKING:
    import sentencepiece

EOS, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"
SENTENCEPIECE_FILE = "sentencepiece.bpe.model"

FAIRSEQ_SPECIALS = ("<s>", PAD, EOS, UNKNOWN)
"""What fairseq's vocabularies begin with."""
NUM_OWN_SPECIALS = 3
"""Unknown, start and end, with which a SentencePiece model begins."""
PLBART_LANGUAGES = {
    "base": ("__java__", "__python__", "__en_XX__"),
    "multi": (
        "__java__",
        "__python__",
        "__en_XX__",
        "__javascript__",
        "__php__",
        "__ruby__",
        "__go__",
    ),
}
"""By `language_codes` of the tokenizer's settings. They are numbered behind the pieces, in this order."""


class MultilingualTokenizer:
    """The pieces of one SentencePiece model under ids of the checkpoint's own, and language tokens.

    Attributes:
        languages: the language tokens.
    """

    def __init__(
        self,
        model: sentencepiece.SentencePieceProcessor,
        ids: Mapping[str, int],
        scheme: LanguageScheme,
        *,
        default_source: str | None,
    ) -> None:
        """`ids` of all pieces and tokens; `default_source` is the language of texts that come without one."""
        self._model = model
        self._ids = ids
        self._pieces = {token_id: piece for piece, token_id in ids.items()}
        self._default_source = default_source
        self.languages = LanguageTokens(scheme, ids)
        self.eos_token_id = ids[EOS]
        self.unknown_token_id = ids[UNKNOWN]
        languages = {self._pieces[token_id] for token_id in self.languages.ids.values()}
        self._hidden_pieces = {EOS, PAD, "<s>", UNKNOWN, *languages}

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The ids of `text`, the end token, and the source language's token where the model wants it."""
        return self.tokenize_source(text, source_lang).ids

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """As `encode_source`, with spans.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        language = source_lang or self._default_source
        tag = [] if language is None else [self.languages.id_of(language)]
        if self.languages.scheme.source_tag == "first":
            return self._tokenize(text, tag, [self.eos_token_id])
        return self._tokenize(text, [], [self.eos_token_id, *tag])

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The forced language, if there is one, the ids of `text`, the end token."""
        first = self.forced_bos_token_id(target_lang)
        return self._tokenize(text, [] if first is None else [first], [self.eos_token_id])

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        """The token that generation must begin with to write `target_lang`; None where there is no such.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        if target_lang is None or not self.languages.scheme.forces_target:
            return None
        return self.languages.id_of(target_lang)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, without blanks at its ends."""
        return self.detokenize(token_ids).text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """As `decode`, with spans."""
        pieces = [self._pieces.get(token_id, UNKNOWN) for token_id in token_ids]
        shown = [i for i, piece in enumerate(pieces) if piece not in self._hidden_pieces]
        decoded: PieceOffsets = self._model.decode([pieces[i] for i in shown], return_type="offset_mapping")
        return decoded_text(decoded["text"], decoded["offsets"], shown, token_ids, pieces)

    def _tokenize(self, text: str, before: list[int], after: list[int]) -> TokenizedText:
        encoded: PieceOffsets = self._model.encode(text, return_type="offset_mapping")
        ids = [self._ids.get(piece, self.unknown_token_id) for piece in encoded["pieces"]]
        return TokenizedText(
            text=text,
            ids=[*before, *ids, *after],
            pieces=[
                *(self._pieces[token_id] for token_id in before),
                *encoded["pieces"],
                *(self._pieces[token_id] for token_id in after),
            ],
            spans=[*(None for _ in before), *text_spans(text, encoded["offsets"]), *(None for _ in after)],
        )


def load_m2m100(folder: Path) -> MultilingualTokenizer:
    """From the SentencePiece model, `vocab.json` and the tokens that `special_tokens_map.json` lists.

    Language tokens are numbered behind the vocabulary; texts without a language are taken for English.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    model = load_sentencepiece(folder / SENTENCEPIECE_FILE)
    pieces = read_json(folder / "vocab.json")
    tokens = read_json(folder / "special_tokens_map.json").get("additional_special_tokens", [])
    for special in (EOS, UNKNOWN, PAD):
        if special not in pieces:
            raise CheckpointError(f"{folder / 'vocab.json'} has no {special}")
    ids = pieces | {token: len(pieces) + i for i, token in enumerate(tokens)}
    return MultilingualTokenizer(model, ids, M2M100, default_source="en")


def load_plbart(folder: Path) -> MultilingualTokenizer:
    """From the SentencePiece model alone: its ids, moved to where fairseq has them, then the languages.

    Texts without a language get no token in a "base" model, and are taken for English in a "multi" one.

    Raises:
        CheckpointError: a file is missing or damaged, or `language_codes` is not known.
    """
    model = load_sentencepiece(folder / SENTENCEPIECE_FILE)
    settings = read_tokenizer_settings(folder)
    kind = settings.get("language_codes", "base")
    if kind not in PLBART_LANGUAGES:
        raise CheckpointError(
            f"{folder / 'tokenizer_config.json'}: language_codes {kind!r} is not known;"
            f" known: {', '.join(PLBART_LANGUAGES)}"
        )
    own = [model.id_to_piece(i) for i in range(NUM_OWN_SPECIALS, model.get_piece_size())]
    pieces = [*FAIRSEQ_SPECIALS, *own, *PLBART_LANGUAGES[kind]]
    default_source = settings.get("src_lang") or ("en" if kind == "multi" else None)
    ids = {piece: token_id for token_id, piece in enumerate(pieces)}
    return MultilingualTokenizer(model, ids, PLBART, default_source=default_source)
