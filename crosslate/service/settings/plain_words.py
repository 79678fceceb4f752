"""Pydantic's words for a fault in the words of somebody who writes settings, not Python."""

from __future__ import annotations

import re

_PLAIN = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^(Input|String|Value) should ", "should "),
        (r"^Input is not a valid path.*", "should be a path"),
        (r"a valid tuple", "a list"),
        (r"an object( with .*)?$", "a section of keys and values"),
        (r"a valid dictionary", "keys and values"),
        (r"a valid string", "text"),
        (r"a valid integer.*", "a whole number"),
        (r"a valid number.*", "a number"),
        (r"a valid boolean.*", "true or false"),
        (r"less than or equal to", "at most"),
        (r"greater than or equal to", "at least"),
        (r"greater than", "more than"),
        (r"have at least 1 character$", "not be empty"),
        (r"have at most (\d+) items, not (\d+)", r"have \1 items, not \2"),
        (re.escape(r"match pattern '^[A-Za-z0-9_]+-[A-Za-z0-9_]+$'"), "have pairs such as en-pt for keys"),
        (
            r"match pattern '\^\[A-Za-z0-9\].*",
            "be of letters, digits and . _ -, at most 64 of them",
        ),
        (r"match pattern '(.*)'", r"be as the pattern \1 has it"),
    )
)


def plainly(message: str) -> str:
    """The message, reworded where it is one of pydantic's own."""
    for pattern, words in _PLAIN:
        message = pattern.sub(words, message, count=1)
    return message
