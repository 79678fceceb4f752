"""Markdown's inline marks with the places that they have in the text: `markdown-it` itself only tells lines.

Each of its rules knows where in the line it stands when it makes a token: the token's `meta` gets the span.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    html_inline,
    image,
    link,
    newline,
    strikethrough,
)
from markdown_it.token import Token

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.markdown.admonitions import admonition
from crosslate.service.pipeline.layout.markdown.more_marks import SPAN, more_marks, text_until_marks

LABEL = "label"
"""In the `meta` of an image: where its description stands; of a closing link: the words of the link."""

_Rule = Callable[[StateInline, bool], bool]
_FOOTNOTE_TEXT = re.compile(r"\[\^[^\]\s]{1,60}\]:[ \t]+\S")
_DEFINED = re.compile(r"\[[^\]\s][^\]]{0,200}\]:[ \t]")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:?")


def parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; every inline token but plain text has its span."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # Both join tokens of text, and the spans of what they join would be lost.
    markdown.disable(["text_join", "fragments_join"])
    rules: dict[str, _Rule] = {
        "newline": newline,
        "escape": escape,
        "backticks": backtick,
        "autolink": autolink,
        "html_inline": html_inline,
        "entity": entity,
    }
    for name, rule in rules.items():
        markdown.inline.ruler.at(name, _placed(rule))
    for name, rule in (("emphasis", emphasis.tokenize), ("strikethrough", strikethrough.tokenize)):
        markdown.inline.ruler.at(name, _delimiters_placed(rule))
    markdown.inline.ruler.at("link", _link_placed)
    markdown.inline.ruler.at("image", _image_placed)
    markdown.inline.ruler.before("link", "footnote", _placed(_footnote))
    markdown.inline.ruler.at("text", text_until_marks)
    markdown.inline.ruler.after("strikethrough", "more_marks", more_marks)
    markdown.block.ruler.before("code", "admonition", admonition, {"alt": ["paragraph", "reference"]})
    markdown.block.ruler.before(
        "reference", "footnote_text", _footnote_text, {"alt": ["paragraph", "reference"]}
    )
    return markdown


def span_of(token: Token) -> Span:
    """Where an inline token stands; of both characters of a strong mark."""
    start, end = token.meta[SPAN]
    if token.type == "strong_open":
        return start - 1, end
    return (start, end + 1) if token.type == "strong_close" else (start, end)


def _placed(rule: _Rule) -> _Rule:
    def placed(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            _tell(state.tokens[count:], (start, state.pos))
        return found

    return placed


def _delimiters_placed(rule: _Rule) -> _Rule:
    """Every delimiter is a token of its own; they may become marks later."""

    def placed(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        if found and not silent:
            at = state.pos
            for token in reversed(state.tokens):
                if at == start:
                    break
                _tell([token], (at - len(token.content), at))
                at -= len(token.content)
        return found

    return placed


def _link_placed(state: StateInline, silent: bool) -> bool:
    start, count = state.pos, len(state.tokens)
    if not link(state, silent):
        return False
    if not silent:
        opening = next(token for token in state.tokens[count:] if token.type == "link_open")
        label_end = state.md.helpers.parseLinkLabel(state, start, True)
        _tell([opening], (start, start + 1))
        _tell([state.tokens[-1]], (label_end, state.pos))
        state.tokens[-1].meta[LABEL] = state.src[start + 1 : label_end]
    return True


def _image_placed(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if not image(state, silent):
        return False
    if not silent:
        label_end = state.md.helpers.parseLinkLabel(state, start + 1, False)
        _tell([state.tokens[-1]], (start, state.pos))
        state.tokens[-1].meta[LABEL] = (start + 2, label_end)
    return True


def _footnote(state: StateInline, silent: bool) -> bool:
    match = _FOOTNOTE.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("footnote", "", 0)
    state.pos = match.end()
    return True


def _footnote_text(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A paragraph of its own, up to the next one or the address of a link."""
    if _begins(_FOOTNOTE_TEXT, state, first) is None:
        return False
    if silent:
        return True
    last = first + 1
    while last < end and not state.isEmpty(last) and _begins(_DEFINED, state, last) is None:
        last += 1
    state.line = last
    state.push("paragraph_open", "p", 1).map = [first, last]
    text = state.push("inline", "", 0)
    text.content, text.map, text.children = (
        state.getLines(first, last, state.blkIndent, False).strip(),
        [first, last],
        [],
    )
    state.push("paragraph_close", "p", -1)
    return True


def _begins(pattern: re.Pattern[str], state: StateBlock, line: int) -> re.Match[str] | None:
    return pattern.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])


def _tell(tokens: Sequence[Token], span: Span) -> None:
    for token in tokens:
        token.meta.setdefault(SPAN, span)
