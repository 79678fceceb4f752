"""The test set: texts, and by which rules each is held to what must survive; see its README."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "fidelity"


@dataclass(frozen=True, slots=True)
class Item:
    """One text, and its rules by name, each with its argument."""

    id: str
    kind: str
    source_lang: str
    target_lang: str
    text: str
    rules: Mapping[str, Any]
    format: str = "text"
    """As a request has it."""


def read_items(folder: Path, kind: str | None = None) -> list[Item]:
    """The items of a folder of `KIND.jsonl` files, or of one of them.

    Raises:
        ValueError: there is no such kind, or a line is no item.
    """
    files = sorted(folder.glob("*.jsonl"))
    kinds = [file.stem for file in files]
    if not kinds or (kind is not None and kind not in kinds):
        raise ValueError(f"{folder} has no {kind or 'items'}: it has {', '.join(kinds) or 'no *.jsonl'}")
    return [item for file in files if kind in {None, file.stem} for item in _read(file)]


def _read(file: Path) -> Iterator[Item]:
    # Texts may hold what `splitlines` takes for line ends.
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line:
            continue
        try:
            found = json.loads(line)
            text, rules = found.pop("text"), found.pop("rules")
            item = Item(
                f"{file.stem}-{number}",
                file.stem,
                found.pop("from"),
                found.pop("to"),
                text,
                rules,
                found.pop("format", "text"),
            )
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"{file}, line {number} is no item: {error!r}") from None
        if found:
            raise ValueError(f"{file}, line {number} has unknown fields: {', '.join(found)}")
        yield item
