"""What is asked of the options in a Marian file, of whatever network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def is_size(value: object) -> bool:
    """Whether it is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def size_faults(options: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Sizes that are none, and those of the vocabularies."""
    for name in names:
        if not is_size(options.get(name)):
            yield f"{name} is {options.get(name)!r}, expected a number from 1"
    vocabs = options.get("dim-vocabs")
    if not (isinstance(vocabs, list) and len(vocabs) == 2 and all(map(is_size, vocabs))):
        yield f"dim-vocabs is {vocabs!r}, expected the sizes of one source and one target vocabulary"


def unsupported_values(
    options: Mapping[str, Any], allowed_values: Mapping[str, Sequence[Any]]
) -> Iterator[str]:
    """Options that have none of the allowed values; an absent one has the first."""
    for name, allowed in allowed_values.items():
        if options.get(name, allowed[0]) not in allowed:
            yield f"{name} is {options[name]!r}, supported: {', '.join(map(repr, allowed))}"
