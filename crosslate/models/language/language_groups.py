"""Groups of languages by which opus-mt models are named: ISO 639-5 collections, and names of their own.

The members are those of Unicode CLDR 48 (`languageGroups`, see `language_groups.license.txt`), as far as they
have a code of two letters or a hundred thousand speakers, the most spoken first.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from crosslate.models.json_files import read_json

_FILE = Path(__file__).with_name("language_groups.json")
_OWN_NAMES = {
    "ROMANCE": "roa",
    "CELTIC": "cel",
    "SCANDINAVIA": "gmq",
    "NORTH_EU": "gmq de nl fy af",
    "NORWAY": "nb nn",
    "ZH": "zh",
}
_CODE = re.compile(r"[a-z]{2,3}")
_SEPARATOR = re.compile(r"[_+]")
EVERY_LANGUAGE = "mul"


def is_group(name: str) -> bool:
    """Whether it names several languages."""
    return name in _OWN_NAMES or name in _groups() or name == EVERY_LANGUAGE or len(_parts(name)) > 1


def members(name: str) -> tuple[str, ...]:
    """The languages of `deu_eng_fra`, `roa` or `ROMANCE`; of another name, itself.

    None of `mul`, which does not say which.
    """
    found: dict[str, None] = {}
    for part in _parts(name):
        if part == EVERY_LANGUAGE:
            return ()
        found |= dict.fromkeys(_groups().get(part, (part,)))
    return tuple(found)


def _parts(name: str) -> list[str]:
    parts = _SEPARATOR.split(name)
    if name in _OWN_NAMES:
        return _OWN_NAMES[name].split()
    return parts if all(map(_CODE.fullmatch, parts)) else [name]


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    return {name: tuple(codes.split()) for name, codes in read_json(_FILE).items()}
