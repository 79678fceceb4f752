"""Lines that are typed at a terminal: nothing of them is to be translated."""

from __future__ import annotations

import re

_NAMES = (
    "sudo|git|npm|npx|yarn|pnpm|pip3?|python3?|node|cargo|go|docker|kubectl|apt(?:-get)?|dnf|yum|brew|curl|wget|"
    "ssh|scp|cd|ls|cp|mv|rm|mkdir|cat|echo|export|make|cmake|chmod|chown|tar|grep|systemctl|uv|conda|bash|sh"
)
_AT_PROMPT = re.compile(rf"\$ (?:{_NAMES})(?!\S)")
_BARE = re.compile(rf"(?:{_NAMES}) .{{0,400}}?(?: --?[a-z][\w\-]*(?=[\s=]|$)| (?:&&|\|) (?:{_NAMES})(?!\S))")
"""Without its prompt a command tells itself by an option, or by the command that it is joined to."""


def is_command(line: str) -> bool:
    """Whether a line, without blanks at its ends, is a command."""
    return (_AT_PROMPT if line.startswith("$") else _BARE).match(line) is not None
