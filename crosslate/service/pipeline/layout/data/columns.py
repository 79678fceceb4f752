"""Whether the first row of a table names its columns for a program, by how the rows below it differ."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.service.pipeline.layout.data.values import is_name

_NAME = re.compile(r"(?:[^\W\dA-Z]\w*(?:[.\-]\w+)*)?")
_OF_PROGRAMS = re.compile(r"\w{1,2}|\w*[_\d.]\w*(?:[.\-]\w+)*|[^\W\d_]*[^\W\dA-Z][A-Z]\w*")
"""A name that no list of words begins with: `id`, `en`, `unit_price`, `unitPrice`."""
_KEYS = re.compile(r"(?:\w+[_.\-])?(?:key|keys|id|ids|uid|uuid|slug|sku|code|identifier|msgid|chave|código)")


def is_of_keys(name: str) -> bool:
    """Whether a column of this name has what programs look its rows up by, be it words or not."""
    return _KEYS.fullmatch(name) is not None


def has_names(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has such names, so that it stays as it is.

    Words in lower case may be anything. They are names where one of them is written as only programs write,
    or where the cells of a column are of one kind that its name is not of. In doubt they are words.
    """
    first, *others = rows
    if not all(map(_NAME.fullmatch, first)):
        return False
    if any(_OF_PROGRAMS.fullmatch(name) for name in first):
        return True
    return any(name and _differ([row[i] for row in others if row[i]]) for i, name in enumerate(first))


def _differ(cells: Sequence[str]) -> bool:
    """Whether no cell of a column is a word in lower case: numbers, codes, names, several words.

    A single cell of several words says little.
    """
    if not cells or any(map(_is_like_name, cells)):
        return False
    return len(cells) > 1 or " " not in cells[0] or not any(map(str.isalpha, cells[0]))


def _is_like_name(cell: str) -> bool:
    return any(map(str.isalpha, cell)) and not (is_name(cell) or " " in cell or cell[:1].isupper())
