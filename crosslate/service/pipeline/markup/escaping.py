"""How characters are written in marked-up text: as the source has them, and so that none becomes markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.entities import html5

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.markup.blocks import Item, Part
from crosslate.service.pipeline.markup.options import MarkupFormat
from crosslate.service.pipeline.text.passage_forms import Forms

_ALWAYS = {"&": "&amp;", "<": "&lt;"}
_NAMES_WITHOUT_END = "|".join(sorted(name for name in html5 if not name.endswith(";")))
_TAKEN_FOR_MARKUP = {"&": re.compile(rf"#|\w+;|{_NAMES_WITHOUT_END}"), "<": re.compile(r"[A-Za-z/!?]")}
"""What a character begins markup before; anywhere else HTML has it for itself."""


def forms_of(text: str, items: Sequence[Item], markup: MarkupFormat) -> Forms:
    """Those of a block: signs as they are written in it; letters are never written by their names."""
    written, bare, named = dict(_ALWAYS), set[str](), set[str]()
    for item in items:
        if item.part is not Part.WORDS:
            continue
        source = text[slice(*item.span)]
        if item.text == source:
            if "&" in source or "<" in source:
                bare |= _TAKEN_FOR_MARKUP.keys() & set(source)
        elif len(item.text) == 1 and not item.text.isalnum():
            written[item.text] = source
            named.add(item.text)
    if markup == "xml":
        written |= {sign: f"\\{sign}" for _, sign in escaped_quotes(text, items)}
    only_before = {one: _TAKEN_FOR_MARKUP[one] for one in bare - named}
    return Forms(written, only_before if markup == "html" else {})


def escaped_quotes(text: str, items: Sequence[Item]) -> list[tuple[Span, str]]:
    r"""Where a block has `\'` or `\"`, as Android's strings do, and what each is; none beside bare ones."""
    words = [item.span for item in items if item.part is Part.WORDS]
    found: list[tuple[Span, str]] = []
    for sign in "'\"":
        escaped = re.compile(rf"\\{sign}")
        spans = [match.span() for span in words for match in escaped.finditer(text, *span)]
        num_signs = sum(text.count(sign, *span) for span in words)
        if spans and len(spans) == num_signs:
            found += ((span, sign) for span in spans)
    return sorted(found)
