"""Marks of lines that are no words: `fix(api): `, the number of a section, rules on both sides of words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.versions import UNITS

_LIKE_LABELS = "style|test|build|revert|wip|deps|release"
"""Types that may be labels of anything else."""
_COMMIT_TYPE = "feat|fix|chore|docs|style|refactor|perf|test|build|ci|revert|wip|deps|release"
_COMMIT = re.compile(
    rf"(?:[0-9a-f]{{7,40}}[ \t]+)?(?:(?P<bare>{_LIKE_LABELS})(?=:)"
    rf"|(?:{_COMMIT_TYPE})(?:\([^()\r\n]{{1,60}}\))?!?"
    rf"|(?:{_COMMIT_TYPE}|[a-z]\w{{1,20}})(?:\([\w./,\- ]{{1,60}}\)!?|!)|BREAKING[ -]CHANGE)"
    r":[ \t]+(?=\S)"
)
"""What a commit begins with (Conventional Commits 1.0), which programs read."""
_AMID_OTHERS = re.compile(
    r"^[ \t>*+\-]*(?:[0-9a-f]{7,40}[ \t]+)?"
    r"(?:feat|fix|chore|docs|refactor|perf|ci)(?:\([^()\r\n]{1,60}\))?!?: ",
    re.MULTILINE,
)
_FRAMED = re.compile(r"[-=_*~+]{3,}[ \t]*(?P<words>[^\W_](?:[^\r\n]*[^\s\-=_*~+])?)[ \t]*[-=_*~+]{3,}")
_HEADING = re.compile(r"(?P<signs>={1,6})[ \t]*(?P<words>[^\W_=](?:[^\r\n=]*[^\s=])?)[ \t]*(?P=signs)")
"""Of wikis: `== History ==`."""
_NUMBER = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4})\.?[ \t\xa0]+")
_SECTION = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3}){1,4})\.?[ \t\xa0]+(?=[\"“«'‘(]?[^\W\d_])")
_TITLED = re.compile(
    rf"\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}[ \t\xa0]+(?!(?i:{UNITS})\b)"
    r"[A-ZÀ-Þ][^\W\d_]{2,}(?:[ ][^\W\d_]+){0,5}[.:] "
)
_FILLED_UP = re.compile(r"\d{1,2}\.0[1-9][ \t\xa0]+[A-ZÀ-Þ][^\W\d_]{2}")
"""As no quantity is before what begins with a capital: `4.01 Either party`."""

Section = tuple[int, ...]


def has_commits(text: str) -> bool:
    """Whether a line of a text is of a commit for certain."""
    return _AMID_OTHERS.search(text) is not None


def commit_words(text: str, start: int, end: int, *, is_amid_commits: bool) -> int:
    """Where the words of a line begin, behind the type of a commit where it has one.

    Args:
        text: all of it.
        start: where the line begins, without indent.
        end: where it ends.
        is_amid_commits: whether other lines are of commits, so that `test:` is no label.
    """
    found = _COMMIT.match(text, start, end)
    if found is None or (found["bare"] is not None and not is_amid_commits):
        return start
    return found.end()


def framed_words(text: str, start: int, end: int) -> Span | None:
    """The words of a line between two rules, `-----Original Message-----`, `== History ==`, or None."""
    found = _FRAMED.fullmatch(text, start, end) or _HEADING.fullmatch(text, start, end)
    return None if found is None else found.span("words")


def sections(text: str, lines: Sequence[Span]) -> dict[int, int]:
    """Where lines begin that begin with the number of a section -> where their words do.

    Such a number is told from a quantity by those of the lines before and behind it, which it follows or
    leads to, or by its title.

    Args:
        text: all of it.
        lines: those of it, without indent.
    """
    numbered = list(_numbered(text, lines))
    found: dict[int, int] = {}
    for at, (start, end, number) in enumerate(numbered):
        match = _SECTION.match(text, start, end)
        if match is None:
            continue
        before = numbered[at - 1][2] if at else ()
        after = numbered[at + 1][2] if at + 1 < len(numbered) else ()
        is_one = _TITLED.match(text, start, end) or _FILLED_UP.match(text, start, end)
        if _follows(number, before) or _follows(after, number) or is_one:
            found[start] = match.end()
    return found


def _numbered(text: str, lines: Sequence[Span]) -> Iterator[tuple[int, int, Section]]:
    for start, end in lines:
        match = _NUMBER.match(text, start, end) if text[start : start + 1].isdigit() else None
        if match is not None:
            yield start, end, tuple(map(int, match["number"].split(".")))


def _follows(number: Section, before: Section) -> bool:
    """Whether a section is the one behind another, or its first part: 2, 2.1, 2.1.1, 2.1.2, 2.2, 3, 4.1."""
    if not number or not before:
        return False
    nexts = [(*before[:size], before[size] + 1) for size in range(len(before))]
    begun = number[: len(number) - 1] if number[-1] == 1 else number
    return number in nexts or begun == before or begun in nexts


_LETTERED = re.compile(r"(?P<letter>[A-Z])\.[ \t\xa0]+(?=[\"“(]?[^\W_])")


def lettered(text: str, lines: Sequence[Span]) -> dict[int, int]:
    """Where lines begin with a letter as an item's, `A. `, that the line before or behind goes on with."""
    found = [(start, _LETTERED.match(text, start, end)) for start, end in lines]
    letters = [ord(match["letter"]) if match is not None else 0 for _, match in found]
    beside = zip([0, *letters], letters, [*letters[1:], 0], strict=False)
    return {
        start: match.end()
        for (start, match), (before, one, after) in zip(found, beside, strict=True)
        if match is not None and (before + 1 == one or after - 1 == one)
    }
