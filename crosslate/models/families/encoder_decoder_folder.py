"""What a folder with an encoder-decoder says beside its tensors: of generation, and of texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers.processors import TemplateProcessing

from crosslate.models.configs.generation_config import SETTINGS, with_generation_ids
from crosslate.models.errors import CheckpointError
from crosslate.models.families.encoder_decoder import end_tokens, side_of, start_token
from crosslate.models.families.tokenizers import hub_tokenizer, kind_of, load_backend
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.hub_tokenizer import TOKENIZER_FILE, read_tokenizer_settings, token_content
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer

PIECES = "BertGenerationTokenizer"
PIECES_FILE, WORD_PIECES_FILE = "spiece.model", "vocab.txt"
SEPARATOR = "<::::>"
"""A piece, but no text, by default."""
BARE = "bert-generation"
"""The encoder whose sources have nothing around them."""
UNTOLD_MAX_LENGTH = 20
"""What every old configuration says of the decoder, whatever it writes."""


def flattened(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with what its decoder says of tokens and generation, where the whole says nothing."""
    side, decoder = side_of(config, "decoder"), config["decoder"]
    ids = {name: getattr(side, name) for name in ("pad_token_id", "eos_token_id", "bos_token_id")}
    told = {name: decoder[name] for name in (*SETTINGS, *ids) if decoder.get(name) is not None}
    told["eos_token_id"] = told.get("eos_token_id", decoder.get("sep_token_id"))
    if told.get("max_length") == UNTOLD_MAX_LENGTH:
        del told["max_length"]
    start = decoder.get("decoder_start_token_id")
    known: dict[str, Any] = {**ids, "decoder_start_token_id": start}
    for layer in (told, config):
        known |= {name: value for name, value in layer.items() if value is not None}
    return known


def load_tokenizer(folder: Path) -> Tokenizer:
    """The folder's tokenizer. A target is read without the token that decoding starts from.

    Raises:
        CheckpointError: files are missing or damaged, it is of a kind without text offsets, or it cannot be
            that of both sides.
    """
    config = with_generation_ids(folder, flattened(read_json(folder / "config.json")), None)
    _check_vocabularies(config, folder)
    kind, end = kind_of(folder), end_tokens(config)[0]
    if kind == PIECES and not (folder / TOKENIZER_FILE).is_file():
        if (folder / PIECES_FILE).is_file() or not (folder / WORD_PIECES_FILE).is_file():
            separator = token_content(read_tokenizer_settings(folder).get("sep_token")) or SEPARATOR
            return BarePieces(folder / PIECES_FILE, eos_token_id=end, separator=separator)
        kind = "BertTokenizer"  # the first to be published
    backend = load_backend(folder, kind)
    if config["encoder"]["model_type"] == BARE:
        backend.post_processor = TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    end_name = backend.id_to_token(end)
    if end_name is None:
        raise CheckpointError(
            f"{folder}: config.json's eos_token_id {end} is no token of the tokenizer: it has to be that of"
            " both sides"
        )
    settings = read_tokenizer_settings(folder) | {"eos_token": end_name}
    return hub_tokenizer(backend, settings, start_token_id=start_token(config))


def _check_vocabularies(config: dict[str, Any], folder: Path) -> None:
    source, target = (config[side].get("vocab_size") for side in ("encoder", "decoder"))
    if source != target:
        raise CheckpointError(
            f"{folder}: encoder.vocab_size {source} differs from decoder.vocab_size {target}: each side has a"
            " tokenizer of its own, and a folder has room for one only. Not supported"
        )


class BarePieces(SentencePieceTokenizer):
    """Sources end without an end token, and neither special nor unknown pieces are written."""

    def __init__(self, model: Path, *, eos_token_id: int, separator: str) -> None:
        super().__init__(model, eos_token_id=eos_token_id)
        # That of what is no piece is the unknown one's.
        self._hidden = self._without_text | {self.unknown_token_id, self._target.piece_to_id(separator)}

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The ids of `text`."""
        return super().encode_source(text)[:-1]

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        whole = super().tokenize_source(text)
        return TokenizedText(text=text, ids=whole.ids[:-1], pieces=whole.pieces[:-1], spans=whole.spans[:-1])

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, without blanks at its ends."""
        return self.detokenize(token_ids).text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        # An embedding may have more rows than there are pieces.
        names = [self._target.id_to_piece(i) if i < self.target_vocab_size else "" for i in token_ids]
        shown = [i for i, name in enumerate(names) if name and token_ids[i] not in self._hidden]
        written = super().detokenize([token_ids[i] for i in shown])
        spans: list[Span | None] = [None] * len(token_ids)
        for i, span in zip(shown, written.spans, strict=True):
            spans[i] = span
        return TokenizedText(text=written.text, ids=list(token_ids), pieces=names, spans=spans)
