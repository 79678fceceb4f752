"""That a checkpoint extracts, and how it weighs what it extracts: data, from `extraction.json` beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosslate.models.engine.extraction import SalienceWeights
from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json

_ENGINE_WEIGHTS = ("centrality", "probability", "redundancy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionConfig:
    """A summary is to be made of whole sentences of its source, chosen by these weights."""

    languages: tuple[str, ...] = ()
    """Of the texts that the weights are for; empty: any."""
    engine: SalienceWeights = field(default_factory=SalienceWeights)
    """What the engine weighs itself."""
    features: Mapping[str, float] = field(default_factory=dict)
    """By the names that whoever reads the text has for what it counts there."""

    @classmethod
    def load(cls, path: Path) -> ExtractionConfig:
        """Raises `CheckpointError` for values that no extraction has."""
        given = read_json(path)
        unknown = given.keys() - {"languages", "features", *_ENGINE_WEIGHTS}
        if unknown:
            raise CheckpointError(f"{path} has unknown keys: {', '.join(sorted(unknown))}")
        languages, features = given.get("languages", []), given.get("features", {})
        if not isinstance(languages, list) or not all(isinstance(lang, str) for lang in languages):
            raise CheckpointError(f"{path}: languages is {json.dumps(languages)}, not a list of codes")
        if not isinstance(features, dict):
            raise CheckpointError(f"{path}: features is {json.dumps(features)}, not an object of weights")
        weights = {name: _number(path, name, given.get(name, 0.0)) for name in _ENGINE_WEIGHTS}
        return cls(
            languages=tuple(languages),
            engine=SalienceWeights(**weights),
            features={name: _number(path, name, weight) for name, weight in features.items()},
        )


def _number(path: Path, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CheckpointError(f"{path}: {name} is {json.dumps(value)}, not a number")
    return float(value)
