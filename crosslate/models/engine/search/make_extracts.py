"""From generation parameters to the search for extracts that follows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.extraction import Extraction
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams
from crosslate.models.engine.search.extracts import ExtractSearch, ExtractSettings


def make_extract_search(
    extraction: Extraction,
    params: GenerationParams,
    source_ids: Sequence[int],
    limits: RunnerLimits,
    max_new_tokens: int,
) -> ExtractSearch:
    """The search that `params`, defaults applied, ask for.

    Beams, lengths and the number of sequences count. With `do_sample` passages are drawn, without
    replacement, in proportion to `exp(salience / temperature)`. What restricts tokens is of no matter to
    copies.
    """
    num_beams = params.num_beams or 1
    settings = ExtractSettings(
        num_beams=num_beams,
        num_return_sequences=min(params.num_return_sequences or 1, num_beams),
        min_new_tokens=params.min_new_tokens or 0,
        max_new_tokens=max_new_tokens,
    )
    noise = _gumbel(len(extraction.passages), params) if params.do_sample else None
    return ExtractSearch(extraction, source_ids, limits.eos_token_ids[0], settings, noise)


def _gumbel(count: int, params: GenerationParams) -> FloatArray:
    """The highest of sums with such noise are a sample (Kool et al. 2019): (N,)."""
    temperature = 1.0 if params.temperature is None else params.temperature
    drawn = np.random.default_rng(params.seed).gumbel(scale=temperature, size=count)
    return drawn.astype(np.float32)
