r"""Signs as messages of programs have them: `You\'ve mail` in Android's, `Don''t` in Java's, `Wait\u2026`."""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected import icu
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passage_forms import AS_IT_IS, Forms

_IN_WORD = re.compile(r"[^\W\d_]''[^\W\d_]")
_OF_WIKI = re.compile(r"(?<!')'{3}(?!['{\s])|\[\[[^\[\]\n]+\]\]")
_BY_NUMBER = re.compile(r"(?<!\\)\\u(?P<number>[0-9a-fA-F]{4})")
_STRING = re.compile(r"(?P<mark>[\"'])(?P<words>(?:(?!(?P=mark))[^\\]|\\.)*+)(?P=mark)[,;]?")
_AMID_LETTERS = re.compile(r"(?<=[^\W\d_]')[^\W\d_]")


def with_read_quotes(text: DerivedText) -> tuple[DerivedText, Forms]:
    """The text with the marks that these stand for, and how those of its translation are to be written."""
    if "\\" not in text.text and "''" not in text.text:
        return text, AS_IT_IS
    edits: list[tuple[Span, str]] = []
    written: dict[str, str] = {}
    for mark in "'\"":
        found = _escaped(text.text, mark)
        num_bare = text.text.count(mark) - len(found)
        # Beside bare ones double marks are a string of a program, all of it; single ones are slips.
        if found and num_bare <= (len(found) if mark == "'" else 0):
            edits += ((span, mark) for span in found)
            written[mark] = f"\\{mark}"
    for match in _BY_NUMBER.finditer(text.text):
        sign = chr(int(match["number"], 16))
        if sign.isprintable() and not sign.isascii():
            edits.append((match.span(), sign))
            written[sign] = match.group()
    only_before: dict[str, re.Pattern[str]] = {}
    doubled = [] if "'" in written or _has_cases(text.text) or is_of_wiki(text.text) else _doubled(text.text)
    if doubled and _IN_WORD.search(text.text):
        if text.text.count("'") > 2 * len(doubled):  # `'{0}'` beside them stands for itself
            only_before["'"] = _AMID_LETTERS
            doubled = [(match.start() + 1, match.end() - 1) for match in _IN_WORD.finditer(text.text)]
        edits += ((span, "'") for span in doubled)
        written["'"] = "''"
    elif doubled and '"' not in text.text and "`" not in text.text:
        edits += ((span, '"') for span in doubled)  # typed for want of a double one: `5''`, `''so''`
        written['"'] = "''"
    if not edits:
        return text, AS_IT_IS
    return text.edited(sorted(edits)), Forms(written, only_before)


def is_of_wiki(text: str) -> bool:
    """Whether two such marks are emphasis in a text, as wikis have it: `[[Porto]] is a ''city''`."""
    return "''" in text and _OF_WIKI.search(text) is not None


def string_inside(text: str, start: int, end: int) -> Span | None:
    r"""What is in a string of a program that is all of a text: `"Say \"yes\"!"`."""
    match = _STRING.fullmatch(text, start, end)
    if match is None or f"\\{match['mark']}" not in match["words"]:
        return None
    return match.span("words")


def _escaped(text: str, mark: str) -> list[Span]:
    return [match.span() for match in re.finditer(rf"(?<!\\)\\{mark}", text)]


def _doubled(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"(?<!')''(?!')", text)]


def _has_cases(text: str) -> bool:
    return "{" in text and bool(icu.arguments(text))
