"""Fields of Word's: a code, and the result that it had when the file was last saved."""

from __future__ import annotations

from dataclasses import dataclass

from lxml.etree import _Element as Element

_READ_FIELDS = frozenset(
    {
        *("HYPERLINK", "TOC", "INDEX", "QUOTE", "REF", "NOTEREF", "STYLEREF", "FORMTEXT", "FILLIN", "IF"),
        *("TITLE", "SUBJECT", "KEYWORDS", "COMMENTS"),
    }
)
"""Word keeps their results until it is asked to make them anew: then from the translation, but for `IF`."""


@dataclass(slots=True)
class Field:
    """A field of Word's that is open: from its code to its result, over several runs and paragraphs."""

    code: str = ""
    has_result: bool = False


def is_read(code: str) -> bool:
    """Whether a field's result is text that somebody wrote."""
    return (code.split() or [""])[0].upper() in _READ_FIELDS


def follow(fields: list[Field], char: Element) -> None:
    """Take a mark that begins a field, its result or its end; `fields` are those that are open."""
    kind = next((value for name, value in char.attrib.items() if str(name).endswith("fldCharType")), "")
    if kind == "begin":
        fields.append(Field())
    elif kind == "separate" and fields:
        fields[-1].has_result = True
    elif kind == "end" and fields:
        fields.pop()
