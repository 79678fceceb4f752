"""Code amid prose, without a fence: paragraphs of nothing but code, as questions about it have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.machine.code_lines import Likeness, likeness

_PARAGRAPH = re.compile(r"(?:[^\n]*[^\s][^\n]*(?:\n|\Z))+")
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]{0,400}'|`[^`\n]*`")
_COMMENT = re.compile(r"(?:\#|//|/?\*+/?)(?:[ !].*)?$|(?P<code>.*\S)[ ]{1,8}(?:\#|//)[ ].*$")
_MARK = re.compile(r"[#*]|//")
_CALL = re.compile(r"[\w.]+\(.*\)[;:]?$|[^\w\s]+$")
_WORDS = re.compile(r"[^\W\d_]+(?:[ ,;]+[^\W\d_]+)*[,;:]?$")
_MAY_BE = re.compile(r"[(={;/$-]|import|\w\.\w|^@", re.MULTILINE)


def bare_code(text: str) -> list[Span]:
    """The stretches of code, in order, two lines at least; a text without any line of code has none."""
    found: list[Span] = []
    run: list[tuple[Span, bool]] = []
    for paragraph in _PARAGRAPH.finditer(text):
        is_code, may_be = _judged(paragraph.group())
        if not may_be:
            found += _code_of(run)
            run = []
        else:
            run.append((paragraph.span(), is_code))
    return [*found, *_code_of(run)]


def _code_of(run: Sequence[tuple[Span, bool]]) -> list[Span]:
    """Paragraphs behind each other that may be code are code together where one of them is for certain."""
    return [(run[0][0][0], run[-1][0][1])] if any(is_code for _, is_code in run) else []


def _judged(paragraph: str) -> tuple[bool, bool]:
    """Whether a paragraph is code for certain, and whether it may be beside one that is."""
    if _MAY_BE.search(paragraph) is None:
        return False, False
    alike: list[Likeness] = []
    for one in _likenesses(paragraph):  # in prose the first line tells
        if one in (Likeness.NONE, Likeness.SENTENCE):
            return False, False
        alike.append(one)
    if not alike:
        return False, False
    num_certain = alike.count(Likeness.CERTAIN)
    is_code = num_certain > 0 and len(alike) > 1
    return is_code, is_code or num_certain > 0 or all(
        _CALL.match(line.strip()) for line in paragraph.splitlines()
    )


def _likenesses(paragraph: str) -> Iterator[Likeness]:
    for line in map(str.strip, paragraph.splitlines()):
        comment = _COMMENT.match(line[:1000]) if _MARK.search(line) is not None else None
        if comment is not None and comment["code"] is None:
            continue
        code = _STRING.sub('""', line if comment is None else comment["code"])
        found = likeness(code)
        is_text = found is Likeness.LIKELY and " " in code and _WORDS.match(code) is not None
        yield Likeness.NONE if is_text else found
