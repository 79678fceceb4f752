"""`*Words*` that are emphasised in a plain text, as chats and their assistants write them.

Many vocabularies have no such marks: models then leave the words as they are, or write `* words*`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.service.pipeline.fidelity import icu
from crosslate.service.pipeline.layout.passages import Gap, Passage, Wrap
from crosslate.service.pipeline.origin import DerivedText

_PAIR = re.compile(
    r"(?<![\w*_~\\])(?P<marks>\*{1,3}|_|~)(?=\S)(?P<words>[^*_~\n]{1,300})(?<=\S)(?P=marks)(?![\w*_~])"
)


def emphasised(text: DerivedText, gaps: Sequence[Gap] = ()) -> Passage:
    """A passage of a plain text; such marks of it go around the words that are the translation of theirs.

    Not beside a plural or a choice, whose sentences would have them once for each of its cases.
    """
    pairs = [pair for pair in _pairs(text.text) if any(map(str.isalpha, pair["words"]))]
    edits = [(span, "") for pair in pairs for span in _marks(pair)]
    wraps = [
        Wrap(
            inner=text.origin.span(pair.span("words")),
            opening=pair["marks"],
            closing=pair["marks"],
            span=text.origin.span(pair.span()),
        )
        for pair in pairs
    ]
    return Passage(text=text.edited(edits), gaps=tuple(gaps), wraps=tuple(wraps))


def _pairs(text: str) -> Sequence[re.Match[str]]:
    if not any(mark in text for mark in "*_~"):  # as most texts are
        return ()
    return () if "{" in text and icu.arguments(text) else list(_PAIR.finditer(text))


def _marks(pair: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a pair opens and closes."""
    first, last = pair.span("words")
    return (pair.start(), first), (last, pair.end())
