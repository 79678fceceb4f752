"""Where a checkpoint's alignment lives: `alignment.json`."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crosslate.models.engine.request import AttentionSelection
from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.specs.spec_numbers import is_whole_number
from crosslate.models.whole_file import write_whole

# Measured on the XL-WA en-pt development set in both directions; the error rate is flat around it.
SYMMETRIC_THRESHOLD = 0.3

ALIGNMENT_FILE = "alignment.json"
"""Beside a checkpoint, where something was found out about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentConfig:
    """Where a checkpoint's alignment lives: data, from `alignment.json` beside it or the family's prior."""

    layer: int
    heads: tuple[int, ...] | None = None
    row: Literal["input", "output"] = "input"
    threshold: float = SYMMETRIC_THRESHOLD
    """Symmetric links: geometric mean of both directions at least this, see `symmetric_links`."""
    punctuation: bool = False
    """Link final punctuation to final punctuation, whatever the map says (Chen et al. 2020)."""

    encoder_scale: float | None = None
    """Symmetric links where no model translates back: how the encoder's states of both texts are compared,
    see `AlignmentRequest`; None: not at all."""

    @property
    def selection(self) -> AttentionSelection:
        """The cross-attention to ask the engine for."""
        return AttentionSelection(layer=self.layer, heads=self.heads, row=self.row)

    @property
    def everything(self) -> AttentionSelection:
        """Every layer and head, `(L, H, T, S)`, read at the same row."""
        return AttentionSelection(row=self.row)

    def save(self, path: Path) -> None:
        """Write it as `load` reads it; raises `OSError`."""
        content = dataclasses.asdict(self)
        write_whole(path, f"{json.dumps(content, indent=2)}\n".encode())

    @classmethod
    def load(cls, path: Path) -> AlignmentConfig:
        """Read an `alignment.json`; raises `CheckpointError` that names every fault in it."""
        content = read_json(path)
        if faults := _config_faults(content):
            raise CheckpointError(f"{path}: " + "; ".join(faults))
        heads = content.get("heads")
        return cls(
            layer=content["layer"],
            heads=None if heads is None else tuple(heads),
            row=content.get("row", "input"),
            threshold=float(content.get("threshold", SYMMETRIC_THRESHOLD)),
            punctuation=content.get("punctuation", False),
            encoder_scale=content.get("encoder_scale"),
        )


def _config_faults(content: dict[str, object]) -> list[str]:
    known = {field.name for field in dataclasses.fields(AlignmentConfig)} | {"norm"}
    faults = [
        f"unknown key {key!r} (known: {', '.join(sorted(known))})" for key in content if key not in known
    ]
    heads = content.get("heads")
    threshold = content.get("threshold", SYMMETRIC_THRESHOLD)
    if not _is_index(content.get("layer")):
        faults.append("'layer' must be a decoder layer, counted from 0")
    if heads is not None and not (isinstance(heads, list) and heads and all(map(_is_index, heads))):
        faults.append("'heads' must be null (all heads) or a list of head numbers, counted from 0")
    if content.get("row", "input") not in {"input", "output"}:
        faults.append('\'row\' must be "input" or "output"')
    if not _is_share(threshold):
        faults.append("'threshold' must be a number between 0 and 1")
    if not isinstance(content.get("punctuation", False), bool):
        faults.append("'punctuation' must be true or false")
    if not _is_scale(content.get("encoder_scale")):
        faults.append("'encoder_scale' must be a number above 0, or null")
    if content.get("norm", False) not in {False, None}:
        faults.append("'norm': norm-weighted attention is not supported, only false")
    return faults


def _is_index(value: object) -> bool:
    return is_whole_number(value) and value >= 0


def _is_scale(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value is None
    return 0 < value < math.inf


def _is_share(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= 1
        and math.isfinite(value)
    )
