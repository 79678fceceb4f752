"""Names of columns, as formulas write them."""

from __future__ import annotations


def column_letters(number: int) -> str:
    """Of a column from 1: A, B, and so on to AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
