"""The tokenizer of IndicTrans2 (Gala et al. 2023): two SentencePiece models, each with a vocabulary.

A source begins with its own language and the target's. What is written says its language nowhere, and is in
Devanagari where the language's script is one of Brahmi's descendants: `writing` gives the tokenizer that
reads it as one language.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.hub_tokenizer import last_token
from crosslate.models.tokenizers.indic.texts import ENGLISH, as_read, as_written, script_of
from crosslate.models.tokenizers.language_tokens import LanguageScheme, LanguageTokens
from crosslate.models.tokenizers.sentencepiece_tokenizer import PieceOffsets, load_sentencepiece
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer, decoded_text, text_spans
from crosslate.models.tokenizers.tracked_text import TrackedText

if TYPE_CHECKING:
    import sentencepiece

END, UNKNOWN, PAD, START = "</s>", "<unk>", "<pad>", "<s>"
BLANK = "▁"
SCHEME = LanguageScheme(
    token=re.compile(r"([a-z]{3}_(?:Arab|Beng|Deva|Gujr|Guru|Knda|Latn|Mlym|Mtei|Olck|Orya|Taml|Telu))"),
    keeps_region=True,
    source_tag="first",
    forces_target=False,
)
"""FLORES' codes, in the scripts that IndicTrans2 knows how to read."""
_HINDI = "hin_Deva"
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_INDIC_SHARE = 0.05
"""Of a vocabulary's pieces, those with a Devanagari letter: from here on it is not English's alone."""


@dataclass(frozen=True, slots=True)
class IndicVocabulary:
    """The pieces of one side."""

    model: sentencepiece.SentencePieceProcessor
    ids: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path, side: str) -> IndicVocabulary:
        """Of the source, `SRC`, or the target, `TGT`; raises `CheckpointError` where a file is damaged."""
        path = folder / f"dict.{side}.json"
        ids = read_json(path)
        if not all(isinstance(token_id, int) and token_id >= 0 for token_id in ids.values()):
            raise CheckpointError(f"{path}: an id is no number")
        missing = [token for token in (END, UNKNOWN) if token not in ids]
        if missing:
            raise CheckpointError(f"{path} has no {missing[0]}: is it IndicTrans2's?")
        return cls(load_sentencepiece(folder / f"model.{side}"), ids)

    @property
    def is_indic(self) -> bool:
        """Whether it has more than English."""
        return sum(map(bool, map(_DEVANAGARI.search, self.ids))) >= _INDIC_SHARE * len(self.ids)

    def languages(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Those of some FLORES codes that stand on this side."""
        return tuple(code for code in codes if (code != ENGLISH) == self.is_indic)

    def tokens(self, text: str, language: str, before: Sequence[str] = ()) -> TokenizedText:
        """The ids of a text behind these pieces, and the end token."""
        read = as_read(text, language)
        encoded: PieceOffsets = self.model.encode(read.text, return_type="offset_mapping")
        pieces = [*before, *encoded["pieces"], END]
        unknown = self.ids[UNKNOWN]
        spans = text_spans(text, [read.origin(span) for span in encoded["offsets"]]) if encoded["ids"] else []
        return TokenizedText(
            text=text,
            ids=[self.ids.get(piece, unknown) for piece in pieces],
            pieces=pieces,
            spans=[*(None for _ in before), *spans, None],
        )


class IndicTransTokenizer(Tokenizer):
    """IndicTransTokenizer of the Hub, with what IndicTransToolkit does before and after.

    Attributes:
        last_text_token: of the tokens of a source, the one with the largest id.
    """

    def __init__(self, source: IndicVocabulary, target: IndicVocabulary) -> None:
        """Raises `CheckpointError`: the source's vocabulary names no language that either side has."""
        self._source, self._target = source, target
        self._tags = LanguageTokens(SCHEME, source.ids)
        self._codes = {
            token_id: token for token, token_id in source.ids.items() if token_id in self._tags.ids.values()
        }
        codes = [self._codes[token_id] for token_id in self._tags.ids.values()]
        self._sources, self._targets = source.languages(codes), target.languages(codes)
        if not self._sources or not self._targets:
            raise CheckpointError("dict.SRC.json has no languages such as hin_Deva: is it IndicTrans2's?")
        self.unknown_token_id = source.ids[UNKNOWN]
        self.last_text_token = last_token(source.ids, ())
        self._pieces = {token_id: piece for piece, token_id in target.ids.items()}
        self._hidden = {END, UNKNOWN, PAD, START, *codes}
        self._written = _preferred(self._targets)

    @classmethod
    def load(cls, folder: Path) -> IndicTransTokenizer:
        """From `dict.SRC.json`, `dict.TGT.json`, `model.SRC` and `model.TGT`.

        Raises:
            CheckpointError: a file is missing or damaged.
        """
        return cls(IndicVocabulary.read(folder, "SRC"), IndicVocabulary.read(folder, "TGT"))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (source, target) that it translates, as BCP-47 tags."""
        tags = {self._codes[token_id]: tag for tag, token_id in self._tags.ids.items()}
        return tuple(
            (tags[source], tags[target])
            for source in self._sources
            for target in self._targets
            if source != target
        )

    def reads(self, text: str) -> bool:
        by_script = {script_of(code): code for code in reversed(self._sources)}
        read = (self._source.tokens(text, code) for code in by_script.values())
        return any(self.unknown_token_id not in tokens.ids for tokens in read)

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """Both languages' tokens, those of `text`, the end token.

        Raises:
            InvalidParamsError: the model does not read the one or write the other language.
        """
        source = self._code(source_lang, self._sources, "read")
        target = self._code(target_lang, self._targets, "write")
        return self._source.tokens(text, source, (source, target))

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target's ids of `text`, the end token."""
        target = self._code(target_lang, self._targets, "write") if target_lang else self._written
        return self._target.tokens(text, target)

    def writing(self, target_lang: str | None) -> IndicTransTokenizer:
        """Raises `InvalidParamsError`: the model does not write the language."""
        bound = copy.copy(self)
        bound._written = self._code(target_lang, self._targets, "write")
        return bound

    def num_settled(self, token_ids: Sequence[int]) -> int:
        # Signs join the words beside them, and figures each other, but a word of letters or digits stands.
        num, has_word = len(token_ids), False
        for i in range(len(token_ids) - 1, -1, -1):
            piece = self._pieces.get(token_ids[i], UNKNOWN)
            if piece in self._hidden:
                continue
            has_word = has_word or any(map(str.isalnum, piece))
            if piece.startswith(BLANK):
                if has_word and num < len(token_ids):
                    return num
                num, has_word = i, False
        return 0

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids in the language's own script; special tokens are skipped."""
        pieces = [self._pieces.get(token_id, UNKNOWN) for token_id in token_ids]
        shown = [i for i, piece in enumerate(pieces) if piece not in self._hidden]
        spelled = [pieces[i].replace(BLANK, " ") for i in shown]
        raw = "".join(spelled)
        lead = len(raw) - len(raw.lstrip(" "))
        written = as_written(TrackedText.of(raw.strip(" ")), self._written)
        offsets: list[Span] = []
        start = -lead
        for piece in spelled:
            offsets.append((max(start, 0), max(start + len(piece), 0)))
            start += len(piece)
        return decoded_text(written.text, written.places(offsets), shown, token_ids, pieces)

    def _code(self, language: str | None, known: Sequence[str], does: str) -> str:
        """The FLORES code of a language."""
        if language is None:
            return _preferred(known)
        code = self._codes[self._tags.id_of(language)]
        if code not in known:
            raise InvalidParamsError(f"this model does not {does} {language!r}; it does: {', '.join(known)}")
        return code


def _preferred(codes: Sequence[str]) -> str:
    """What is read or written where nobody says it."""
    return _HINDI if _HINDI in codes else codes[0]
