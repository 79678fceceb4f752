"""The tokenizer of native Marian and Bergamot models: ids are those of the SentencePiece model itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer, text_spans

if TYPE_CHECKING:
    import sentencepiece


class PieceOffsets(TypedDict):
    """What sentencepiece answers to `return_type="offset_mapping"`: offsets in code points."""

    text: str
    ids: list[int]
    pieces: list[str]
    offsets: list[Span]


def sentencepiece_files(folder: Path) -> list[Path]:
    """What of a folder could be a SentencePiece model, by name."""
    return sorted(path for suffix in ("spm", "model") for path in folder.glob(f"*.{suffix}"))


def load_sentencepiece(path: Path) -> sentencepiece.SentencePieceProcessor:
    """A SentencePiece model file; raises `CheckpointError` when there is none at `path`."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such SentencePiece model; is the model folder complete?")
    import sentencepiece  # other models need it not, nor does a machine that measures networks only

    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise CheckpointError(f"{path} is not a SentencePiece model ({error})") from error


class SentencePieceTokenizer(Tokenizer):
    """Source and target pieces of one or two SentencePiece models, `</s>` at the end.

    Languages are ignored: such a model translates one pair.
    """

    def __init__(
        self, source_model: Path, target_model: Path | None = None, *, eos_token_id: int | None = None
    ) -> None:
        """`target_model=None`: shared with the source. `eos_token_id=None`: as the source model says."""
        self._source = load_sentencepiece(source_model)
        self._target = self._source
        if target_model is not None and target_model != source_model:
            self._target = load_sentencepiece(target_model)
        self.eos_token_id: int = self._source.eos_id() if eos_token_id is None else eos_token_id
        self.unknown_token_id = int(self._source.unk_id())
        if self.eos_token_id < 0:
            raise CheckpointError(f"{source_model} defines no end token; give eos_token_id")
        controls = filter(self._target.is_control, range(self.target_vocab_size))
        self._without_text = frozenset({self.eos_token_id, *controls})
        """Of the target."""

    @property
    def source_vocab_size(self) -> int:
        """Number of source pieces."""
        return int(self._source.get_piece_size())

    @property
    def target_vocab_size(self) -> int:
        """Number of target pieces."""
        return int(self._target.get_piece_size())

    def inner_pieces(self) -> frozenset[int]:
        """The source's pieces of letters and digits that begin no word."""
        model = self._source
        return frozenset(i for i in range(self.source_vocab_size) if model.id_to_piece(i)[:1].isalnum())

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The ids of `text`, then the end token."""
        ids: list[int] = self._source.encode(text)
        ids.append(self.eos_token_id)
        return ids

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        return self._tokenize(self._source, text)

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The target model's ids of `text`, then the end token."""
        return self._tokenize(self._target, text)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, as sentencepiece writes it: unknown pieces become ` ⁇ `."""
        return self._target.decode(token_ids)

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        decoded: PieceOffsets = self._target.decode(token_ids, return_type="offset_mapping")
        shown = text_spans(decoded["text"], decoded["offsets"])
        spans = [
            None if token_id in self._without_text else span
            for token_id, span in zip(token_ids, shown, strict=True)
        ]
        return TokenizedText(
            text=decoded["text"], ids=list(token_ids), pieces=list(decoded["pieces"]), spans=spans
        )

    def _tokenize(self, model: sentencepiece.SentencePieceProcessor, text: str) -> TokenizedText:
        encoded: PieceOffsets = model.encode(text, return_type="offset_mapping")
        return TokenizedText(
            text=text,
            ids=[*encoded["ids"], self.eos_token_id],
            pieces=[*encoded["pieces"], model.id_to_piece(self.eos_token_id)],
            spans=[*text_spans(text, encoded["offsets"]), None],
        )
