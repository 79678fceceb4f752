"""Azure's dynamic dictionary: phrases that a text brings its own translation for.

`A <mstrans:dictionary translation="gato">cat</mstrans:dictionary> sleeps.` The text is translated without the
tags, and what was given stands where the model's translation of the phrase would, as a glossary's terms do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrase

_OPENING = re.compile(r"""<mstrans:dictionary\s+translation=(?:"([^"<]*)"|'([^'<]*)')\s*>""", re.IGNORECASE)
_CLOSING = re.compile(r"</mstrans:dictionary\s*>", re.IGNORECASE)
"""Each is looked for once from where the other ended: the time is in proportion to the text."""


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text as it was sent, and what of it is to be translated."""

    sent: str
    text: str
    """Without the tags."""
    phrases: tuple[GivenPhrase, ...]
    places: Sequence[int]
    """Of each character of `text`, and of its end, in `sent`."""

    @classmethod
    def read(cls, sent: str) -> MarkedText:
        """Whatever is no such tag is text, or HTML."""
        text, phrases, places, done = "", list[GivenPhrase](), list[int](), 0
        while (opening := _OPENING.search(sent, done)) and (closing := _CLOSING.search(sent, opening.end())):
            inside = range(opening.end(), closing.start())
            places += [*range(done, opening.start()), *inside]
            text += sent[done : opening.start()]
            start = len(text)
            text += sent[inside.start : inside.stop]
            phrases.append(GivenPhrase((start, len(text)), html.unescape(opening[1] or opening[2] or "")))
            done = closing.end()
        if not phrases:
            return cls(sent, sent, (), range(len(sent) + 1))
        places += range(done, len(sent) + 1)
        return cls(sent, text + sent[done:], tuple(phrases), places)

    def place(self, span: Span) -> Span:
        """Of a span of `text`, in `sent`."""
        start, end = span
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]
