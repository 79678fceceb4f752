"""The text of one of Fluent's messages: words, and what stands in braces between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count

from fluent.syntax import ast

from crosslate.service.documents.document import Segment, has_words

_QUOTED = r"[{}]|^[\[*.]"
"""What says something else within a text, or at the beginning of a line."""
_INDENT = re.compile(r"\n([ ]+)(?!\s)")
_LINE_END = re.compile(r"\r?\n")
_USUAL_INDENT = "    "


class FluentPattern:
    """A text, and those of its variants, which have texts of their own.

    Args:
        pattern: with its places in the file.
        text: the file.
        place: for people.
    """

    def __init__(self, pattern: ast.Pattern, text: str, place: str) -> None:
        self.start, self.end = _span(pattern)
        self._text, self._raw = text, text[self.start : self.end]
        self._line_end = "\r\n" if "\r\n" in self._raw else "\n"
        self._codes: dict[str, str | _Selection] = {}
        """What stands in braces, by what stands for it in the text that is translated."""
        self._indent = _USUAL_INDENT
        self._said = "".join(self._read(element, text, place) for element in pattern.elements)
        is_worded = any(isinstance(one, ast.TextElement) and has_words(one.value) for one in pattern.elements)
        self.segments = [Segment(self._said, "text", place)] if is_worded else []
        self._new: str | None = None

    def put(self, translations: Sequence[str]) -> None:
        """Take the translation of its own text; an empty one would be no message."""
        self._new = translations[0] if translations[0].strip() else None

    def parts(self) -> Iterator[FluentPattern]:
        """It, and those in it."""
        yield self
        for code in self._codes.values():
            if isinstance(code, _Selection):
                for variant in code.variants:
                    yield from variant.parts()

    def written(self) -> str:
        """As it stands in the file now."""
        if self._new is None:
            selections = [code for code in self._codes.values() if isinstance(code, _Selection)]
            return spliced(self._text, self.start, self.end, selections)
        before = self._raw[: len(self._raw) - len(self._raw.lstrip(" "))]
        gap = self._line_end + (before or self._indent)
        signs = re.compile("|".join([*map(re.escape, self._codes), _QUOTED]))
        first, *others = (signs.sub(self._sign, line.strip()) for line in _LINE_END.split(self._new))
        return before + first + "".join(f"{gap}{line}" if line else self._line_end for line in others)

    def _read(self, element: ast.TextElement | ast.Placeable, text: str, place: str) -> str:
        start, end = _span(element)
        if isinstance(element, ast.TextElement):
            if (indent := _INDENT.search(text, start, end)) is not None:
                self._indent = indent[1]
            return element.value
        raw, inner = text[start:end], element.expression
        is_plain = isinstance(inner, ast.VariableReference) and "\n" not in raw
        name = raw if is_plain else self._stand_in()
        self._codes[name] = raw
        if isinstance(inner, ast.SelectExpression):
            self._codes[name] = _Selection(inner, text, place, start, end)
        return name

    def _stand_in(self) -> str:
        """The name of a value that the text has not."""
        numbers = count(len(self._codes) + 1)
        return next(f"{{ $value{one} }}" for one in numbers if f"$value{one}" not in self._raw)

    def _sign(self, sign: re.Match[str]) -> str:
        code = self._codes.get(sign[0], f'{{"{sign[0]}"}}')
        return code.written() if isinstance(code, _Selection) else code


class _Selection:
    """`{ $number -> [one] … *[other] … }`."""

    def __init__(self, expression: ast.SelectExpression, text: str, place: str, start: int, end: int) -> None:
        self._text, self.start, self.end = text, start, end
        self.variants = [
            FluentPattern(variant.value, text, f"{place}, {_name(variant.key)}")
            for variant in expression.variants
        ]

    def written(self) -> str:
        """As it stands in the file now."""
        return spliced(self._text, self.start, self.end, self.variants)


def spliced(text: str, start: int, end: int, parts: Sequence[FluentPattern | _Selection]) -> str:
    """A stretch of the file, with parts of it, in order, as they are now."""
    pieces, at = [], start
    for part in parts:
        pieces += [text[at : part.start], part.written()]
        at = part.end
    return "".join([*pieces, text[at:end]])


def _name(key: ast.Identifier | ast.NumberLiteral) -> str:
    return key.name if isinstance(key, ast.Identifier) else key.value


def _span(node: ast.SyntaxNode) -> tuple[int, int]:
    assert node.span is not None
    return node.span.start, node.span.end
