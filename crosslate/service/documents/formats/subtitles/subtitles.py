"""SubRip, WebVTT, SubStation Alpha, SBV, TTML: a sentence is translated whole, and divided among its cues.

Everything but the cues' words stays byte for byte: numbers, times, settings, notes, styles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from crosslate.service.documents.document import Document, ReadOptions, has_words, unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import TextFile, read_text
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.subtitles.cue_texts import (
    BOUNDARY,
    NO_ESCAPES,
    WEBVTT_ESCAPES,
    XML_ESCAPES,
    divided,
    is_dialogue,
    items_of,
)
from crosslate.service.documents.formats.subtitles.cues import Cue, seconds_of
from crosslate.service.documents.formats.subtitles.dialogues import LINE_BREAK, dialogues_of
from crosslate.service.documents.formats.subtitles.timed_text import timed_text_of
from crosslate.service.documents.formats.subtitles.two_languages import TwoLanguages, two_languages
from crosslate.service.documents.inline import Group, Item, Mark, Run
from crosslate.service.pipeline.language.identification import LanguageIdentifier

_TIME = r"(?:\d{1,9}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_LINE_END = r"(?:\r\n|\r(?!\n)|(?<!\r)\n)"
_TIMING = re.compile(rf"^[ \t]*({_TIME})[ \t]*-->[ \t]*({_TIME})[^\r\n]*({_LINE_END})", re.MULTILINE)
_SBV_TIMING = re.compile(rf"^[ \t]*({_TIME})[ \t]*,[ \t]*({_TIME})[ \t]*({_LINE_END})", re.MULTILINE)
_BLOCK_END = re.compile(rf"{_LINE_END}[ \t]*{_LINE_END}|{_LINE_END}?\Z")
_NUMBER = re.compile(rf"^[ \t]*\d+[ \t]*{_LINE_END}\Z", re.MULTILINE)
_LINE = re.compile(r"(?![ \t])[^\r\n]+")
_LONGEST_PAUSE_S = 3.0
"""A sentence does not go on after a longer one."""
_OVERLAP_S = 1.0
_MOST_CUES = 8
_LEAST_CLOSED = 0.1
_TAGS = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_CLOSED = re.compile(r"""[.!?…。！？:][\"'”’»)\]]*\s*$""")


def read_srt(data: bytes, options: ReadOptions) -> Document:
    """SubRip.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".srt", options.source_lang)
    return _read(file, _timed(file.text, ".srt"), options)


def read_vtt(data: bytes, options: ReadOptions) -> Document:
    """WebVTT.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".vtt", options.source_lang)
    if not file.text.startswith("WEBVTT"):
        raise unreadable(".vtt", "it does not begin with WEBVTT")
    return _read(file, _timed(file.text, ".vtt"), options, escapes=WEBVTT_ESCAPES)


def read_ass(data: bytes, options: ReadOptions) -> Document:
    """Advanced SubStation Alpha, and SubStation Alpha before it.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".ass", options.source_lang)
    return _read(file, dialogues_of(file.text), options, write=lambda text: text.replace("\n", LINE_BREAK))


def read_sbv(data: bytes, options: ReadOptions) -> Document:
    """YouTube's.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".sbv", options.source_lang)
    cues = _timed(file.text, ".sbv", _SBV_TIMING, "0:00:01.000,0:00:02.500")
    return _read(file, cues, options)


def read_ttml(data: bytes, options: ReadOptions) -> Document:
    """Timed Text Markup Language, also called DFXP; the language that the file says is the new one.

    Raises:
        ServiceError: 422.
    """
    found = timed_text_of(data, options.source_lang, options.target_lang)
    document = _read(
        found.source.file,
        found.cues,
        options,
        escapes=XML_ESCAPES,
        write=found.written,
        others=found.others,
    )
    return replace(document, notices=(*document.notices, *found.notices))


def _timed(
    text: str,
    kind: str,
    timing: re.Pattern[str] = _TIMING,
    example: str = "00:00:01,000 --> 00:00:02,500",
) -> list[Cue]:
    blocks = list(_blocks(text, timing))
    if not any(has_words(block.text) for block in blocks) and has_words(text.removeprefix("WEBVTT")):
        raise unreadable(kind, f"it has no line with times, such as {example}")
    return blocks


def _read(
    file: TextFile,
    found: Iterable[Cue],
    options: ReadOptions,
    *,
    escapes: Mapping[str, str] = NO_ESCAPES,
    write: Callable[[str], str] = str,
    others: Sequence[tuple[int, int, str]] = (),
) -> Document:
    """The document of these cues.

    Args:
        file: they stand in.
        found: in order.
        options: of the languages.
        escapes: of signs in words.
        write: a cue's lines, with their tags, as they have to stand in the file.
        others: what else is changed, from where to where.
    """
    blocks = [block for block in found if has_words(block.text)]
    languages = two_languages(
        [[_plain(line) for line in block.lines] for block in blocks],
        options.source_lang,
        options.target_lang,
        LanguageIdentifier(),
    )
    cues = [cue for block in blocks for cue in _cues(block if languages is None else _of(block, languages))]
    cues = [cue for cue in cues if has_words(cue.text)]
    sentences = [_Sentence(run, escapes) for run in _sentences(cues)]

    def finish() -> bytes:
        edits = [edit for one in sentences for edit in one.edits]
        said = [(cue.start, cue.end, write(text)) for cue, text in edits]
        return file.encoded(edited(file.text, sorted([*said, *others])))

    told = () if languages is None else (languages.notice,)
    return document_of(sentences, finish, (*file.notices, *told))


class _Sentence:
    """Cues that are read as one text."""

    def __init__(self, cues: Sequence[Cue], escapes: Mapping[str, str]) -> None:
        self._cues, self._escapes = cues, escapes
        items: list[Item] = []
        for cue in cues:
            items += [Run(" "), Mark([BOUNDARY])] if items else []
            items += items_of(cue.text, escapes)
        self._group = Group(items, f"cue at {_clock(cues[0].begins_s)}")
        segment = self._group.segment()
        self.segments = [] if segment is None else [segment]
        self.edits: list[tuple[Cue, str]] = []

    def put(self, translations: Sequence[str]) -> None:
        """Divide the translation among the cues."""
        self._group.put(translations[0])
        texts = divided(self._group.items, [cue.text for cue in self._cues], self._escapes)
        self.edits = list(zip(self._cues, texts, strict=True))


def _blocks(text: str, times: re.Pattern[str]) -> Iterator[Cue]:
    timings = list(times.finditer(text))
    for timing, following in zip_longest(timings, timings[1:]):
        limit = len(text) if following is None else _end_before(text, timing.end(), following.start())
        end = _BLOCK_END.search(text, timing.end() - len(timing[3]), limit)
        stop = limit if end is None else max(timing.end(), end.start())
        words = text[timing.end() : stop]
        yield Cue(timing.end(), stop, words, seconds_of(timing[1]), seconds_of(timing[2]), is_alone=False)


def _end_before(text: str, start: int, following: int) -> int:
    """Where a cue's lines end before the next one's times, and its number, if there is no blank line."""
    number = _NUMBER.search(text, start, following)
    return following if number is None else number.start()


def _of(block: Cue, languages: TwoLanguages) -> Cue:
    """What of a cue is in the source's language."""
    lines = [match for match in _LINE.finditer(block.text) if has_words(match[0])]
    wanted = languages.lines([_plain(line[0]) for line in lines])
    if not wanted:
        return replace(block, end=block.start, text="")
    start, end = lines[wanted[0]].start(), lines[wanted[-1]].end()
    return replace(block, start=block.start + start, end=block.start + end, text=block.text[start:end])


def _cues(block: Cue) -> Iterator[Cue]:
    """The cue, or each of its lines where these are several people's."""
    if not is_dialogue(block.text):
        yield block
        return
    for line in _LINE.finditer(block.text):
        start, end = block.start + line.start(), block.start + line.end()
        yield replace(block, start=start, end=end, text=line[0], is_alone=True)


def _plain(line: str) -> str:
    return _TAGS.sub("", line)


def _sentences(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    """Cues together that a sentence runs over; one by one where the file has no full stops."""
    num_closed = sum(_CLOSED.search(_TAGS.sub("", cue.text)) is not None for cue in cues)
    is_punctuated = num_closed > _LEAST_CLOSED * len(cues)
    pending: list[Cue] = []
    for cue in cues:
        if pending and not (is_punctuated and _goes_on(pending, cue)):
            yield pending
            pending = []
        pending.append(cue)
    if pending:
        yield pending


def _goes_on(before: Sequence[Cue], cue: Cue) -> bool:
    last = before[-1]
    return (
        not (last.is_alone or cue.is_alone)
        and len(before) < _MOST_CUES
        and cue.begins_s - last.ends_s + _OVERLAP_S >= 0
        and cue.begins_s - last.ends_s <= _LONGEST_PAUSE_S
        and _CLOSED.search(_TAGS.sub("", last.text)) is None
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
