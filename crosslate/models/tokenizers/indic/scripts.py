"""India's scripts: which of Devanagari's letters stands for which of another's.

Unicode has Brahmi's descendants in blocks of one layout, so that a letter's place in its block says which it
is. IndicTrans2 reads and writes all of them in Devanagari, and so do the Indic NLP Library's transliterations
(Kunchukuttan 2020), which this follows.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

DEVANAGARI = 0x0900
BLOCKS = {
    "Deva": DEVANAGARI,
    "Beng": 0x0980,
    "Guru": 0x0A00,
    "Gujr": 0x0A80,
    "Orya": 0x0B00,
    "Taml": 0x0B80,
    "Telu": 0x0C00,
    "Knda": 0x0C80,
    "Mlym": 0x0D00,
}
"""Where each script's block begins, by its ISO 15924 code."""
_COMMON = range(0x70)
"""Places in a block that mean the same in all of them."""
_DANDAS = (0x64, 0x65)
"""They stand in Devanagari's block for all scripts."""
_TAMIL_PLOSIVES = range(0x15, 0x29)
_TAMIL_JA = 0x1C
_TAMIL_OTHERS = {0x2B: 0x2A, 0x2C: 0x2A, 0x2D: 0x2A, 0x36: 0x37}
"""Aspirated and voiced labials; the palatal sibilant."""


@lru_cache
def to_devanagari(script: str) -> dict[int, str]:
    """For `str.translate`; nothing for what is read in its own script."""
    start = BLOCKS.get(script, DEVANAGARI)
    if start == DEVANAGARI:
        return {}
    return {start + place: chr(DEVANAGARI + place) for place in _COMMON}


@lru_cache
def from_devanagari(script: str) -> dict[int, str]:
    """For `str.translate`; a letter that the script has no like of stays as it is."""
    start = BLOCKS.get(script, DEVANAGARI)
    if start == DEVANAGARI:
        return {}
    found = {}
    for place in _COMMON:
        letter = chr(start + (_tamil(place) if script == "Taml" else place))
        if place not in _DANDAS and unicodedata.category(letter) != "Cn":
            found[DEVANAGARI + place] = letter
    return found


def _tamil(place: int) -> int:
    """Tamil writes one letter for the four plosives of a row."""
    if place in _TAMIL_PLOSIVES and place != _TAMIL_JA:
        row, column = divmod(place - _TAMIL_PLOSIVES.start, 5)
        return _TAMIL_PLOSIVES.start + 5 * row + (4 if column == 4 else 0)
    return _TAMIL_OTHERS.get(place, place)
