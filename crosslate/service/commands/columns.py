"""Rows in columns: whole lines for other tools, and lines that fit for a person at a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence

from crosslate.service.logs.printable import printable

Pad = Callable[[str, int], str]
_GAP = "  "
_INDENT = "    "
_LEAST_WIDTH = 20
"""Of a last column whose cells are wrapped; with less there are no columns."""


def terminal_width() -> int | None:
    """In characters; None where the output is read by another program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(rows: Sequence[Sequence[str]], pad: Pad = str.ljust, *, width: int | None = None) -> str:
    """Lines of cells below each other, the first row being their names.

    Args:
        rows: of equal length; some cells come from a checkpoint's files.
        pad: where a cell stands in its column.
        width: of a terminal: where lines would be longer, the last column is wrapped, or each row becomes a
            short paragraph that names its cells. Without it nothing is wrapped.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    left = 0 if width is None else width - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1)
    if width is None or widths[-1] <= left:
        return "\n".join(_line(row, widths, pad) for row in shown)
    lines = _wrapped(shown, widths, left, pad) if left >= _LEAST_WIDTH else _stacked(shown, width)
    return "\n".join(lines)


def hanging(text: str, indent: str, width: int | None) -> str:
    """Its lines, no longer than a terminal is wide; what belongs to a line is indented below it."""
    if width is None:
        return text
    return "\n".join(_fill(line, width, indent) for line in text.split("\n"))


def _line(row: Sequence[str], widths: Sequence[int], pad: Pad) -> str:
    return _GAP.join(map(pad, row, widths)).rstrip()


def _wrapped(rows: Sequence[Sequence[str]], widths: Sequence[int], left: int, pad: Pad) -> Iterator[str]:
    for *cells, last in rows:
        first, *others = _fill(last, left, "").split("\n")
        yield _line([*cells, first], widths, pad)
        yield from (_line([*[""] * len(cells), other], widths, pad) for other in others)


def _stacked(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    names, *others = rows
    for first, *cells in others:
        yield first
        told = (
            f"{name.lower()}: {cell}" for name, cell in zip(names[1:], cells, strict=True) if cell not in "-"
        )
        yield _fill(_INDENT + ", ".join(told), width, _INDENT)


def _fill(text: str, width: int, indent: str) -> str:
    """Words stay whole: addresses and paths are to be copied."""
    return textwrap.fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
