"""The tokenizer of Hugging Face Marian folders (opus-mt): SentencePiece, numbered by a vocabulary file.

The ids equal those of `transformers.MarianTokenizer`, except that `</s>`, `<unk>` and `<pad>` written in a
text are text here, never special tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.hub_tokenizer import last_token, token_content
from crosslate.models.tokenizers.language_tokens import nearest_tags, standard_tag
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.tokenizer import TokenizedText, Tokenizer, decoded_text, text_spans

if TYPE_CHECKING:
    import sentencepiece

_UNKNOWN_SURFACE = " ⁇ "
_OPUS_CODES = {"pob": "pt-BR"}  # not what ISO 639-3 means by it (Poqomchi')


@dataclass(frozen=True, slots=True)
class SpecialPieces:
    """What a vocabulary calls them."""

    end: str = "</s>"
    unknown: str = "<unk>"
    pad: str = "<pad>"

    def check(self, vocabularies: Iterable[Mapping[str, int]], folder: Path) -> None:
        """Raise `CheckpointError` where a vocabulary of a folder lacks the end or the unknown piece."""
        for vocabulary in vocabularies:
            for piece in (self.end, self.unknown):
                if piece not in vocabulary:
                    raise CheckpointError(f"{folder}: the vocabulary has no {piece} token")


class MarianTokenizer(Tokenizer):
    """`source.spm`, `target.spm`, `vocab.json` and, with separate vocabularies, `target_vocab.json`.

    Models with several target languages have tokens such as `>>por<<`; the one for `target_lang` is put
    before the source, unless the text itself begins with one.
    """

    def __init__(
        self,
        models: tuple[sentencepiece.SentencePieceProcessor, sentencepiece.SentencePieceProcessor],
        vocabularies: tuple[Mapping[str, int], Mapping[str, int]],
        special: SpecialPieces,
        *,
        added: AddedTokens,
        own_target: str = "",
    ) -> None:
        """Models and vocabularies of source and target, which have the end and the unknown piece.

        `own_target` is the language that is written without a token.
        """
        self._source_model, self._target_model = models
        source_ids, target_ids = vocabularies
        self._eos_piece, self._unknown_piece = special.end, special.unknown
        self.eos_token_id = source_ids[special.end]
        self._skipped_pieces = frozenset({special.end, special.pad})
        self.unknown_token_id = source_ids[special.unknown]
        self.target_unknown_token_id = target_ids[special.unknown]
        self.language_tokens = _language_tokens(source_ids)
        self._own_target = own_target
        self._added = added
        self._source_ids = {**source_ids, **added.ids}
        self._target_ids = {**target_ids, **added.ids}
        self._target_pieces = {token_id: piece for piece, token_id in self._target_ids.items()}
        self.last_text_token = last_token(self._source_ids, ())

    @classmethod
    def load(cls, folder: Path) -> MarianTokenizer:
        """That of a folder as `transformers` writes it.

        Raises:
            CheckpointError: a file is missing or damaged, or a vocabulary lacks the end or the unknown piece.
        """
        settings_file = folder / "tokenizer_config.json"
        settings = read_json(settings_file) if settings_file.is_file() else {}
        models = load_sentencepiece(folder / "source.spm"), load_sentencepiece(folder / "target.spm")
        source_ids = _read_vocabulary(folder / "vocab.json")
        separate = settings.get("separate_vocabs") is True
        target_ids = _read_vocabulary(folder / "target_vocab.json") if separate else source_ids
        special = SpecialPieces(
            end=_special(settings, "eos_token", "</s>"),
            unknown=_special(settings, "unk_token", "<unk>"),
            pad=_special(settings, "pad_token", "<pad>"),
        )
        special.check((source_ids, target_ids), folder)
        return cls(
            models,
            (source_ids, target_ids),
            special,
            added=AddedTokens.read(folder, {*source_ids, *target_ids}),
            own_target=str(settings.get("target_lang") or ""),
        )

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The language token, if the model has them, the tokens of `text`, the end token.

        Raises:
            InvalidParamsError: the model has language tokens, and none for this target.
        """
        tag, body_start = self._language_tag(text, target_lang)
        pieces, spans = self._added.encode(self._source_model, text[body_start:])
        offsets = [(start + body_start, end + body_start) for start, end in spans]
        return TokenizedText(
            text=text,
            ids=[self._source_ids[piece] for piece in tag] + self._numbered(pieces, self._source_ids),
            pieces=[*tag, *pieces, self._eos_piece],
            spans=[*(None for _ in tag), *text_spans(text, offsets), None],
        )

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target side's ids of `text`, the end token."""
        pieces, offsets = self._added.encode(self._target_model, text)
        return TokenizedText(
            text=text,
            ids=self._numbered(pieces, self._target_ids),
            pieces=[*pieces, self._eos_piece],
            spans=[*text_spans(text, offsets), None],
        )

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids, without blanks at its ends; unknown pieces become ` ⁇ `."""
        pieces = [self._piece(token_id) for token_id in token_ids]
        shown = [i for i, piece in enumerate(pieces) if piece not in self._skipped_pieces]
        text, offsets = self._added.decode(self._target_model, [pieces[i] for i in shown], self._surface)
        return decoded_text(text, offsets, shown, token_ids, pieces)

    def _numbered(self, pieces: list[str], vocabulary: Mapping[str, int]) -> list[int]:
        unknown = vocabulary[self._unknown_piece]
        return [*(vocabulary.get(piece, unknown) for piece in pieces), vocabulary[self._eos_piece]]

    def _piece(self, token_id: int) -> str:
        try:
            return self._target_pieces[token_id]
        except KeyError:
            raise ValueError(
                f"{token_id} is no id of this vocabulary of {len(self._target_pieces)}"
            ) from None

    def _surface(self, piece: str) -> str:
        # The vocabulary's name for the unknown piece need not be the SentencePiece model's.
        return _UNKNOWN_SURFACE if piece == self._unknown_piece else piece

    def _language_tag(self, text: str, target_lang: str | None) -> tuple[list[str], int]:
        """The language token to put first, if any, and where the text proper begins."""
        if not self.language_tokens:
            return [], 0
        if text.startswith(">>") and (end := text.find("<<")) != -1 and text[: end + 2] in self._source_ids:
            return [text[: end + 2]], end + 2
        token = self._language_token(target_lang) if target_lang is not None else None
        return ([token] if token else []), 0

    def _language_token(self, target_lang: str) -> str | None:
        """`>>por<<` for "pt": the exact tag, else the same language in the nearest region or script.

        None where the model writes that language without being told.
        """
        tag = _tag(target_lang)
        if tag in self.language_tokens:
            return self.language_tokens[tag]
        language = _base(tag)
        related = [known for known in self.language_tokens if _base(known) == language]
        if related:
            return self.language_tokens[nearest_tags(tag, related)[0]]
        if _base(_tag(self._own_target)) == language:
            return None
        nearest = ", ".join(
            f"{known} ({self.language_tokens[known]})" for known in nearest_tags(tag, self.language_tokens)
        )
        raise InvalidParamsError(
            f"this model has no token for the target language {target_lang!r}; nearest: {nearest}"
        )


def _language_tokens(vocabulary: Mapping[str, int]) -> dict[str, str]:
    """BCP-47 tag → `>>code<<` token; of two that mean the same, the first in the vocabulary."""
    tokens: dict[str, str] = {}
    for piece in sorted(vocabulary, key=vocabulary.__getitem__):
        if len(piece) > 4 and piece.startswith(">>") and piece.endswith("<<"):
            tokens.setdefault(_tag(piece[2:-2]), piece)
    return tokens


def _base(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0]


def _tag(code: str) -> str:
    return standard_tag(_OPUS_CODES.get(code, code))


def _special(settings: Mapping[str, object], name: str, default: str) -> str:
    return token_content(settings.get(name)) or default


def _read_vocabulary(path: Path) -> dict[str, int]:
    vocabulary: dict[str, int] = {}
    for piece, token_id in read_json(path).items():
        if not isinstance(token_id, int):
            raise CheckpointError(f"{path}: the id of {piece!r} is not an integer")
        vocabulary[piece] = token_id
    return vocabulary
