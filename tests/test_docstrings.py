"""Every public method says what it does, unless what it implements has said so.

The linter's rule for this (D102) asks for a docstring at every override, too, and gets `See the base class.`
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """A module: its classes, and the names that it knows."""

    path: Path
    classes: dict[str, ast.ClassDef]
    names: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Source:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        names = {alias.asname or alias.name for node in imported for alias in node.names}
        return cls(path, classes, frozenset({*names, *classes}))


@cache
def sources() -> Sequence[Source]:
    """Read when they are asked for: every process of the suite imports this file."""
    return [Source.read(path) for path in (ROOT / "crosslate").rglob("*.py")]


@cache
def all_classes() -> dict[str, ast.ClassDef]:
    return {name: node for source in sources() for name, node in source.classes.items()}


def bases(node: ast.ClassDef) -> Iterator[str]:
    for base in node.bases:
        name = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(name, ast.Name):
            yield name.id


def is_protocol(name: str) -> bool:
    return name in all_classes() and "Protocol" in bases(all_classes()[name])


def methods(node: ast.ClassDef) -> Iterator[Function]:
    return (m for m in node.body if isinstance(m, Function) and not m.name.startswith("_"))


def described(node: ast.ClassDef) -> set[str]:
    """The methods of which a class, or a base of it, says what they do."""
    own = {method.name for method in methods(node) if ast.get_docstring(method)}
    classes = all_classes()
    return own.union(*(described(classes[base]) for base in bases(node) if base in classes))


def test_every_public_method_is_described() -> None:
    silent = []
    for source in sources():
        protocols = {
            method for name in source.names if is_protocol(name) for method in described(all_classes()[name])
        }
        silent += [
            f"{source.path.relative_to(ROOT)}: {name}.{method.name}"
            for name, node in source.classes.items()
            for method in methods(node)
            if not name.startswith("_") and method.name not in described(node) | protocols
        ]
    assert silent == []
