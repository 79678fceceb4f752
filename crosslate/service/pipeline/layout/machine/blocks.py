"""Lines that programs read and write together: stack traces, headers of mail, cues of subtitles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span

Lines = Sequence[Span]
Words = Iterator[tuple[int, Span]]
"""The number of a line, and what of it is to be read."""

_FRAME = re.compile(r"[ \t]+File \"[^\"\r\n]+\", line \d+")
_INDENTED = re.compile(r"[ \t]{4}")
_CUE = re.compile(r"(?:\d+:)?\d\d:\d\d[.,]\d{3}[ \t]+-->[ \t]+(?:\d+:)?\d\d:\d\d[.,]\d{3}")
_EVENT = re.compile(r"(?:Dialogue:[ ]?)(?:[^,\r\n]{0,80},){9}")
_OF_EVENTS = re.compile(
    r"(?:Comment|Style|Format|Title|Original [A-Z]\w+|ScriptType|PlayRes[XY]|WrapStyle):"
    r"|\[(?:Script Info|V4\+? Styles|Events|Fonts|Graphics)\]$"
)
"""Of subtitles in ASS."""
_NOTE = re.compile(r"NOTE(?:[ \t]+|$)")
_NO_CUE_NAME = re.compile(r"NOTE\b|STYLE\b|REGION\b")
_QUOTE = r"(?:>[ \t]?)*"
_HEADER = re.compile(rf"{_QUOTE}(?P<name>[A-Za-z][A-Za-z\d\-]*):(?:[ \t]+(?P<value>.*))?")
_FOLDED = re.compile(rf"{_QUOTE}[ \t]+\S")
_REPLY = re.compile(
    r"(?:(?:Re|RE|Fwd|FWD|Fw|FW|AW|Aw|ENC|Enc|RES|Res)(?:\[\d+\])?:[ \t]*|\[[^\]\r\n]{1,60}\][ \t]*)*"
)
_TECHNICAL = (
    r"(?:message-id|in-reply-to|references|mime-version|content-[\w-]+|received|return-path|delivered-to)"
)
_OF_PROGRAMS = re.compile(rf"{_TECHNICAL}|dkim-signature|user-agent|list-\w+|x-[\w-]+")
_OF_PEOPLE = re.compile(
    r"from|to|cc|bcc|date|subject|sender|reply-to|precedence|importance|comments|keywords"
)
"""Names of headers, in lower case."""
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+\-]\d{4}|[A-Z]{3})"
)
_LEAST_HEADERS = 2


def words_of_blocks(text: str, lines: Lines) -> Words:
    """The lines of such blocks in a text, with what of each is to be read: most often nothing."""
    if 'File "' in text:
        yield from _frames(text, lines)
    if "-->" in text:
        yield from _cues(text, lines)
    if "Dialogue:" in text:
        yield from _events(text, lines)
    if ": " in text and "@" in text:
        yield from _headers(text, lines)


def nothing(line: Span) -> Span:
    """What is to be read of a line of which nothing is."""
    return line[1], line[1]


def _frames(text: str, lines: Lines) -> Words:
    """Of Python: a place, and the statement that stands there."""
    is_frame = False
    for number, line in enumerate(lines):
        begins = _FRAME.match(text, *line) is not None
        is_frame = begins or (is_frame and _INDENTED.match(text, *line) is not None)
        if is_frame:
            yield number, nothing(line)


def _cues(text: str, lines: Lines) -> Words:
    """When a line of subtitles is shown, its name, and what the file is."""
    if lines and text.startswith("WEBVTT", lines[0][0]):
        yield 0, nothing(lines[0])
        notes = (
            (number, note)
            for number, line in enumerate(lines)
            if (note := _NOTE.match(text, *line)) is not None
        )
        yield from ((number, (note.end(), lines[number][1])) for number, note in notes)
    for number, line in enumerate(lines):
        if _CUE.match(text, *line) is None:
            continue
        yield number, nothing(line)
        if (
            number
            and _is_name(text, lines[number - 1], line)
            and (number == 1 or _is_apart(text, lines, number))
        ):
            yield number - 1, nothing(lines[number - 1])


def _events(text: str, lines: Lines) -> Words:
    """Of ASS: what is said, behind nine fields."""
    found = [(number, line, _EVENT.match(text, *line)) for number, line in enumerate(lines)]
    if any(event is not None for _, _, event in found):
        for number, line, event in found:
            if event is not None:
                yield number, (event.end(), line[1])
            elif _OF_EVENTS.match(text, *line) is not None:
                yield number, nothing(line)


def _is_name(text: str, line: Span, cue: Span) -> bool:
    """Whether a line right above a cue may be its name."""
    is_above = len(text[line[1] : cue[0]].strip("\r")) == 1
    return is_above and _NO_CUE_NAME.match(text, *line) is None


def _is_apart(text: str, lines: Lines, number: int) -> bool:
    """Whether a blank line stands before the line above."""
    return text.count("\n", lines[number - 2][1], lines[number - 1][0]) > 1


def _headers(text: str, lines: Lines) -> Words:
    """Of mail as programs send it: only its subject is read. Those that people see are labels like others."""
    block: list[tuple[int, re.Match[str] | None]] = []
    for number, line in enumerate(lines):
        found = _HEADER.fullmatch(text, *line)
        is_header = found is not None and _is_of_mail(found["name"].lower())
        is_folded = bool(block) and _FOLDED.match(text, *line) is not None
        if block and (text.count("\n", lines[number - 1][1], line[0]) > 1 or not (is_header or is_folded)):
            yield from _of_block(text, lines, block)
            block = []
        if is_header or (block and is_folded):
            block.append((number, found if is_header else None))
    yield from _of_block(text, lines, block)


def _first(text: str, start: int, end: int) -> int:
    """Behind the blanks of a folded line."""
    return end - len(text[start:end].lstrip(" \t>"))


def _is_of_mail(name: str) -> bool:
    return (_OF_PEOPLE.fullmatch(name) or _OF_PROGRAMS.fullmatch(name)) is not None


def _of_block(text: str, lines: Lines, block: Sequence[tuple[int, re.Match[str] | None]]) -> Words:
    names = [header["name"].lower() for _, header in block if header is not None]
    is_technical = any(map(_OF_PROGRAMS.fullmatch, names)) or any(
        header is not None and header["name"] == "Date" and _DATE.fullmatch(header["value"] or "")
        for _, header in block
    )
    if len(names) < _LEAST_HEADERS or not is_technical:
        return
    is_subject = False
    for number, header in block:
        start, end = lines[number]
        if header is None:
            yield number, (_first(text, start, end), end) if is_subject else (end, end)
            continue
        is_subject = header["name"].lower() in ("subject", "comments")
        value = header.start("value")
        reply = _REPLY.match(text, value, end) if is_subject and value >= 0 else None
        yield number, (end, end) if reply is None else (reply.end(), end)
