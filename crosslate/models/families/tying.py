"""Which tensors of a checkpoint are one: what a configuration says is not always what the file holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.specs.spec import ModelSpec

OUTPUT = "lm_head.weight"
OUTPUT_BIAS = "final_logits_bias"


def fit_to_tensors(
    spec: ModelSpec, tensors: StoredTensors, copies: Mapping[str, str | None], output: str
) -> ModelSpec:
    """The spec with what only the file knows, by the rules of `transformers`.

    `output` is what the file calls the output projection.

    An output projection that differs from the embedding is not tied, whatever the configuration says, and
    where no output bias is stored there is none.
    """
    is_tied = spec.tie_output and not _differ(output, copies.get(output), tensors)
    return dataclasses.replace(
        spec, tie_output=is_tied, output_bias=spec.output_bias and OUTPUT_BIAS in tensors
    )


def _differ(copy: str, original: str | None, tensors: StoredTensors) -> bool:
    if original is None or copy not in tensors or original not in tensors:
        return False
    return not tensors.are_equal(copy, original)


def name_originals(tensors: StoredTensors, copies: Mapping[str, str | None]) -> None:
    """Give a stored copy its original's name where only the copy was stored."""
    for copy, original in copies.items():
        if original is not None and copy in tensors and original not in tensors:
            tensors.rename(copy, original)
