"""Azure's dynamic dictionary: phrases that a text brings its own translation for.

`A <mstrans:dictionary translation="gato">cat</mstrans:dictionary> sleeps.` The text is translated without the
tags; what the model made of a phrase is found by the alignment, and the given translation put in its place.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from crosslate.service.http.dialects.azure.positions import Span
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.types import Link, TranslationResult

_OPENING = re.compile(r"""<mstrans:dictionary\s+translation=(?:"([^"<]*)"|'([^'<]*)')\s*>""", re.IGNORECASE)
_CLOSING = re.compile(r"</mstrans:dictionary\s*>", re.IGNORECASE)
"""Each is looked for once from where the other ended: the time is in proportion to the text."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Of a text without tags: where it stands, and what it is translated to."""

    span: Span
    translation: str


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text as it was sent, and what of it is to be translated."""

    sent: str
    text: str
    """Without the tags."""
    phrases: tuple[Phrase, ...]
    places: Sequence[int]
    """Of each character of `text`, and of its end, in `sent`."""

    @classmethod
    def whole(cls, text: str) -> MarkedText:
        """One without phrases."""
        return cls(text, text, (), range(len(text) + 1))

    @classmethod
    def read(cls, sent: str) -> MarkedText:
        """Whatever is no such tag is text."""
        text, phrases, places, done = "", list[Phrase](), list[int](), 0
        while (opening := _OPENING.search(sent, done)) and (closing := _CLOSING.search(sent, opening.end())):
            inside = range(opening.end(), closing.start())
            places += [*range(done, opening.start()), *inside]
            text += sent[done : opening.start()]
            start = len(text)
            text += sent[inside.start : inside.stop]
            phrases.append(Phrase((start, len(text)), html.unescape(opening[1] or opening[2] or "")))
            done = closing.end()
        if not phrases:
            return cls.whole(sent)
        places += range(done, len(sent) + 1)
        return cls(sent, text + sent[done:], tuple(phrases), places)

    def place(self, span: Span) -> Span:
        """Of a span of `text`, in `sent`."""
        start, end = span
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


@dataclass(frozen=True, slots=True)
class _Edit:
    span: Span
    """Of the translation, before any edit."""
    phrase: Phrase


def with_dictionary(result: TranslationResult, phrases: Sequence[Phrase]) -> TranslationResult:
    """The result with the given translations in it, its links and segments moved along.

    A phrase that the alignment finds nowhere, or that has become one with another, is left as it is, with a
    warning.

    Args:
        result: with links, in code points.
        phrases: of the text that it is of.
    """
    links = result.alignment.links if result.alignment else []
    edits, missing = _edits(links, phrases)
    text, moved = _apply(result.text, edits)
    warnings = [*result.warnings, *([_NO_PLACE] * missing)]
    segments = [replace(segment, target=moved.span(segment.target)) for segment in result.segments]
    alignment = result.alignment and replace(result.alignment, links=_links(links, edits, moved))
    return replace(result, text=text, segments=segments, alignment=alignment, warnings=warnings)


def with_dictionary_of_html(text: str) -> str:
    """A translation in HTML with the given translations in the place of the elements that they came in."""
    parts, done = list[str](), 0
    while (opening := _OPENING.search(text, done)) and (closing := _CLOSING.search(text, opening.end())):
        parts += (
            text[done : opening.start()],
            html.escape(html.unescape(opening[1] or opening[2] or ""), quote=False),
        )
        done = closing.end()
    return "".join([*parts, text[done:]])


_NO_PLACE = Notice("placeholder_missing", "a phrase of the dictionary has no place in the translation")


def _edits(links: Sequence[Link], phrases: Iterable[Phrase]) -> tuple[list[_Edit], int]:
    """In the order of the translation, and how many phrases have none."""
    found: list[_Edit] = []
    missing = 0
    for phrase in phrases:
        span = _counterpart(links, phrase.span)
        if span is None or any(_overlap(span, other.span) for other in found):
            missing += 1
        else:
            found.append(_Edit(span, phrase))
    return sorted(found, key=lambda edit: edit.span), missing


def _counterpart(links: Sequence[Link], phrase: Span) -> Span | None:
    """The words that a phrase became: those next to each other, where there are several the likeliest."""
    inside = sorted((link.target, link.score) for link in links if _overlap(link.source, phrase))
    if not inside:
        return None
    outside = [link.target for link in links if not _overlap(link.source, phrase)]
    groups: list[tuple[Span, float]] = []
    for span, score in inside:
        if groups:
            (start, end), before = groups[-1]
            between = (end, span[0])
            if not any(_overlap(between, other) for other in outside):
                groups[-1] = ((start, max(end, span[1])), before + score)
                continue
        groups.append((span, score))
    return max(groups, key=lambda group: group[1])[0]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class _Moves:
    """From places in the translation as the model made it to places in the edited one."""

    def __init__(self, edits: Sequence[_Edit]) -> None:
        self._edits = edits

    def span(self, span: Span) -> Span:
        return self._at(span[0], is_end=False), self._at(span[1], is_end=True)

    def _at(self, position: int, *, is_end: bool) -> int:
        shift = 0
        for edit in self._edits:
            start, end = edit.span
            if position <= start:
                break
            if position < end:
                return start + shift + (len(edit.phrase.translation) if is_end else 0)
            shift += len(edit.phrase.translation) - (end - start)
        return position + shift


def _apply(text: str, edits: Sequence[_Edit]) -> tuple[str, _Moves]:
    parts, done = [], 0
    for edit in edits:
        start, end = edit.span
        parts += [text[done:start], edit.phrase.translation]
        done = end
    return "".join([*parts, text[done:]]), _Moves(edits)


def _links(links: Sequence[Link], edits: Sequence[_Edit], moved: _Moves) -> list[Link]:
    """Of an edited phrase one, from all of it to all of its translation."""
    kept = [
        replace(link, target=moved.span(link.target))
        for link in links
        if not any(
            _overlap(link.target, edit.span) or _overlap(link.source, edit.phrase.span) for edit in edits
        )
    ]
    given = [Link(edit.phrase.span, moved.span(edit.span), 1.0) for edit in edits]
    return sorted([*kept, *given], key=lambda link: (link.target, link.source))
