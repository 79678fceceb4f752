"""Whether a decoder's steps can run in the fused kernels here."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

import torch

from models.transformer import EncoderDecoder

if TYPE_CHECKING:
    from models.gpu.step import FusedStep

logger = logging.getLogger(__name__)


def fuse(model: EncoderDecoder, device: torch.device) -> FusedStep | None:
    """The fused step; None on a CPU, or where Triton, or the C compiler that it needs, is missing."""
    if device.type != "cuda":
        return None
    if importlib.util.find_spec("triton") is None:
        logger.warning("triton is not installed: decoding on %s will take about twice as long", device)
        return None
    from models.gpu.launch import linear
    from models.gpu.step import FusedStep

    weight = model.output.weight
    try:
        linear(weight.new_zeros(1, weight.shape[1]), model.output)
    except Exception:  # whatever compiling a kernel may raise: a missing compiler, an unknown device
        logger.warning("no kernels can be compiled for %s: steps will take longer", device, exc_info=True)
        return None
    return FusedStep(model)
