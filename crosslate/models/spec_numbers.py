"""What is asked of the numbers in a spec: they come from files, and some are divided by."""

from __future__ import annotations

MOST = 2**24
"""No network has more of anything; of the product of much larger ones torch cannot tell the size."""


def check_least(spec: object, least: int, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is no whole one from `least`."""
    for name in names:
        value = getattr(spec, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
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
