"""Nothing on the event loop gives Python's lock away for a moment's work.

`regex` does for each match of a text, unless it is told `concurrent=False`. To have the lock back from an
engine's thread takes up to milliseconds, in which nobody else's request goes on either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "crosslate"
MATCHING = {"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
IMPORTING = sorted(path for path in PACKAGE.rglob("*.py") if "import regex" in path.read_text("utf-8"))


def is_regex(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "regex.compile"


def patterns(tree: ast.Module) -> Iterator[str]:
    """The names of a module's patterns, and of the library itself."""
    yield "regex"
    for node in tree.body:
        if isinstance(node, ast.Assign) and is_regex(node.value):
            yield from map(ast.unparse, node.targets)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("crosslate."):
            source = PACKAGE.parent / Path(*node.module.split(".")).with_suffix(".py")
            if source in IMPORTING:
                found = set(patterns(ast.parse(source.read_text("utf-8"))))
                yield from (alias.asname or alias.name for alias in node.names if alias.name in found)


def is_told(call: ast.Call) -> bool:
    return any(keyword.arg == "concurrent" for keyword in call.keywords)


def releasing(path: Path) -> Iterator[str]:
    """Where a module's patterns match without being told."""
    tree = ast.parse(path.read_text("utf-8"))
    names = set(patterns(tree))
    told = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and is_told(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or id(node) in told:
            continue
        if node.attr in MATCHING and ast.unparse(node.value) in names:
            yield f"{path.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node)}"


def test_patterns_keep_the_lock() -> None:
    found = [place for path in sorted(PACKAGE.rglob("*.py")) for place in releasing(path)]
    assert found == []


def test_a_pattern_that_gives_it_away_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    path = tmp_path / "module.py"
    lines = (
        "import regex",
        "_X = regex.compile('x')",
        "_X.search('x', concurrent=False)",
        "map(_X.match, 'x')",
    )
    path.write_text("\n".join(lines))
    assert list(releasing(path)) == ["module.py:4: _X.match"]
