"""Scalars of YAML, written anew in the style of their file, or in quotes where that cannot be."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
"""What may stand before a value: a name for it, or its type."""
_INDENT = "  "
_BLOCKS = frozenset({"|", ">"})


def composed(text: str) -> yaml.Node | None:
    """The root of a text of YAML; raises what PyYAML does, and `RecursionError`."""
    root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return root


def span_of(node: yaml.ScalarNode, text: str) -> tuple[int, int]:
    """Where a scalar stands: without what names it, and the blank lines behind it."""
    start, end = node.start_mark.index, node.end_mark.index
    properties = _PROPERTIES.match(text, start, end)
    start = start if properties is None else properties.end()
    return start, start + len(text[start:end].rstrip())


def written(node: yaml.ScalarNode, raw: str, text: str, *, is_in_flow: bool) -> str:
    """A text in the place of a scalar.

    Args:
        node: the scalar.
        raw: as it stands in the file.
        text: what it is to say; the line ends around it stay as they are.
        is_in_flow: whether it stands in brackets or braces.
    """
    start, end = ("[", "]") if is_in_flow else ("a: ", "\n")
    said = _with_ends_of(node.value, text)
    for candidate in _candidates(node.style or "", raw, said):
        found = _only_value(f"{start}{candidate}{end}")
        if isinstance(found, yaml.ScalarNode) and found.tag == node.tag and _is_same(found, said):
            return candidate
    dumped: str = yaml.dump(said, default_style='"', allow_unicode=True, width=sys.maxsize)
    return dumped.rstrip("\n")


def _only_value(text: str) -> yaml.Node | None:
    try:
        node = composed(text)
    except (yaml.YAMLError, RecursionError):
        return None
    if not isinstance(node, yaml.CollectionNode) or len(node.value) != 1:
        return None
    found: yaml.Node = node.value[0][1] if isinstance(node, yaml.MappingNode) else node.value[0]
    return found


def _is_same(found: yaml.ScalarNode, text: str) -> bool:
    """How many line ends are behind a block is said by what stands behind it."""
    if found.style in _BLOCKS:
        return bool(found.value.rstrip("\n") == text.rstrip("\n"))
    return bool(found.value == text)


def _candidates(style: str, raw: str, text: str) -> Iterator[str]:
    if style == "'":
        yield "'{}'".format(text.replace("'", "''"))
    elif style in _BLOCKS:
        yield _block(style, raw, text.strip("\n"))
    elif not style:
        yield text


def _block(style: str, raw: str, text: str) -> str:
    header, _, body = raw.partition("\n")
    first = next((line for line in body.split("\n") if line.strip()), _INDENT)
    indent = first[: len(first) - len(first.lstrip(" "))]
    # A line end of a folded text is an empty line.
    lines = (text if style == "|" else text.replace("\n", "\n\n")).split("\n")
    line_end = "\r\n" if header.endswith("\r") else "\n"
    return f"{header}\n" + line_end.join(f"{indent}{line}" if line else "" for line in lines)


def _with_ends_of(old: str, new: str) -> str:
    core = old.strip("\n")
    if not core:
        return new
    start = old.index(core)
    return old[:start] + new.strip("\n") + old[start + len(core) :]
