"""A text that is one statement of a program, `alert("Please wait.");`: strings in it that say something."""

from __future__ import annotations

import re

from crosslate.service.pipeline.layout.data.values import DataValue, Style

_STRING = r"(?:\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+')"
_PLAIN = r"[^\"'()\n]"
_ARGUMENTS = rf"\((?:{_STRING}|{_PLAIN}|\({_PLAIN}*+\))*+\)"
_BEFORE = r"(?:return|throw|raise|await|new|(?:const|let|var)\s\w+\s=|[\w.$]+\s=)\s"
_STATEMENT = re.compile(rf"\s*(?:{_BEFORE}){{0,3}}(?:[\w.$]+{_ARGUMENTS}|(?<=return )@?{_STRING});?\s*")
_BLOCK = re.compile(
    r"\s*(?:(?:else )?if|for|foreach|while|switch)\s?\([^\n]*\)\s?\{[^\n]*[;(][^\n]*\}\s*"
    r"|\s*if \([^\n]*\) (?:return|throw|break|continue|goto)\b[^\n]*;\s*"
    r"|\s*(?:export (?:default )?)?(?:const|let|var) \w+ = [\[{][^\n]*[\]}];?\s*"
    r"|\s*export default \{[^\n]*\};?\s*"
    r"|\s*[\w.]+ = [\[{(][^\n]* for \w+(?:, ?\w+)* in [^\n]*[\]})]\s*"
)
"""With its block in the same line; or one of Python's that makes a list."""
_STRINGS = re.compile(_STRING)
_WORDS = re.compile(r"[^\W\d_]\S*\s+\S*[^\W\d_]|[^\W\d_]{2}[.!?…]$")


def one_statement_values(text: str) -> list[DataValue] | None:
    """The strings with several words, or a mark at their end, of a text that is one; None of any other."""
    has_string = any(mark in text for mark in "\"'")
    if not (has_string and _STATEMENT.fullmatch(text)) and _BLOCK.fullmatch(text) is None:
        return None
    found = []
    for string in _STRINGS.finditer(text):
        first, last = string.start() + 1, string.end() - 1
        if _WORDS.search(text[first:last]) is not None:
            style = Style.ESCAPED_DOUBLE if text[first - 1] == '"' else Style.ESCAPED_SINGLE
            found.append(DataValue((first, last), style))
    return found
