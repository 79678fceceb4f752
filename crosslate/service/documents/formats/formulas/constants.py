"""The texts in a formula: which of them a reader gets to see, and which are codes to the program.

`=IF(B2>0,"in stock","sold out")` shows its texts, `=IF(D2="Open",1,0)` compares one with a cell, and
`=TEXT(A1,"yyyy")` has one that means something to Excel only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from crosslate.service.documents.edits import edited

_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?P<text>(?:[^"]|"")*)"|\[[^\[\]]*\]|(?P<open>(?<![\w.])[\w.]*+[({])|(?P<close>[)}])"""
    r"""|(?P<next>[,;])|(?P<compares>[<>=]+)"""
)
_PREFIX = re.compile(r"^(?:_xl\w*\.|COM\.MICROSOFT\.|ORG\.\w+\.)+", re.IGNORECASE)
"""Of functions that are newer than the format, in Excel's files and in LibreOffice's."""


class Role(Enum):
    """What a text is in a formula for."""

    SHOWN = auto()
    """It is what the cell says, or a part of that."""
    COMPARED = auto()
    """Something is looked for by it."""
    CODE = auto()
    """It is an address, a format, a unit."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A text in a formula."""

    start: int
    end: int
    text: str
    role: Role


@dataclass(slots=True)
class _Call:
    """A function, a pair of parentheses, or the formula itself."""

    name: str
    outer: tuple[_Call, int] | None = None
    """What it stands in, and as which argument."""
    at: int = 0
    """The argument that is being read, from 0."""
    comparing: set[int] = field(default_factory=set)
    """The arguments that ask whether something is so."""
    role: Role | None = None
    """Of what it comes to, once that is known."""


_CODES: dict[str, Callable[[int], bool]] = {
    **dict.fromkeys(("INDIRECT", "CALL", "RTD", "WEBSERVICE", "VALUE", "DATEVALUE"), lambda at: True),
    **dict.fromkeys(("TIMEVALUE", "NUMBERVALUE", "FILTERXML", "SQL.REQUEST"), lambda at: True),
    **dict.fromkeys(("CELL", "INFO", "HYPERLINK", "IMAGE"), lambda at: at == 0),
    **dict.fromkeys(("TEXT", "DATEDIF", "CONVERT"), lambda at: at > 0),
}
"""By function: the arguments that are read by the program. Names of cubes begin with CUBE."""
_RESULTS: dict[str, Callable[[int], bool]] = {
    "": lambda at: True,
    **dict.fromkeys(("CONCATENATE", "CONCAT", "TRIM", "CLEAN", "UPPER", "LOWER", "PROPER"), lambda at: True),
    "T": lambda at: True,
    "TEXTJOIN": lambda at: at != 1,
    "IF": lambda at: at > 0,
    "IFS": lambda at: at % 2 == 1,
    "IFERROR": lambda at: True,
    "IFNA": lambda at: True,
    "CHOOSE": lambda at: at > 0,
    "SWITCH": lambda at: at > 0 and at % 2 == 0,
    "XLOOKUP": lambda at: at == 3,
    **dict.fromkeys(("LOOKUP", "FILTER"), lambda at: at == 2),
    "INDEX": lambda at: at == 0,
    "HYPERLINK": lambda at: at == 1,
}
"""By function: the arguments that it may come to."""


def constants_of(formula: str) -> Iterator[Constant]:
    """The texts of a formula, in order; nothing where it has none."""
    if '"' not in formula:
        return
    calls = [_Call("")]
    opened, found = list(calls), list[tuple[re.Match[str], _Call, int]]()
    for token in _TOKEN.finditer(formula):
        if token["text"] is not None:
            found.append((token, calls[-1], calls[-1].at))
        elif (name := token["open"]) is not None:
            calls.append(_Call(_PREFIX.sub("", name[:-1]).upper(), (calls[-1], calls[-1].at)))
            opened.append(calls[-1])
        elif token["close"] and len(calls) > 1:
            calls.pop()
        elif token["next"]:
            calls[-1].at += 1
        elif token["compares"]:
            calls[-1].comparing.add(calls[-1].at)
    for call in opened:  # those around others first
        call.role = Role.SHOWN if call.outer is None else _role(*call.outer)
    for token, call, at in found:
        yield Constant(token.start(), token.end(), token["text"].replace('""', '"'), _role(call, at))


def replaced(formula: str, new: Callable[[Constant], str | None]) -> str:
    """A formula with other texts; `new` gives None for those that stay."""
    said = ((constant, new(constant)) for constant in constants_of(formula))
    return edited(
        formula,
        (
            (constant.start, constant.end, '"{}"'.format(text.replace('"', '""')))
            for constant, text in said
            if text is not None
        ),
    )


def _role(call: _Call, at: int) -> Role:
    """Of an argument of a call whose own role is known."""
    if call.role is Role.CODE or _is_code(call.name, at):
        return Role.CODE
    return Role.SHOWN if call.role is Role.SHOWN and _is_result(call, at) else Role.COMPARED


def _is_code(name: str, at: int) -> bool:
    return name.startswith("CUBE") or (name in _CODES and _CODES[name](at))


def _is_result(call: _Call, at: int) -> bool:
    if at in call.comparing or call.name not in _RESULTS:
        return False
    # What SWITCH comes to if nothing fits stands last, and alone.
    is_otherwise = call.name == "SWITCH" and at == call.at > 1
    return is_otherwise or _RESULTS[call.name](at)
