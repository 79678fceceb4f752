"""What is asked of the numbers in a spec: they come from files, and some are divided by."""

from __future__ import annotations


def check_least(spec: object, least: int, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is no whole one from `least`."""
    for name in names:
        value = getattr(spec, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            kind = type(spec).__name__
            raise ValueError(f"{name} is {value!r}, expected a whole number from {least} ({kind})")


def check_positive(spec: object, *names: str) -> None:
    """Raises `ValueError` where a number of `spec` is not above 0; None passes."""
    for name in names:
        value = getattr(spec, name)
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value!r}, expected a number above 0 ({type(spec).__name__})")
