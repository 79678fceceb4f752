"""What is asked of the options in a Marian file, of whatever network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crosslate.models.errors import CheckpointError
from crosslate.models.specs.spec_numbers import is_whole_number


def is_size(value: object) -> bool:
    """Whether it is a whole number from 1."""
    return is_whole_number(value) and value > 0


def vocabulary_sizes(options: Mapping[str, Any]) -> tuple[int, int]:
    """Those of source and target; raises `CheckpointError` where the options do not say them."""
    if fault := _vocabularies_fault(options):
        raise CheckpointError(f"this Marian network is not supported: {fault}")
    source, target = options["dim-vocabs"]
    return source, target


def _vocabularies_fault(options: Mapping[str, Any]) -> str | None:
    vocabs = options.get("dim-vocabs")
    if isinstance(vocabs, list) and len(vocabs) == 2 and all(map(is_size, vocabs)):
        return None
    return f"dim-vocabs is {vocabs!r}, expected the sizes of one source and one target vocabulary"


def size_faults(options: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Sizes that are none, and those of the vocabularies."""
    for name in names:
        if not is_size(options.get(name)):
            yield f"{name} is {options.get(name)!r}, expected a number from 1"
    if fault := _vocabularies_fault(options):
        yield fault


def unsupported_values(
    options: Mapping[str, Any], allowed_values: Mapping[str, Sequence[Any]]
) -> Iterator[str]:
    """Options that have none of the allowed values; an absent one has the first."""
    for name, allowed in allowed_values.items():
        if options.get(name, allowed[0]) not in allowed:
            yield f"{name} is {options[name]!r}, supported: {', '.join(map(repr, allowed))}"
