"""A text as the sentences that a summarizer reads: without its layout, and with the way back to the text.

Summarizers are trained on running prose. Line breaks within a paragraph, bullets, numbers of list items,
marks of headings and of quoted mail are taken out; what ends without a full stop is given one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.layout.plain.fences import fence_pairs
from crosslate.service.pipeline.sentences.splitting import LINE, core_span, sentence_spans
from crosslate.service.pipeline.text.origin import DerivedText

_QUOTE = re.compile(r"(?:\s|>)*")
_HEADING = re.compile(r"#{1,6}\s+")
_ITEM = re.compile(r"(?:[-*+•◦‣⁃▪▫●○■□►▸➢➤✓✔✗✘–—·|]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_TURN = re.compile(r"\[?\d{1,2}:\d{2}(?::\d{2})?\]?\s|(?:(?:Dr|Mr|Mrs|Ms)\.? )?[A-Z]\w+(?: [A-Z]\w+)?: \S")
"""A time, or somebody's name: what follows was not said by who spoke before."""
_SAID = re.compile(r"[^\W\d_][\w.'’-]*(?: [(\w][\w.'’)-]*){0,4}: \S")
"""The same where most lines begin so: any few words and a colon."""
_FENCE = re.compile(r"^[ \t]*(?P<marks>```|~~~)(?P<kind>[^\n]*)$", re.MULTILINE)
_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028]")
_BLANKS = re.compile(r"\s+")
_FINISHED = re.compile(r"[.!?…:;。！？][\"'’”»)\]]*$")
_OPEN_ENDS = ",-–—"
_MAX_HEADING_WORDS = 15
_MAX_LONE_LINES = 3
_CHAT_SHARE = 0.6
_VERSE_LENGTHS, _OPEN_SHARE, _MAX_COLONS = range(12, 64), 0.3, 0.2
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)\]]*$")
_MIN_CHAT_LINES, _MIN_STANZA = 3, 2
_MIN_MARGIN = 40
"""Lines are not taken for wrapped at a margin narrower than this."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as the model reads it."""

    source: DerivedText
    """An added full stop is from nowhere."""
    is_prose: bool = True
    """Not a heading, a salutation, a signature or code."""

    @property
    def text(self) -> str:
        """What the model reads."""
        return self.source.text

    @property
    def span(self) -> Span:
        """In the original, in code points."""
        return self.source.span


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
    prepared = prepare(DerivedText.of(text), substitutes)
    return [
        sentence
        for is_code, extent in _parts(prepared.text)
        for block in _with_whole_sentences(prepared.text, _blocks(prepared.text, extent))
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
    for opening, closing in fence_pairs(text, _FENCE):
        yield False, (end, opening.start())
        yield True, (opening.end(), closing.start())
        end = closing.end()
    yield False, (end, len(text))


def _paragraphs(text: str, block: Sequence[Span], is_code: bool) -> list[_Paragraph]:
    return [_Paragraph(list(block), "code")] if is_code else list(_text_paragraphs(text, block))


def _text_paragraphs(text: str, block: Sequence[Span]) -> Iterator[_Paragraph]:
    margin = max(_MIN_MARGIN, *(end - start for start, end in block))
    lines = [text[start:end] for start, end in block]
    is_chat, is_talk, is_verse = _is_chat(lines), _is_talk(lines), _is_verse(lines)
    paragraph: _Paragraph | None = None
    length_before = 0
    for start, end in block:
        mark, first = _mark(text, start, end)
        if is_talk and _SAID.match(text, first, end):
            goes_on = False
        elif is_verse and paragraph:
            goes_on = _SENTENCE_END.search(text[slice(*paragraph.lines[-1])]) is None
        else:
            goes_on = _goes_on(text[first:end], length_before + first - start, margin, is_chat=is_chat)
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


def _with_whole_sentences(text: str, blocks: Iterable[list[Span]]) -> Iterator[list[Span]]:
    """The blocks, but that stanzas are one where a sentence goes on from one into the next."""
    stanzas: list[list[Span]] = []
    for block in blocks:
        stanzas.append(block)
        if not _is_open_stanza([text[slice(*line)] for line in block]):
            yield from _joined(text, stanzas)
            stanzas = []
    yield from stanzas


def _joined(text: str, stanzas: Sequence[list[Span]]) -> Iterator[list[Span]]:
    lines = [line for stanza in stanzas for line in stanza]
    if len(stanzas) > 1 and _is_verse([text[slice(*line)] for line in lines]):
        yield lines
    else:
        yield from stanzas


def _is_open_stanza(lines: Sequence[str]) -> bool:
    """Whether these are lines of verse, and the last is in the middle of a sentence."""
    has_whole = any(_SENTENCE_END.search(line) for line in lines)
    has_halves = lines[0][0].isupper() and any(line[0].islower() for line in lines[1:])
    return len(lines) >= _MIN_STANZA and (has_whole or has_halves) and _is_open(lines[-1])


def _is_open(line: str) -> bool:
    return line[-1] == "," or line[-1].isalnum()


def _is_chat(lines: Sequence[str]) -> bool:
    """Whether people write in lower case here, without marks at the ends: each line is one's own."""
    num_lower = sum(line[0].islower() for line in lines)
    num_open = sum(line[-1].isalnum() for line in lines)
    return num_lower > _CHAT_SHARE * len(lines) and 2 * num_open > len(lines) >= _MIN_CHAT_LINES


def _is_talk(lines: Sequence[str]) -> bool:
    """Whether most lines say first who speaks."""
    return sum(_SAID.match(line) is not None for line in lines) >= max(
        _CHAT_SHARE * len(lines), _MIN_CHAT_LINES
    )


def _is_verse(lines: Sequence[str]) -> bool:
    """Whether sentences go on across lines that begin with capitals: short ones, some with open ends."""
    num_open = sum(map(_is_open, lines))
    return (
        len(lines) >= _MIN_CHAT_LINES
        and all(len(line) in _VERSE_LENGTHS for line in lines)
        and sum(": " in line for line in lines) <= _MAX_COLONS * len(lines)
        and not any(_ITEM.match(line) or _HEADING.match(line) for line in lines)
        and _SENTENCE_END.search(lines[-1]) is not None
        and len(lines) > num_open >= _OPEN_SHARE * len(lines)
    )


def _goes_on(line: str, length_before: int, margin: int, *, is_chat: bool) -> bool:
    """Whether a line goes on with the sentence of the line before it.

    It does if it begins in lower case, or if its first word would not have fitted there before the margin.
    """
    if is_chat or _TURN.match(line):
        return False
    return line[0].islower() or length_before + 1 + len(line.split(maxsplit=1)[0]) > margin


def _block_sentences(
    prepared: DerivedText, paragraphs: Sequence[_Paragraph], lang: str
) -> Iterator[Sentence]:
    read = [list(_sentences(_on_one_line(prepared, paragraph.lines), lang)) for paragraph in paragraphs]
    headings = _headings(paragraphs, read)
    for paragraph, sentences, is_heading in zip(paragraphs, read, headings, strict=True):
        is_prose = not is_heading and paragraph.mark != "code"
        for sentence in sentences:
            yield Sentence(_finished(sentence), is_prose)


def _headings(paragraphs: Sequence[_Paragraph], read: Sequence[Sequence[DerivedText]]) -> list[bool]:
    """Which paragraphs of a block are headings: marked ones, a title above prose, a few words on their own.

    Lines of a conversation have no full stop either, but stand together, and begin with a name and a colon.
    """
    short = [p.mark is None and _is_fragment(s) for p, s in zip(paragraphs, read, strict=True)]
    if all(short) and len(short) <= _MAX_LONE_LINES:
        return short
    headings = [paragraph.mark == "heading" for paragraph in paragraphs]
    headings[0] |= short[0] and not short[1] and ":" not in read[0][0].text
    return headings


def _is_fragment(sentences: Sequence[DerivedText]) -> bool:
    if len(sentences) != 1:
        return False
    text = sentences[0].text
    return text.count(" ") < _MAX_HEADING_WORDS and not is_finished(text)


def _on_one_line(prepared: DerivedText, lines: Sequence[Span]) -> DerivedText:
    """A paragraph's lines, each run of blanks and each line's end one blank."""
    offset, end = lines[0][0], lines[-1][1]
    blanks: list[Span] = []
    for (first, last), following in zip(lines, [*lines[1:], None], strict=True):
        blanks += (match.span() for match in _BLANKS.finditer(prepared.text, first, last))
        blanks += [(last, following[0])] if following else []
    return prepared.part(offset, end).edited(
        [((start - offset, stop - offset), " ") for start, stop in blanks if prepared.text[start:stop] != " "]
    )


def _sentences(paragraph: DerivedText, lang: str) -> Iterator[DerivedText]:
    for start, end in sentence_spans(paragraph.text, lang):
        core = core_span(paragraph.text, start, end)
        if core is not None:
            yield paragraph.part(*core)


def _finished(sentence: DerivedText) -> DerivedText:
    text = sentence.text
    if is_finished(text) or text[-1] in _OPEN_ENDS:
        return sentence
    return sentence.edited([((len(text), len(text)), ".")])
