"""Lines that say what others are, in reStructuredText, AsciiDoc, comments: `.. note::`, `[source]`, `:type:`.

Their words are names; behind a directive's there may be some that are read: `.. warning:: Do not open.`
"""

from __future__ import annotations

import re

from crosslate.service.pipeline.layout.machine.blocks import Lines, Words, nothing

_DIRECTIVE = re.compile(r"[ \t]*\.\. (?P<name>[A-Za-z][\w:+.\-]{0,40})::(?:[ \t]+|$)")
_TARGET = re.compile(r"[ \t]*\.\. (?:_[^:\n]{1,80}:|\|[^|\n]{1,60}\| \w+::)(?:[ \t]|$)")
_OPTION = re.compile(r"[ \t]+:[A-Za-z][\w\-]{0,40}:(?:[ \t]|$)")
PARAMETER = (
    r"@(?:param|arg|argument|property|prop|tparam|throws|exception|raises)\b"
    r"(?:[ \t]+\{[^{}\n]*\})?(?:[ \t]+\[?[\w.$*=]+\]?)?(?:[ \t]+-)?"
)
"""Of a function, with its type and name."""
_FIELD = re.compile(
    r"[ \t]*:(?:(?P<bare>(?:type|vartype)(?: [^:\r\n]{1,80})?|rtype)"
    r"|(?:param(?:eter)?|arg(?:ument)?|key(?:word)?|raises?"
    r"|except(?:ion)?|[ic]?var)(?: [^:\r\n]{1,80})|returns?|yields?|raises):(?:[ \t]+|$)"
    rf"|[ \t]*(?:\*+[ \t]*)?{PARAMETER}(?:[ \t]+|$)"
)
"""What a function takes and gives, `:param name: the name`, `@param x - the name`; types are not read."""
_ADMONITIONS = "admonition attention caution danger error hint important note tip todo warning"
_OTHERS = "deprecated epigraph pull-quote rubric seealso sidebar topic versionadded versionchanged"
_WITH_WORDS = frozenset(f"{_ADMONITIONS} {_OTHERS}".split())
_LISTINGS = "code code-block sourcecode parsed-literal literalinclude highlight"
_SYNTAXES = "math raw graphviz doctest testcode"
_OF_CODE = frozenset(f"{_LISTINGS} {_SYNTAXES}".split())
_STYLE = re.compile(
    r"\[(?:(?P<code>source|listing|literal|plantuml|stem)|[\w.#%]+(?=[=\],]))[^\[\]\n]{0,200}\][ \t]*$"
)
_EDGE = re.compile(r"(?P<sign>[-=._*+/])(?P=sign){3,}[ \t]*$|\|===[ \t]*$|--[ \t]*$")
_LITERAL = "-.+/"


def words_of_directives(text: str, lines: Lines) -> Words:
    """The lines that are such, or code below them: the number of each, with what of it is to be read."""
    if ".. " in text:
        yield from _of_rest(text, lines)
    if (": " in text and text.count(":") > 1) or "@" in text:
        yield from _fields(text, lines)
    if "]\n" in text or "]\r\n" in text:
        yield from _of_asciidoc(text, lines)


def _of_rest(text: str, lines: Lines) -> Words:
    depth: int | None = None  # of the directive of code that lines below it belong to
    has_options = False
    for number, line in enumerate(lines):
        said = text[slice(*line)]
        if depth is not None and (not said.strip() or _depth(said) > depth):
            yield number, nothing(line)
            continue
        depth = None
        if (directive := _DIRECTIVE.match(said)) is not None:
            name, has_options = directive["name"].lower(), True
            depth = _depth(said) if name in _OF_CODE else None
            yield number, (line[0] + directive.end(), line[1]) if name in _WITH_WORDS else nothing(line)
        elif _TARGET.match(said) is not None or (has_options and _OPTION.match(said) is not None):
            yield number, nothing(line)
        else:
            has_options = False


def _fields(text: str, lines: Lines) -> Words:
    for number, line in enumerate(lines):
        if (field := _FIELD.match(text, *line)) is not None:
            yield number, nothing(line) if field["bare"] else (field.end(), line[1])


def _depth(said: str) -> int:
    return len(said) - len(said.lstrip())


def _of_asciidoc(text: str, lines: Lines) -> Words:
    number = 0
    while number + 1 < len(lines):
        style, opening = _STYLE.match(text, *lines[number]), _EDGE.match(text, *lines[number + 1])
        if style is None or opening is None:
            number += 1
            continue
        yield number, nothing(lines[number])
        number += 2
        if style["code"] is None and opening.group()[0] not in _LITERAL:
            continue
        edge = opening.group().rstrip()
        while number < len(lines) and text[slice(*lines[number])].rstrip() != edge:
            yield number, nothing(lines[number])
            number += 1
        number += 1
