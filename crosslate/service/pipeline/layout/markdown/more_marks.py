"""Inline marks beyond CommonMark: `==marked==`, `++added++`, `H~2~O`, `||hidden||`, `{--taken out--}`."""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

SPAN = "span"
"""In a token's `meta`: where it stands in the content of its inline token."""

_MARKS = (
    r"(?P<mark>==|\+\+|\|\|)(?<!\w(?P=mark))(?=[^\s=+|])(?P<words>[^\n]{1,300}?)(?<=[^\s=+|])(?P<end>(?P=mark))(?![\w=+|])",
    r"(?P<low>[\^~])(?<![~\^](?P=low))(?P<raised>[^\s\^~\[\]]{1,40})(?P<end_low>(?P=low))(?!(?P=low))",
    r"\{(?P<critic>\+\+|--|==|>>)(?P<edited>[^\n]{1,300}?)(?P<end_critic>(?:\+\+|--|==|<<)\})",
)
_MARKED = re.compile("|".join(_MARKS))
_ENDS_TEXT = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{|}~]")
_KEYS = (
    "alt|alt-gr|backspace|break|caps-lock|cmd|command|control|ctrl|del|delete|down|end|enter|esc|escape|fn|home|ins|"
    r"insert|left|menu|meta|num-lock|option|page-down|page-up|pause|return|right|shift|space|super|tab|up|win|windows"
    r"|f\d{1,2}|[a-z\d]"
)
_KEY_PRESSES = re.compile(rf"(?:{_KEYS})(?:\+(?:{_KEYS}|[^\s+]))*", re.IGNORECASE)
"""`++ctrl+alt+delete++`: keys."""


def text_until_marks(state: StateInline, silent: bool) -> bool:
    """Plain text up to what may be a mark, a bar among them."""
    found = _ENDS_TEXT.search(state.src, state.pos, state.posMax)
    end = state.posMax if found is None else found.start()
    if end == state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def more_marks(state: StateInline, silent: bool) -> bool:
    """A mark, its words and its end; of keys, and of signs and figures raised or lowered, all as code."""
    match = _MARKED.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        if _is_code(match):
            state.push("code_inline", "", 0).meta[SPAN] = match.span()
        else:
            _push(state, match)
    state.pos = match.end()
    return True


def _is_code(match: re.Match[str]) -> bool:
    if match["raised"] is not None:
        return not any(map(str.isalpha, match["raised"]))
    return match["mark"] == "++" and _KEY_PRESSES.fullmatch(match["words"]) is not None


def _push(state: StateInline, match: re.Match[str]) -> None:
    group = "words" if match["words"] is not None else "raised" if match["raised"] is not None else "edited"
    (start, end), (first, last), whole = match.span(), match.span(group), state.posMax
    state.push("mark_open", "", 1).meta[SPAN] = (start, first)
    state.pos, state.posMax = first, last
    state.md.inline.tokenize(state)
    state.posMax = whole
    state.push("mark_close", "", -1).meta[SPAN] = (last, end)
