"""Which tensors of a checkpoint are one: what a configuration says is not always what the file holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor

from models.spec import ModelSpec

OUTPUT = "lm_head.weight"
OUTPUT_BIAS = "final_logits_bias"


def fit_to_tensors(
    spec: ModelSpec, tensors: Mapping[str, Tensor], copies: Mapping[str, str | None]
) -> ModelSpec:
    """The spec with what only the file knows, by the rules of `transformers`.

    An output projection that differs from the embedding is not tied, whatever the configuration says, and
    where no output bias is stored there is none.
    """
    output, table = tensors.get(OUTPUT), tensors.get(copies.get(OUTPUT) or "")
    is_tied = spec.tie_output and (output is None or table is None or torch.equal(output, table))
    return dataclasses.replace(
        spec, tie_output=is_tied, output_bias=spec.output_bias and OUTPUT_BIAS in tensors
    )


def with_originals(tensors: Mapping[str, Tensor], copies: Mapping[str, str | None]) -> dict[str, Tensor]:
    """The tensors, with a stored copy under its original's name where only the copy was stored."""
    complete = dict(tensors)
    for copy, original in copies.items():
        if original is not None and copy in tensors:
            complete.setdefault(original, tensors[copy])
    return complete
