"""Lines of SubStation Alpha (`.ass`, `.ssa`): `Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,Words`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.service.documents.document import unreadable
from crosslate.service.documents.formats.subtitles.cues import Cue, seconds_of

LINE_BREAK = "\\N"
_SECTION = re.compile(r"^\[Events\][^\n]*$", re.MULTILINE | re.IGNORECASE)
_NEXT_SECTION = re.compile(r"^\[", re.MULTILINE)
_FORMAT = re.compile(r"^Format:(?P<names>[^\r\n]*)", re.MULTILINE)
_LINE = re.compile(r"^Dialogue:[ \t]*(?P<fields>[^\r\n]*)", re.MULTILINE)
_TIME = re.compile(r"\d{1,9}:\d{1,2}:\d{1,2}\.\d{1,3}")
_DRAWING = re.compile(r"\\p[1-9]")
_SHOWN = {"\\N": "\r\n", "\\n": "  ", "\\h": "  "}
"""Line breaks and blanks as such, of as many characters, so that places in the file stay."""
_BREAK = re.compile(r"\\[Nnh]")


def dialogues_of(text: str) -> Iterator[Cue]:
    """What is said or written, but nothing that is drawn.

    Raises:
        ServiceError: 422, there are no such lines.
    """
    start, end = _events(text)
    names = _FORMAT.search(text, start, end)
    if names is None:
        raise unreadable(".ass", "it has no [Events] with a Format")
    fields = [name.strip().lower() for name in names["names"].split(",")]
    if not {"start", "end"} <= set(fields) or fields[-1] != "text":
        raise unreadable(".ass", "the Format of its [Events] does not end in Text, or has no Start and End")
    for line in _LINE.finditer(text, start, end):
        values = line["fields"].split(",", len(fields) - 1)
        if len(values) < len(fields) or _DRAWING.search(values[-1]):
            continue
        begins, ends = (values[fields.index(name)].strip() for name in ("start", "end"))
        if _TIME.fullmatch(begins) and _TIME.fullmatch(ends):
            shown = _BREAK.sub(lambda sign: _SHOWN[sign[0]], values[-1])
            yield Cue(
                line.end() - len(shown),
                line.end(),
                shown,
                seconds_of(begins),
                seconds_of(ends),
                is_alone=False,
            )


def _events(text: str) -> tuple[int, int]:
    """Where the lines stand; nowhere, if there is no such section."""
    section = _SECTION.search(text)
    if section is None:
        return len(text), len(text)
    following = _NEXT_SECTION.search(text, section.end())
    return section.end(), len(text) if following is None else following.start()
