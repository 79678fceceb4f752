"""Cues of TTML (`.ttml`, `.dfxp`): `<p begin="00:00:01.000" end="00:00:02.500">Words<br/>and more</p>`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.service.documents.document import unreadable
from crosslate.service.documents.formats.common.xml_source import XmlNode, XmlSource
from crosslate.service.documents.formats.subtitles.cues import Cue
from crosslate.service.documents.inline import legal
from crosslate.service.pipeline.language.languages import same_language

_KIND = ".ttml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CLOCK = re.compile(r"(\d{1,9}):(\d{2}):(\d{2}(?:\.\d{1,9})?)(?::(\d{1,4}(?:\.\d{1,4})?))?")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_USUAL_FRAMES = 30.0
_BREAK = re.compile(r"<(?:[\w.-]+:)?br(?:\s[^<>]*)?/>|<((?:[\w.-]+:)?br)(?:\s[^<>]*)?>\s*</\1\s*>")
_TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
_BLANKS = re.compile(r"[\t\r\n]")
_NOTES = re.compile(r"<!--.*?-->", re.DOTALL)
_CDATA = "<![CDATA["
_MORE_THAN_WORDS = ("<?", _CDATA)


@dataclass(frozen=True, slots=True)
class TimedText:
    """The cues of a file."""

    source: XmlSource
    cues: Sequence[Cue]
    line_break: str
    others: Sequence[tuple[int, int, str]]
    """What says which language the file is in, as it is to say it."""
    notices: Sequence[str]

    def written(self, text: str) -> str:
        """A cue's lines, well-formed: a sentence may have been cut within an element."""
        return _balanced(legal(text)).replace("\n", self.line_break)


def timed_text_of(data: bytes, source_lang: str | None, target_lang: str) -> TimedText:
    """What is in the source's language, or says no language.

    Raises:
        ServiceError: 422.
    """
    source = XmlSource(data, _KIND)
    root = source.root
    if root.tag.rpartition("}")[2] != "tt":
        raise unreadable(_KIND, "its root is not tt")
    wanted = source_lang or root.attributes.get(_LANG) or None
    rates = _Rates.of(root)
    found = list(_paragraphs(root, None))
    asked = [node for node, lang in found if not lang or not wanted or same_language(lang, wanted)]
    texts = [(node, source.inner(node)) for node in asked or [node for node, _ in found]]
    read = [(node, raw) for node, raw in texts if not any(sign in raw for sign in _MORE_THAN_WORDS)]
    breaks = (_BREAK.search(raw) for _, raw in read)
    told = f"Cues with CDATA or instructions are as they were ({len(texts) - len(read)})."
    return TimedText(
        source,
        [_cue(node, raw, rates) for node, raw in read],
        next((one[0] for one in breaks if one is not None), "<br/>"),
        [edit for node in root.iter() if (edit := _new_language(source, node, wanted, target_lang))],
        (told,) if len(read) < len(texts) else (),
    )


def _paragraphs(node: XmlNode, lang: str | None) -> Iterator[tuple[XmlNode, str | None]]:
    """All `p`, with the language that they say they are in."""
    pending = [(node, lang)]
    while pending:
        one, outer = pending.pop()
        own = one.attributes.get(_LANG, outer)
        if one.tag.rpartition("}")[2] == "p":
            yield one, own
        else:
            pending.extend((child, own) for child in reversed(one.children))


def _new_language(
    source: XmlSource, node: XmlNode, wanted: str | None, lang: str
) -> tuple[int, int, str] | None:
    said = node.attributes.get(_LANG)
    if not said or not lang or not wanted or not same_language(said, wanted):
        return None
    tag = source.between(node.start, node.content)
    found = re.search(r"""\sxml:lang\s*=\s*["']([^"']*)["']""", tag)
    return None if found is None else (node.start + found.start(1), node.start + found.end(1), lang)


def _cue(node: XmlNode, raw: str, rates: _Rates) -> Cue:
    """What is shown, of as many characters as stand in the file, so that places in it stay."""
    without_notes = _NOTES.sub(lambda note: " " * len(note[0]), raw)
    shown = _BREAK.sub(lambda sign: "\n".ljust(len(sign[0])), _BLANKS.sub(" ", without_notes))
    start = node.content + len(shown) - len(shown.lstrip())
    end = max(start, node.content + len(shown.rstrip()))
    begins = rates.seconds(node.attributes.get("begin"))
    ends = rates.seconds(node.attributes.get("end"))
    if ends is None and begins is not None and (lasts := rates.seconds(node.attributes.get("dur"))):
        ends = begins + lasts
    is_timed = begins is not None and ends is not None
    return Cue(start, end, shown.strip(), begins or 0.0, ends or begins or 0.0, is_alone=not is_timed)


def _balanced(text: str) -> str:
    """Without ends of what has not begun, and with those that are missing."""
    pieces = _TAG.split(text)
    opened: list[str] = []
    for at in range(1, len(pieces), 2):
        name = pieces[at].strip("</>").split()[0]
        if pieces[at].startswith("</"):
            if opened[-1:] == [name]:
                opened.pop()
            else:
                pieces[at] = ""
        elif not pieces[at].endswith("/>"):
            opened.append(name)
    return "".join([*pieces, *(f"</{name}>" for name in reversed(opened))])


@dataclass(frozen=True, slots=True)
class _Rates:
    """What frames and ticks are, by the second."""

    frames: float
    ticks: float

    @staticmethod
    def of(root: XmlNode) -> _Rates:
        """As a file says it."""
        said = {name.rpartition("}")[2]: value for name, value in root.attributes.items()}
        frames = _number(said.get("frameRate")) or _USUAL_FRAMES
        return _Rates(frames, _number(said.get("tickRate")) or frames)

    def seconds(self, time: str | None) -> float | None:
        """Of a time, where there is one that can be read."""
        said = (time or "").strip()
        if clock := _CLOCK.fullmatch(said):
            hours, minutes, seconds, frames = (float(part or 0) for part in clock.groups())
            return 3600 * hours + 60 * minutes + seconds + frames / self.frames
        if offset := _OFFSET.fullmatch(said):
            number, unit = float(offset[1]), offset[2]
            return number * _SECONDS[unit] if unit in _SECONDS else number / self._rate(unit)
        return None

    def _rate(self, unit: str) -> float:
        return self.frames if unit == "f" else self.ticks


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"\d{1,9}", text) else 0.0
