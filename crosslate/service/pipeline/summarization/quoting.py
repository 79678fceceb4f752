"""The passages of a part that a summary may quote, and how they read there: in the characters of the source.

What a vocabulary cannot spell is copied all the same: a model that extracts only points at what it takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.engine.extraction import Passage
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.origin import DerivedText
from crosslate.service.pipeline.summarization import trimming
from crosslate.service.pipeline.summarization.units import Unit, stamp_length

_LEAD = re.compile(
    r"(?:However|Moreover|Furthermore|In addition|Therefore|Also|Thus|Indeed|In fact|Nevertheless|Besides), "
)
_PARENTHESIS = re.compile(r"(?<=\s)\([^()\d]{1,90}\)")
"""Without a number: those are what people look for."""
_OPEN_ENDS = ",;:-–— "


@dataclass(frozen=True, slots=True)
class Quotable:
    """What may be quoted of a part; `passages` and `units` belong together."""

    document: str
    """The text that was sent."""
    source: DerivedText
    """As the model reads it."""
    tokens: TokenizedText
    """Of the source."""
    passages: tuple[Passage, ...]
    units: Sequence[Unit]
    mark: str = ""
    """Before each unit: that of a list's items."""
    separator: str = " "

    def written(self, places: Sequence[int], num_tokens: int) -> TokenizedText:
        """The extract of the tokens at these places, with a token at the end that stands for nothing."""
        writer = _Writer(self)
        for passage, unit, own in self._by_passage(places):
            writer.begin(self.mark, self.separator)
            writer.quote(own)
            is_capital = own[0] > passage.start and passage.lead > 0 and unit.text[:1].isupper()
            writer.end(is_capital=is_capital)
        return writer.result(num_tokens)

    def _by_passage(self, places: Sequence[int]) -> Iterator[tuple[Passage, Unit, list[int]]]:
        for passage, unit in zip(self.passages, self.units, strict=True):
            own = [place for place in places if passage.start <= place < passage.end]
            if own:
                yield passage, unit, own


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
        """A unit."""
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
        """Of the unit: with a capital where its beginning was left out, and without an open end."""
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


def passages_of(
    source: DerivedText,
    tokens: TokenizedText,
    units: Sequence[Unit],
    priors: Sequence[float],
    topics: Sequence[int] | None,
    *,
    for_headline: bool = False,
) -> tuple[tuple[Passage, ...], list[Unit]]:
    """The units that stand whole in `source`, in order, as ranges of its tokens, and no others.

    A headline has none of what `trimming` leaves out.
    """
    origins = source.origin.spans(tokens.spans)
    passages: list[Passage] = []
    kept: list[Unit] = []
    for number, (unit, prior) in enumerate(zip(units, priors, strict=True)):
        inside = _tokens_of(unit, tokens, origins)
        if inside is None or (passages and inside[0] < passages[-1].end):
            continue
        first, last = inside
        passages.append(
            Passage(
                start=first,
                end=last,
                prior=prior,
                lead=_lead(unit, source.text, tokens, inside, for_headline=for_headline),
                optional=() if for_headline else tuple(_optional(source.text, tokens, inside)),
                omitted=tuple(_omitted(unit, source.text, tokens, inside)) if for_headline else (),
                group=number if topics is None else topics[number],
            )
        )
        kept.append(unit)
    return tuple(passages), kept


def _tokens_of(unit: Unit, tokens: TokenizedText, origins: Sequence[Span | None]) -> tuple[int, int] | None:
    """The range of a unit's tokens, a time stamp before it left out and a full stop put after it taken in."""
    start, end = unit.span
    start += stamp_length(unit.sentences[0].text)
    inside = [i for i, at in enumerate(origins) if at is not None and at[0] < end and start < at[1]]
    if not inside or not _is_whole(origins, inside, start, end):
        return None
    last = inside[-1] + 1
    is_added = last < len(origins) and origins[last] is None and tokens.spans[last] is not None
    return inside[0], last + is_added


def _is_whole(origins: Sequence[Span | None], inside: Sequence[int], start: int, end: int) -> bool:
    first, last = origins[inside[0]], origins[inside[-1]]
    return first is not None and last is not None and first[0] <= start and last[1] >= end


def _lead(
    unit: Unit, text: str, tokens: TokenizedText, inside: tuple[int, int], *, for_headline: bool
) -> int:
    """Tokens of a word at the beginning that links it to what stands before."""
    first = tokens.spans[inside[0]]
    if first is None or unit.speaker is not None:
        return 0
    match = _LEAD.match(text, first[0]) or (trimming.LEAD.match(text, first[0]) if for_headline else None)
    if match is None:
        return 0
    ends = [i for i in range(*inside) if (span := tokens.spans[i]) is not None and span[1] <= match.end()]
    return len(ends) if len(ends) < inside[1] - inside[0] - 2 else 0


def _optional(text: str, tokens: TokenizedText, inside: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Token ranges of parentheses within a unit."""
    extent = _characters(tokens, inside)
    yield from _token_ranges(tokens, inside, [match.span() for match in _PARENTHESIS.finditer(text, *extent)])


def _omitted(
    unit: Unit, text: str, tokens: TokenizedText, inside: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Token ranges of what a headline leaves out of a unit's last sentence."""
    last = unit.sentences[-1].text
    begin, end = _characters(tokens, inside)
    start = end - len(last)
    if start >= begin - 1 and text[start:end] == last:
        spans = [(start + first, start + stop) for first, stop in trimming.trims(last)]
        yield from _token_ranges(tokens, inside, spans)


def _characters(tokens: TokenizedText, inside: tuple[int, int]) -> Span:
    """Where the tokens stand, blanks before them left out."""
    spans = [span for i in range(*inside) if (span := tokens.spans[i]) is not None]
    return (spans[0][0], spans[-1][1]) if spans else (0, 0)


def _token_ranges(
    tokens: TokenizedText, inside: tuple[int, int], parts: Sequence[Span]
) -> Iterator[tuple[int, int]]:
    """Those of parts of a unit, but not of its ends, nor of what is cut in the middle of a token."""
    spans = {i: span for i in range(*inside) if (span := tokens.spans[i]) is not None}
    for start, end in parts:
        within = [i for i, span in spans.items() if span[0] < end and start < span[1]]
        is_exact = within and spans[within[0]][0] >= start - 1 and spans[within[-1]][1] == end
        if is_exact and inside[0] + 1 < within[0] and within[-1] + 1 < inside[1]:
            yield within[0], within[-1] + 1
