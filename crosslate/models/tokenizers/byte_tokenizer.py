"""ByT5's tokens: the bytes of UTF-8 text, numbered after three special ones (Xue et al. 2022)."""

from __future__ import annotations

import codecs

from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer, text_spans

EOS_TOKEN_ID = 1
FIRST_BYTE = 3
"""After padding, end and unknown. Ids behind the 256 bytes are sentinels, which stand for no text."""


class ByteTokenizer(Tokenizer):
    """Needs no file. Languages are ignored."""

    eos_token_id = EOS_TOKEN_ID
    unknown_token_id = None
    """Every text is bytes."""

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The bytes of `text`, then the end token."""
        return [*(byte + FIRST_BYTE for byte in text.encode()), EOS_TOKEN_ID]

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """As `encode_source`; every byte has its character's span."""
        offsets = [(i, i + 1) for i, character in enumerate(text) for _ in character.encode()]
        ids = self.encode_source(text)
        return TokenizedText(
            text=text,
            ids=ids,
            pieces=[*map(_piece, ids)],
            spans=[*text_spans(text, offsets), None],
        )

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """Targets look as sources do."""
        return self.tokenize_source(text)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids; bytes that are no UTF-8 are left out."""
        return bytes(i - FIRST_BYTE for i in token_ids if _is_byte(i)).decode(errors="ignore")

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        shown = [i for i, token_id in enumerate(token_ids) if _is_byte(token_id)]
        text = ""
        offsets: list[Span] = []
        for i in shown:
            start = len(text)
            text += decoder.decode(bytes([token_ids[i] - FIRST_BYTE]))
            offsets.append((start, len(text)))
        spans: list[Span | None] = [None] * len(token_ids)
        for i, span in zip(shown, text_spans(text, offsets), strict=True):
            spans[i] = span
        return TokenizedText(
            text=text, ids=list(token_ids), pieces=[_piece(token_id) for token_id in token_ids], spans=spans
        )


def _is_byte(token_id: int) -> bool:
    return FIRST_BYTE <= token_id < FIRST_BYTE + 256


def _piece(token_id: int) -> str:
    if _is_byte(token_id):
        return f"<0x{token_id - FIRST_BYTE:02X}>"
    return {0: "<pad>", EOS_TOKEN_ID: "</s>", 2: "<unk>"}.get(token_id, f"<extra_id_{token_id}>")
