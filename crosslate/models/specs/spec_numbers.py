"""What is asked of the numbers in a spec: they come from files, and some are divided by."""

from __future__ import annotations

from typing import TypeGuard

MOST = 2**24
"""No network has more of anything; of the product of much larger ones torch cannot tell the size."""


def is_whole_number(value: object) -> TypeGuard[int]:
    """Whether it is one; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_least(spec: object, least: int, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is no whole one from `least`."""
    for name in names:
        value = getattr(spec, name)
        if not is_whole_number(value) or value < least:
            kind = type(spec).__name__
            raise ValueError(f"{name} is {value!r}, expected a whole number from {least} ({kind})")
        check_most(spec, MOST, name)


def check_most(spec: object, most: int, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is above `most`."""
    for name in names:
        if (value := getattr(spec, name)) > most:
            raise ValueError(f"{name} is {value}, expected at most {most} ({type(spec).__name__})")


def check_positive(spec: object, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is not above 0; None passes."""
    for name in names:
        value = getattr(spec, name)
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value!r}, expected a number above 0 ({type(spec).__name__})")
