"""A text as the sentences that a summarizer reads: without its layout, and with the way back to the text.

Summarizers are trained on running prose. Line breaks within a paragraph, bullets, numbers of list items,
marks of headings and of quoted mail are taken out; what ends without a full stop is given one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.tokenizer import Span
from service.pipeline.prepare import PreparedText, prepare
from service.pipeline.splitting import LINE, core_span, sentence_spans

_QUOTE = re.compile(r"(?:\s|>)*")
_HEADING = re.compile(r"#{1,6}\s+")
_ITEM = re.compile(r"(?:[-*+•◦‣⁃▪▫●○■□►▸➢➤✓✔✗✘–—·|]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_FENCE = re.compile(r"^[ \t]*(```|~~~)([^\n]*)$", re.MULTILINE)
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028]")
_BLANKS = re.compile(r"\s+")
_FINISHED = re.compile(r"[.!?…:;。！？][\"'’”»)\]]*$")
_OPEN_ENDS = ",-–—"
_MAX_HEADING_WORDS = 15
_MAX_LONE_LINES = 3
_MIN_MARGIN = 40
"""Lines are not taken for wrapped at a margin narrower than this."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as the model reads it."""

    text: str
    positions: Sequence[int]
    """Where each character of `text` stands in the original; an added full stop stands nowhere."""
    is_prose: bool = True
    """Not a heading, a salutation, a signature or code."""

    @property
    def span(self) -> Span:
        """In the original, in code points."""
        return self.positions[0], self.positions[-1] + 1

    def original_span(self, span: Span) -> Span | None:
        """A span of `text` in the original; None for what is not from there."""
        start, end = span[0], min(span[1], len(self.positions))
        return (self.positions[start], self.positions[end - 1] + 1) if start < end else None

    def part(self, start: int, end: int) -> Sentence:
        """From character `start` to `end`."""
        return Sentence(self.text[start:end], self.positions[start:end], self.is_prose)


@dataclass(frozen=True, slots=True)
class JoinedSentences:
    """Sentences with a blank between them: what goes to the model in one piece."""

    sentences: Sequence[Sentence]

    @property
    def text(self) -> str:
        """What the model reads."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def span(self) -> Span:
        """From the first sentence to the last, in the original."""
        return self.sentences[0].span[0], self.sentences[-1].span[1]

    def original_spans(self, spans: Sequence[Span | None]) -> list[Span | None]:
        """Spans of `text` in the original; None for what is not from there."""
        starts = [0]
        for sentence in self.sentences:
            starts.append(starts[-1] + len(sentence.text) + 1)
        return [None if span is None else self._original_span(span, starts) for span in spans]

    def _original_span(self, span: Span, starts: Sequence[int]) -> Span | None:
        index = min(bisect_right(starts, span[0]), len(self.sentences)) - 1
        return self.sentences[index].original_span((span[0] - starts[index], span[1] - starts[index]))


def read_prose(text: str, lang: str, substitutes: Mapping[int, str]) -> list[Sentence]:
    """The sentences of a text to be summarized, without headings and the like.

    A small model would copy these as if they said something. In a text that is mostly made of such lines they
    are what it says, and stay.
    """
    sentences = read_sentences(text, lang, substitutes)
    prose = [sentence for sentence in sentences if sentence.is_prose]
    return prose if 2 * _num_characters(prose) >= _num_characters(sentences) else sentences


def read_sentences(text: str, lang: str, substitutes: Mapping[int, str]) -> list[Sentence]:
    """The sentences of `text` in order; what holds no letter or digit is in none of them."""
    prepared = prepare(text, substitutes)
    return [
        sentence
        for is_code, extent in _parts(prepared.text)
        for block in _blocks(prepared.text, extent)
        for sentence in _block_sentences(prepared, _paragraphs(prepared.text, block, is_code), lang)
    ]


def is_finished(text: str) -> bool:
    """Whether it ends as sentences do."""
    return _FINISHED.search(text) is not None


def _num_characters(sentences: Sequence[Sentence]) -> int:
    return sum(len(sentence.text) for sentence in sentences)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """The lines of a paragraph, list item or heading, without the mark at its beginning; or lines of code."""

    lines: list[Span]
    mark: Literal["heading", "item", "code"] | None


def _parts(text: str) -> Iterator[tuple[bool, Span]]:
    """Fenced code, and what stands around it; the fences are in neither. Time is linear in the length."""
    end = 0
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif fence[1] == opening[1] and not fence[2].strip():
            yield False, (end, opening.start())
            yield True, (opening.end(), fence.start())
            end, opening = fence.end(), None
    yield False, (end, len(text))


def _paragraphs(text: str, block: Sequence[Span], is_code: bool) -> list[_Paragraph]:
    return [_Paragraph(list(block), "code")] if is_code else list(_text_paragraphs(text, block))


def _text_paragraphs(text: str, block: Sequence[Span]) -> Iterator[_Paragraph]:
    margin = max(_MIN_MARGIN, *(end - start for start, end in block))
    paragraph: _Paragraph | None = None
    length_before = 0
    for start, end in block:
        mark, first = _mark(text, start, end)
        goes_on = _goes_on(text[first:end], length_before + first - start, margin)
        if paragraph and (mark or paragraph.mark == "heading" or not goes_on):
            yield paragraph
            paragraph = None
        paragraph = paragraph or _Paragraph([], mark)
        paragraph.lines.append((first, end))
        length_before = end - start
    if paragraph:
        yield paragraph


def _mark(text: str, start: int, end: int) -> tuple[Literal["heading", "item"] | None, int]:
    """What a line is marked as, and where its text begins."""
    quote = _QUOTE.match(text, start, end)
    body = quote.end() if quote else start
    if heading := _HEADING.match(text, body, end):
        return "heading", heading.end()
    if item := _ITEM.match(text, body, end):
        return "item", item.end()
    return None, body


def _blocks(text: str, extent: Span) -> Iterator[list[Span]]:
    """Runs of lines with words, between blank lines and rules."""
    block: list[Span] = []
    for match in LINE.finditer(text, *extent):
        start, end = match.start(), match.start() + len(match.group().rstrip())
        has_words = core_span(text, start, end) is not None
        if block and not (has_words and _LINE_END.fullmatch(text[block[-1][1] : start].strip(" \t"))):
            yield block
            block = []
        if has_words:
            block.append((start, end))
    if block:
        yield block


def _goes_on(line: str, length_before: int, margin: int) -> bool:
    """Whether a line goes on with the sentence of the line before it.

    It does if it begins in lower case, or if its first word would not have fitted there before the margin.
    """
    return line[0].islower() or length_before + 1 + len(line.split(maxsplit=1)[0]) > margin


def _block_sentences(
    prepared: PreparedText, paragraphs: Sequence[_Paragraph], lang: str
) -> Iterator[Sentence]:
    read = [list(_sentences(_joined_lines(prepared, paragraph.lines), lang)) for paragraph in paragraphs]
    headings = _headings(paragraphs, read)
    for paragraph, sentences, is_heading in zip(paragraphs, read, headings, strict=True):
        is_prose = not is_heading and paragraph.mark != "code"
        for sentence in sentences:
            yield Sentence(_finished(sentence.text), sentence.positions, is_prose)


def _headings(paragraphs: Sequence[_Paragraph], read: Sequence[Sequence[Sentence]]) -> list[bool]:
    """Which paragraphs of a block are headings: marked ones, a title above prose, a few words on their own.

    Lines of a conversation have no full stop either, but stand together, and begin with a name and a colon.
    """
    short = [p.mark is None and _is_fragment(s) for p, s in zip(paragraphs, read, strict=True)]
    if all(short) and len(short) <= _MAX_LONE_LINES:
        return short
    headings = [paragraph.mark == "heading" for paragraph in paragraphs]
    headings[0] |= short[0] and not short[1] and ":" not in read[0][0].text
    return headings


def _is_fragment(sentences: Sequence[Sentence]) -> bool:
    if len(sentences) != 1:
        return False
    text = sentences[0].text
    return text.count(" ") < _MAX_HEADING_WORDS and not is_finished(text)


def _joined_lines(prepared: PreparedText, lines: Sequence[Span]) -> Sentence:
    """A paragraph on one line, each run of blanks one blank."""
    (start, _), (_, end) = lines[0], lines[-1]
    if len(lines) == 1 and prepared.positions is None and _is_plain(prepared.text, start, end):
        return Sentence(prepared.text[start:end], range(start, end))
    positions: list[int] = []
    for first, last in lines:
        kept = first
        for blanks in _BLANKS.finditer(prepared.text, first, last):
            positions.extend(range(kept, blanks.start() + 1))
            kept = blanks.end()
        positions.extend(range(kept, last))
        positions.append(last)  # the line's end stands for a blank
    positions.pop()
    text = "".join(" " if prepared.text[i].isspace() else prepared.text[i] for i in positions)
    if prepared.positions is not None:
        positions = [prepared.positions[i] for i in positions]
    return Sentence(text, positions)


def _is_plain(text: str, start: int, end: int) -> bool:
    return all(match.group() == " " for match in _BLANKS.finditer(text, start, end))


def _sentences(paragraph: Sentence, lang: str) -> Iterator[Sentence]:
    for start, end in sentence_spans(paragraph.text, lang):
        core = core_span(paragraph.text, start, end)
        if core is not None:
            yield paragraph.part(*core)


def _finished(text: str) -> str:
    return text if is_finished(text) or text[-1] in _OPEN_ENDS else text + "."
