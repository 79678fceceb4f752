"""What each head is worth to the model: how much less likely it finds translations without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.loading import load_model
from crosslate.models.network.silencing import Silencing
from crosslate.service.calibration.pair_reading import ReadablePair, WholePair
from crosslate.service.loading.local import Report, progress_bar
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.settings.config import ModelSettings


def lost_without(
    selection: Selection, pairs: Sequence[WholePair], settings: ModelSettings, report: Report
) -> FloatArray | None:
    """Log-probability (natural) that a token of the translations loses without each head, a mean: (L, H).

    In float32, of which it loads the weights once more, whatever the model is served in: an int8 network's
    roundings may change as much as a head. None where nothing can be read, or silenced; see `Silencing`.
    """
    read = [pair for pair in (ReadablePair.of(one, selection) for one in pairs) if pair is not None]
    if not read:
        return None
    report("Loading the model in float32")
    try:
        silencing = Silencing(load_model(settings.location, device=settings.device, dtype="float32").model)
    except ValueError:
        return None
    lost = []
    for number, pair in enumerate(read):
        report(f"Silencing heads {progress_bar(number / len(read))}")
        lost.append(silencing.lost(pair.source.ids, pair.target.ids).cpu().numpy())
    num_tokens = sum(len(pair.target.ids) for pair in read)
    mean: FloatArray = (np.sum(lost, axis=0) / num_tokens).astype(np.float32)
    return mean
