"""Text to token ids and back, with the span of text that each token stands for.

Spans are half open `[start, end)` in Unicode code points of the exact text that went in or came out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from crosslate.models.language.graphemes import boundaries

Span = tuple[int, int]

_PARTIAL_CHARACTER = "\ufffd"


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text and its tokens; `spans[i]` is None for tokens that stand for no text (end, language tags)."""

    text: str
    ids: list[int]
    pieces: list[str]
    spans: list[Span | None]

    def without_prefix(self, length: int) -> TokenizedText:
        """The same tokens for the text behind its first `length` characters; those before it have no span."""
        if not length:
            return self
        spans = [_moved(span, length) for span in self.spans]
        return TokenizedText(text=self.text[length:], ids=self.ids, pieces=self.pieces, spans=spans)

    def framed(self, before: list[int], after: list[int], name: Callable[[int], str]) -> TokenizedText:
        """With tokens around it that stand for no text; `name` is what they are called."""
        return TokenizedText(
            text=self.text,
            ids=[*before, *self.ids, *after],
            pieces=[*map(name, before), *self.pieces, *map(name, after)],
            spans=[*(None for _ in before), *self.spans, *(None for _ in after)],
        )


def _moved(span: Span | None, length: int) -> Span | None:
    if span is None or span[1] <= length:
        return None
    return max(span[0] - length, 0), span[1] - length


class Tokenizer(Protocol):
    """What the engine's users need of a tokenizer. One per checkpoint."""

    unknown_token_id: int | None
    """The source id of what the vocabulary lacks; None where it lacks nothing."""

    def reads(self, text: str) -> bool:
        """Whether the vocabulary has each character of a short text, as it may stand in a word."""
        return self.unknown_token_id is None or self.unknown_token_id not in self.encode_source(text)

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """Complete source ids: language tags, end token."""
        return self.tokenize_source(text, source_lang, target_lang).ids

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """As `encode_source`, with the span of each token."""
        ...

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """Target ids as the decoder would have to produce them, end token included; for a user's own pair."""
        ...

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        """The token that generation must begin with to write `target_lang`; None where there is no such.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        return None

    def writing(self, target_lang: str | None) -> Tokenizer:
        """The tokenizer for what is written in a language: itself where tokens alone say what text they are.

        Raises:
            InvalidParamsError: they do not, and the model does not write the language.
        """
        return self

    def num_settled(self, token_ids: Sequence[int]) -> int:
        """How many of the target ids, from the first on, are spelled the same whatever comes behind them."""
        return len(token_ids)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, without blanks at its ends; special tokens are skipped."""
        return self.detokenize(token_ids).text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """As `decode`, with the span of each token in the returned text."""
        ...


class IncrementalDetokenizer:
    """Text from token ids that arrive bit by bit; all parts together equal `decode` of all ids.

    What a later token may still change is held back: blanks at the end, half of a multi-byte character, and
    the last grapheme cluster, to which a mark, a skin tone or the second half of a flag may yet come.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._token_ids: list[int] = []
        self._emitted = ""

    def feed(self, token_ids: Sequence[int]) -> str:
        """Take new ids; return the text that has become certain, possibly empty."""
        self._token_ids.extend(token_ids)
        decoded = self._tokenizer.decode(self._token_ids[: self._tokenizer.num_settled(self._token_ids)])
        certain = decoded.rstrip().rstrip(_PARTIAL_CHARACTER)
        if decoded[len(certain) :][:1].isspace():
            return self._emit(certain)
        whole = boundaries(certain, len(self._emitted))
        return self._emit(certain[: whole[-2]] if len(whole) > 1 else "")

    def finish(self) -> str:
        """The rest, once no more ids come."""
        return self._emit(self._tokenizer.decode(self._token_ids))

    def _emit(self, text: str) -> str:
        if len(text) <= len(self._emitted) or not text.startswith(self._emitted):
            return ""
        new = text[len(self._emitted) :]
        self._emitted = text
        return new


def text_spans(text: str, offsets: Sequence[Span]) -> list[Span]:
    """Spans of visible text from a tokenizer's `offsets`, which are monotone but may be blank or empty.

    Blanks at a piece's edges belong to no piece. A piece without any text of its own, such as all but
    the last of those that stand for one `½`, takes the span of the next one that has some (or, at the end, of
    the last one).
    """
    spans: list[Span] = []
    has_empty = False
    for start, end in offsets:
        span = (start, end) if text[start:end].isalnum() else trimmed(text, start, end)
        spans.append(span)
        has_empty = has_empty or span[0] >= span[1]
    if not has_empty:  # as in most texts
        return spans
    following: Span | None = None
    for i in range(len(spans) - 1, -1, -1):
        if spans[i][0] < spans[i][1]:
            following = spans[i]
        elif following is not None:
            spans[i] = following
    preceding: Span = (0, 0)
    for i, (start, end) in enumerate(spans):
        if start < end:
            preceding = (start, end)
        else:
            spans[i] = preceding
    return spans


def decoded_text(
    text: str, offsets: Sequence[Span], shown: Sequence[int], ids: Sequence[int], pieces: Sequence[str]
) -> TokenizedText:
    """What `detokenize` answers: `text` without the blanks at its ends.

    `offsets` are those of the tokens at the positions `shown`; the others stand for no text.
    """
    lead = len(text) - len(text.lstrip())
    spans: list[Span | None] = [None] * len(ids)
    for i, (start, end) in zip(shown, text_spans(text, offsets), strict=True):
        spans[i] = (max(start - lead, 0), max(end - lead, 0))
    return TokenizedText(text=text.strip(), ids=list(ids), pieces=list(pieces), spans=spans)


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a character in common."""
    return one[0] < other[1] and other[0] < one[1]


def trimmed(text: str, start: int, end: int) -> Span:
    """A span without the blanks at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
