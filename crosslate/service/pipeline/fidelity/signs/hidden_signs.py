"""Signs that nobody sees and that say where a line may break, or which way it runs.

Within a word or a number they are hints for that word of the source's language (`im&shy;por&shy;tant`), and
have no place in another: they are left out. Anywhere else, between words and beside placeholders, they stand
for themselves and go with the word that they stand beside. What is protected has them as it was sent.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.protected import icu
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.signs.prepare import without_invisible
from crosslate.service.pipeline.text.origin import place_in
from crosslate.service.pipeline.text.passages import Passage, Wrap

_RUN = re.compile("[\xad\u061c\u200b\u200e\u200f\u2060\ufeff]+")
"""Soft hyphens, zero-width spaces, word joiners, marks of direction."""
_IN_NUMBER = re.compile(r"\d\0[%‰$€£¥°ºª]|[$€£¥]\0\d|\d\0[-–—/.,:]\d|\d[-–—/.,:]\0\d")
"""A sign, written U+0000 here, within a number."""
_NEAR = 8
"""Characters that are looked at beside one."""


def with_hidden_signs(passage: Passage, sent: str) -> Passage:
    """The passage with such signs, which a model does not read, as marks at words.

    Not beside a plural or a choice, whose sentences would have them once for each of its cases.
    """
    text = passage.text.text
    if text.isascii() or _RUN.search(text) is None or ("{" in text and icu.arguments(text)):
        return passage
    found = [_with_blank(text, span) for span in _apart(passage)]
    places = [passage.text.origin.span(span) for span in found]
    points = [Wrap((place[0], place[0]), sent[slice(*place)], "", place) for place in places]
    wraps = sorted([*passage.wraps, *points], key=lambda wrap: (wrap.span[0], -wrap.span[1]))
    edited = passage.text.edited([(span, "") for span in found])
    return dataclasses.replace(passage, text=edited, wraps=tuple(wraps))


def _apart(passage: Passage) -> Iterator[Span]:
    """Those in no word and in nothing that is protected."""
    text = passage.text.text
    visible = without_invisible(passage.text)
    copied = [span for span, _ in passage.protected]
    copied += (visible.origin.span(one.span) for one in protected_spans(visible.text))
    fixed = [place for span in copied if (place := place_in(passage.text, span)) is not None]
    for run in _RUN.finditer(text):
        is_fixed = any(overlap(run.span(), span) for span in fixed)
        if not is_fixed and not _is_within(text, run.span()):
            yield run.span()


def _is_within(text: str, run: Span) -> bool:
    """Whether signs stand within a word or a number."""
    start, end = run
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if before and after and _is_of_word(before[-1]) and _is_of_word(after[0]):
        return True
    return _IN_NUMBER.search(f"{_RUN.sub('', before)[-2:]}\0{_RUN.sub('', after)[:2]}") is not None


def _is_of_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _with_blank(text: str, span: Span) -> Span:
    """With one of the blanks at both of its sides: only one is between two words."""
    start, end = span
    has_blanks = start > 0 and text[start - 1] == text[end : end + 1] == " "
    return (start - 1, end) if has_blanks else span
