"""Where a checkpoint's alignment most likely lives, if nothing says so."""

from __future__ import annotations

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.specs.spec import ModelSpec


def shift_att(spec: ModelSpec) -> AlignmentConfig:
    """The mean of the heads two thirds of the way up, a step late (Shift-Att, Chen et al. 2020)."""
    return AlignmentConfig(layer=2 * spec.decoder.num_layers // 3, row="input")
