"""The passages of a part that a summary may quote, as ranges of its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.engine.extraction import Passage
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.summarization.extraction import trimming
from crosslate.service.pipeline.summarization.extraction.units import Unit, stamp_length
from crosslate.service.pipeline.text.origin import DerivedText

_LEAD = re.compile(
    r"(?:However|Moreover|Furthermore|In addition|Therefore|Also|Thus|Indeed|In fact|Nevertheless|Besides), "
)
_PARENTHESIS = re.compile(r"(?<=\s)\([^()\d]{1,90}\)")
"""Without a number: those are what people look for."""


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
    if not inside or not _is_whole(unit, origins, inside, start):
        return None
    last = inside[-1] + 1
    is_added = last < len(origins) and origins[last] is None and tokens.spans[last] is not None
    return inside[0], last + is_added


def _is_whole(unit: Unit, origins: Sequence[Span | None], inside: Sequence[int], start: int) -> bool:
    """Whether the tokens hold all of it but what tokenizers leave out, such as blanks without width."""
    first, last = origins[inside[0]], origins[inside[-1]]
    if first is None or last is None:
        return False
    begin, text = unit.span[0], unit.source_text
    unread = text[start - begin : max(start, first[0]) - begin] + text[last[1] - begin :]
    return not any(map(str.isalnum, unread))


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
