"""Texts to calibrate on: a file with a source and its translation in each line, or with sources only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crosslate.service.errors import ToldError

P = TypeVar("P")


class PairFileError(ToldError):
    """A file that cannot be used; the message says where, and never what stands there."""


@dataclass(frozen=True, slots=True)
class TextPair:
    """A source, and its translation where one is given."""

    source: str
    target: str | None = None


def read_pairs(path: Path) -> list[TextPair]:
    """The lines of a file that are not blank: `source TAB translation`, or in all of them a source alone.

    Raises:
        PairFileError: it is not UTF-8, holds nothing, or a line is not as the others are.
        OSError: it cannot be read.
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise PairFileError(f"{path} is not valid UTF-8: see byte {error.start}; save it in UTF-8") from None
    rows = [(number, line.strip("\r").split("\t")) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise PairFileError(f"{path} holds no text: a source, a tab and its translation make a line")
    num_columns = len(rows[0][1])
    return [_pair(cells, num_columns, f"{path}, line {number}") for number, cells in rows]


def _pair(cells: list[str], num_columns: int, where: str) -> TextPair:
    if len(cells) > 2:
        raise PairFileError(f"{where} has {len(cells) - 1} tabs: one stands between source and translation")
    if len(cells) != num_columns:
        has, had = ("no tab", "one") if num_columns == 2 else ("a tab", "none")
        raise PairFileError(
            f"{where} has {has}, the first line has {had}: give every source its translation, or none"
        )
    texts = [cell.strip() for cell in cells]
    if not all(texts):
        raise PairFileError(f"{where}: {'source' if not texts[0] else 'translation'} is empty")
    return TextPair(*texts)


def spread(pairs: list[P], at_most: int) -> list[P]:
    """So many of them, taken from the whole file at even distances."""
    if len(pairs) <= at_most:
        return pairs
    return [pairs[i * len(pairs) // at_most] for i in range(at_most)]
