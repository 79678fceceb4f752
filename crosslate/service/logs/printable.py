"""Text from elsewhere on its way to a terminal or a log."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with everything that a terminal would act on, or not show, as an escape such as `\x1b`.

    Line ends too: the result is one line. Model names and ids come from whoever sends a request or has made a
    checkpoint; colours, cleared screens, turned writing directions and forged lines are not for them to make.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def one_line(message: str) -> str:
    """A message whose heading and list become one line; a line of prose stays as it is."""
    first, *others = [" ".join(line.split()) for line in message.splitlines() if line.strip()] or ["failed"]
    return f"{first} {'; '.join(others)}" if others else first
