"""Notes and warnings with a title, as sites of documentation have them: `!!! note "Title"`, `:::note Title`.

The first kind is MkDocs', with its text indented below it; the second of Docusaurus, VitePress and MyST.
"""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock

from crosslate.models.tokenizers.tokenizer import Span

_INDENTED = re.compile(
    r"(?:(?:!!!|\?\?\?\+?)[ ]?[\w\-]{1,30}(?:[ ][\w\-]{1,30}){0,4}(?:[ ]+\"(?P<quoted>[^\"\n]{0,200})\")?"
    r"|===[!+]?[ ]+\"(?P<tab>[^\"\n]{0,200})\")[ \t]*(?:\n[ \t]*|\Z)"
)
_FENCED = re.compile(
    r":{3,}[ ]?(?:\{[^{}\n]{1,80}\}|[\w\-]{1,30}"
    r"(?:\[(?P<bracketed>[^\[\]\n]{0,200})\])?(?:[ ]?\{[^{}\n]{1,80}\})?)"
    r"(?:[ \t]+(?P<title>[^\s{][^\n]{0,200}?))?[ \t]*(?:\n[ \t]*|\Z)"
)
_EDGE = re.compile(
    r":{3,}(?:[ ]?(?:\{[^{}\n]{1,80}\}|[\w\-]{1,30}))?[ \t]*(?:\r?\n[ \t>]*|\Z|(?=\r?\n)|(?=\S))"
)
"""What opens or closes one of the second kind, up to its title."""
_INDENT = 4


def opening(content: str) -> list[Span] | None:
    """What is no words of a paragraph that begins as one of these: what stands around the title."""
    match = _INDENTED.match(content) or _FENCED.match(content)
    if match is None:
        return None
    groups = ("quoted", "tab") if match.re is _INDENTED else ("bracketed", "title")
    titles = [match.span(group) for group in groups if match[group]]
    places = [0, *(place for title in titles for place in title), match.end()]
    return [span for span in zip(places[::2], places[1::2], strict=True) if span[0] < span[1]]


def end_of_edge(sent: str, start: int) -> int | None:
    """Where such an edge ends that a line begins with; None where it begins with none."""
    edge = _EDGE.match(sent, start) if sent.startswith(":::", start) else None
    return None if edge is None else edge.end()


def admonition(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A line of the first kind, and what is indented below it, which is Markdown rather than code."""
    begin = state.bMarks[first] + state.tShift[first]
    line = state.src[begin : state.eMarks[first]]
    if state.is_code_block(first) or _INDENTED.fullmatch(line.rstrip()) is None:
        return False
    if silent:
        return True
    last = _last_line(state, first + 1, end)
    state.push("paragraph_open", "p", 1).map = [first, first + 1]
    text = state.push("inline", "", 0)
    text.content, text.map, text.children = line.strip(), [first, first + 1], []
    state.push("paragraph_close", "p", -1)
    indent, num_lines = state.blkIndent, state.lineMax
    state.blkIndent, state.lineMax = indent + _INDENT, last
    state.level += 1  # as of lists: only so many are read that stand within each other
    state.md.block.tokenize(state, first + 1, last)
    state.level -= 1
    state.blkIndent, state.lineMax, state.line = indent, num_lines, last
    return True


def _last_line(state: StateBlock, line: int, end: int) -> int:
    """Behind the lines that are indented."""
    last = line
    while line < end and (state.isEmpty(line) or state.sCount[line] - state.blkIndent >= _INDENT):
        line += 1
        last = last if state.isEmpty(line - 1) else line
    return last
