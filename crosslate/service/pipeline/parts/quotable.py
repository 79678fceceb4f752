"""What a summary may quote of a part, and how it reads there: in the characters of the source.

What a vocabulary cannot spell is copied all the same: a model that extracts only points at what it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.engine.extraction import Passage
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.text.origin import DerivedText

_OPEN_ENDS = ",;:-–— "


@dataclass(frozen=True, slots=True)
class Quotable:
    """What may be quoted of a part; `passages` and `said` belong together."""

    document: str
    """The text that was sent."""
    source: DerivedText
    """As the model reads it."""
    tokens: TokenizedText
    """Of the source."""
    passages: tuple[Passage, ...]
    said: Sequence[str]
    """What each of these says, without a time stamp."""
    mark: str = ""
    """Before each passage: that of a list's items."""
    separator: str = " "

    def written(self, places: Sequence[int], num_tokens: int) -> TokenizedText:
        """The extract of the tokens at these places, with a token at the end that stands for nothing."""
        writer = _Writer(self)
        for passage, said, own in self._by_passage(places):
            writer.begin(self.mark, self.separator)
            writer.quote(own)
            is_capital = own[0] > passage.start and passage.lead > 0 and said[:1].isupper()
            writer.end(is_capital=is_capital)
        return writer.result(num_tokens)

    def _by_passage(self, places: Sequence[int]) -> Iterator[tuple[Passage, str, list[int]]]:
        for passage, said in zip(self.passages, self.said, strict=True):
            own = [place for place in places if passage.start <= place < passage.end]
            if own:
                yield passage, said, own


class _Writer:
    """Puts the text together, and notes where each token of it stands."""

    def __init__(self, quotable: Quotable) -> None:
        self._quotable = quotable
        self._text = ""
        self._begin = 0
        self._ids: list[int] = []
        self._pieces: list[str] = []
        self._spans: list[Span | None] = []

    def begin(self, mark: str, separator: str) -> None:
        """A passage."""
        self._text += (separator if self._text else "") + mark
        self._begin = len(self._text)

    def quote(self, places: Sequence[int]) -> None:
        """Its tokens, and what stands between those that follow each other."""
        tokens, text = self._quotable.tokens, self._quotable.source.text
        before: int | None = None
        end = 0
        for place in places:
            span = tokens.spans[place]
            if span is None:
                continue
            if before != place - 1:
                self._text += " " if before is not None and text[span[0] - 1].isspace() else ""
                end = span[0]
            self._text += self._original((end, span[0]))
            # Two tokens may stand for the same: the mark of a word's beginning, and its first piece.
            start = len(self._text) - max(end - span[0], 0)
            self._text += self._original((max(end, span[0]), span[1]))
            before, end = place, max(end, span[1])
            self._ids.append(tokens.ids[place])
            self._pieces.append(tokens.pieces[place])
            self._spans.append((start, len(self._text)))

    def end(self, *, is_capital: bool) -> None:
        """Of the passage: with a capital where its beginning was left out, and without an open end."""
        said = self._text[self._begin :]
        closed = said.rstrip(_OPEN_ENDS)
        if closed != said and closed:
            said = f"{closed}."
        if is_capital:
            said = said[:1].upper() + said[1:]
        self._text = self._text[: self._begin] + said

    def result(self, num_tokens: int) -> TokenizedText:
        """The whole."""
        length = len(self._text)
        spans = [
            None if span is None else (min(span[0], length), min(span[1], length)) for span in self._spans
        ]
        num_special = num_tokens - len(self._ids)
        return TokenizedText(
            self._text,
            [*self._ids, *[0] * num_special],
            [*self._pieces, *[""] * num_special],
            [*spans, *[None] * num_special],
        )

    def _original(self, span: Span) -> str:
        """A part of the source in the characters that were sent, each blank and line end one blank."""
        source, document = self._quotable.source, self._quotable.document
        found: list[str] = []
        before: Span | None = None
        for place in range(*span):
            character = source.text[place]
            origin = source.origin.span((place, place + 1))
            if character.isspace():
                found.append(" ")
            elif origin[0] >= origin[1]:
                found.append(character)
            elif origin != before:  # characters of one cluster all stand for the whole
                found.append(document[slice(*origin)])
            before = origin
        return "".join(found)
