"""Sentences of nothing but words: most rules for texts act on signs, which these do not have.

One look at a text spares the looks of all those rules. Whoever asks here gives what the rules would have
given: `tests/service/pipeline/text/test_bare_sentences.py` compares the two for each that does.
"""

from __future__ import annotations

import re

_CAPITALS, _SMALL = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_WORD = rf"(?:[{_CAPITALS}][{_SMALL}]*|[{_SMALL}]+)(?:'[{_SMALL}]+)?"
_BARE = re.compile(rf"{_WORD}(?:,? {_WORD})*[.!?]?")
_MOST_CHARACTERS = 1000
"""Within the window that sentences are looked for in, and within what runs on the event loop."""


def is_bare(text: str) -> bool:
    """Whether a text is one line of words with single blanks between them, and at most a mark at its end.

    The words are of letters of western Europe, without capitals within; an apostrophe may stand in one, a
    comma behind one.
    """
    return len(text) <= _MOST_CHARACTERS and _BARE.fullmatch(text) is not None


def bare_words(text: str) -> list[str]:
    """The words of such a text."""
    return text.rstrip(".!?").replace(",", "").split(" ")
