"""Patches, unified or plain, with hunks or without: translated, none could be applied, so all of it stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from crosslate.service.pipeline.layout.machine.blocks import Lines, Words, nothing
from crosslate.service.pipeline.layout.machine.code_lines import Likeness, likeness

_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_OF_PATCH = re.compile(
    r"diff --git |index [0-9a-f]{6,}\.\.|(?:---|\+\+\+) \S|(?:new|deleted) file mode |(?:old|new) mode \d"
    r"|similarity index |(?:rename|copy) (?:from|to) |Binary files .* differ|\\ No newline at end"
    r"|Index: \S|={50,}"
)
_OLD_FILE, _NEW_FILE = re.compile(r"--- \S"), re.compile(r"\+\+\+ \S")
_CHANGED = re.compile(r"[ +\-\\]")
_PLACES = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?[ \t]*$")
_PLAIN = re.compile(rf"[<>](?: |$)|---[ \t]*$|\\ |{_PLACES.pattern}")
"""Of a plain one: which lines become which, `3c3`, and those."""
_SIGNED = re.compile(r"[+\-]")
_Begins = Callable[[str, Lines, int], bool]
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`")


def words_of_patches(text: str, lines: Lines) -> Words:
    """The lines of patches in a text, of which nothing is to be read."""
    if "@@ " in text:
        yield from _with_hunks(text, lines)
    if "\n+++ " in text:
        yield from _blocks(text, lines, _begins_files, _CHANGED, 2)
    if "\n< " in text or "\n> " in text:
        yield from _blocks(text, lines, _begins_places, _PLAIN, 1)
    if "\n+" in text or "\n-" in text:
        yield from _of_code(text, lines)


def _with_hunks(text: str, lines: Lines) -> Words:
    """A hunk says how many lines it has."""
    old = new = 0
    heads: list[int] = []
    for number, line in enumerate(lines):
        hunk = _HUNK.match(text, *line)
        first = text[line[0]]
        if hunk is not None:
            old, new = int(hunk["old"] or 1), int(hunk["new"] or 1)
            yield from ((head, nothing(lines[head])) for head in [*heads, number])
            heads = []
        elif (old > 0 or new > 0) and first in " +-\\\t":
            old -= first in " -\t"
            new -= first in " +\t"
            yield number, nothing(line)
        else:
            old = new = 0
            if _OF_PATCH.match(text, *line) is None:
                heads = []
            else:
                heads.append(number)


def _begins_files(text: str, lines: Lines, number: int) -> bool:
    """Whether two lines name the files that a patch is of."""
    return (
        number + 1 < len(lines)
        and _OLD_FILE.match(text, *lines[number]) is not None
        and _NEW_FILE.match(text, *lines[number + 1]) is not None
    )


def _begins_places(text: str, lines: Lines, number: int) -> bool:
    """Whether a line says which lines are changed, and one of these stands behind it."""
    return (
        number + 1 < len(lines)
        and _PLACES.match(text, *lines[number]) is not None
        and text[lines[number + 1][0]] in "<>"
    )


def _blocks(text: str, lines: Lines, begins: _Begins, goes_on: re.Pattern[str], num_first: int) -> Words:
    """From where a block begins, with so many lines, to a line that is none of it, or a blank one."""
    number = 0
    while number < len(lines):
        if not begins(text, lines, number):
            number += 1
            continue
        end = number + num_first
        while end < len(lines) and _is_next(text, lines, end) and goes_on.match(text, *lines[end]):
            end += 1
        yield from ((at, nothing(lines[at])) for at in range(number, end))
        number = end


def _of_code(text: str, lines: Lines) -> Words:
    """Changed lines of a program with nothing around them: some taken away, some put there."""
    for run in _runs(text, lines):
        signs = {text[lines[number][0]] for number in run}
        if signs == {"+", "-"} and _is_code([text[slice(*lines[number])][1:] for number in run]):
            yield from ((number, nothing(lines[number])) for number in run)


def _runs(text: str, lines: Lines) -> Iterator[list[int]]:
    """Lines behind each other that have such a sign, by their numbers."""
    run: list[int] = []
    for number, line in enumerate(lines):
        is_signed = _SIGNED.match(text, *line) is not None
        if run and not (is_signed and _is_next(text, lines, number)):
            yield run
            run = []
        if is_signed:
            run.append(number)
    yield run


def _is_code(changed: list[str]) -> bool:
    found = [likeness(_STRING.sub('""', line.strip())) for line in changed if line.strip()]
    return Likeness.CERTAIN in found and not {Likeness.NONE, Likeness.SENTENCE} & set(found)


def _is_next(text: str, lines: Lines, number: int) -> bool:
    """Whether no blank line stands before a line."""
    return number == 0 or text.count("\n", lines[number - 1][1], lines[number][0]) <= 1
