"""Markdown as plain text: without its marks, but for those that plain text has, too."""

from __future__ import annotations

import re

from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.markdown.inline_marks import InlineMarks
from crosslate.service.pipeline.layout.markdown.markdown import read_tokens
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.text.readable import (
    FENCE,
    HEADING,
    ITEM,
    ROW,
    Break,
    ReadableText,
    ReadableWriter,
)

_ITEM_BEFORE = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_MARKS = re.compile(r"\A`+ ?| ?`+\Z|</?[a-zA-Z][\w-]*(?:\s[^>]*)?/?>|\A<|>\Z")
"""Of what is protected: around code, and around an address."""
_CELLS = ("td_open", "th_open")


def readable_markdown(sent: str) -> ReadableText:
    """The text of a Markdown document.

    Left out are HTML blocks, front matter, indented code, rules and the addresses of links.
    """
    whole = DerivedText.of(sent)
    out = ReadableWriter(sent)
    row = -1
    for token, before, places in read_tokens(sent):
        if token.type == "html_block":
            continue
        is_cell = before.type in _CELLS
        if is_cell and token.map:
            is_new, row = token.map[0] != row, token.map[0]
            out.end(*((Break.LINE, ROW) if is_new else (Break.CELL, "")))
        elif token.type == "fence":
            out.end(Break.PARAGRAPH, "" if "```" in token.content else FENCE)
            out.write(whole.part(*places))
            if "```" not in token.content:
                out.end_code()
            out.end(Break.PARAGRAPH)
            continue
        else:
            out.end(*_beginning(sent, before, places[0]))
        for number, passage in enumerate(InlineMarks(sent, token, places, is_cell=is_cell).passages(whole)):
            if number:
                out.end(Break.LINE)
            if (seen := _seen(passage)).text.strip():
                out.write(seen)
        out.end(Break.CELL if is_cell else Break.LINE if before.hidden else Break.PARAGRAPH)
    return out.written()


def _seen(passage: Passage) -> DerivedText:
    """The words of a passage, code and addresses without their marks."""
    edits: list[tuple[Span, str]] = []
    for span, _ in passage.protected:
        place = place_in(passage.text, span)
        if place is not None:
            inside = _MARKS.finditer(passage.text.text[slice(*place)])
            edits += (((place[0] + mark.start(), place[0] + mark.end()), "") for mark in inside)
    return passage.text.edited(edits)


def _beginning(sent: str, before: Token, place: int) -> tuple[Break, str]:
    """What stands before the words at a place that are in no table, and what they are marked as."""
    if before.type == "heading_open":
        return Break.PARAGRAPH, HEADING
    start = max(sent.rfind("\n", 0, place), sent.rfind("\r", 0, place)) + 1
    is_item = _ITEM_BEFORE.fullmatch(sent, start, place) is not None
    return (Break.LINE if before.hidden else Break.PARAGRAPH), ITEM if is_item else ""
