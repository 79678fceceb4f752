"""Settings in YAML and JSON whose keys are unique: of two values for a key the parsers take the last one.

Both formats forbid repetitions or leave them undefined, so one of the two would be ignored without a word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

_REPEATED = "a key that stands there more than once"
_MERGE = "tag:yaml.org,2002:merge"


class RepeatedKeyError(ValueError):
    """JSON that has a key twice; the message names none, for it may be a secret."""


class _UniqueKeyLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As PyYAML has it, where no key comes again; what `<<` brings in may be overruled."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(problem=_REPEATED, problem_mark=key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def load_yaml(text: str) -> Any:  # noqa: ANN401  (whatever stands there)
    """One document, of plain values only.

    Raises:
        yaml.YAMLError: it is none, or repeats a key.
    """
    return yaml.load(text, Loader=_UniqueKeyLoader)


def load_json(text: str) -> Any:  # noqa: ANN401  (whatever stands there)
    """One value.

    Raises:
        json.JSONDecodeError: it is none.
        RepeatedKeyError: it repeats a key.
    """
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(unique := dict(pairs)) < len(pairs):
        raise RepeatedKeyError(_REPEATED)
    return unique
