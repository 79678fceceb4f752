"""Whether a decoder's steps can run in the fused kernels here."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

import torch

from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention
from crosslate.models.layers.layers import FeedForward
from crosslate.models.layers.ssru import SSRU
from crosslate.models.network.decoder_layers import DecoderLayer, StepLayer
from crosslate.models.network.transformer import EncoderDecoder

if TYPE_CHECKING:
    from crosslate.models.gpu.step import FusedStep

logger = logging.getLogger(__name__)


def fuse(model: EncoderDecoder, device: torch.device) -> FusedStep | None:
    """The fused step; None on a CPU, for other layers, or where Triton, or a C compiler, is missing."""
    if device.type != "cuda" or not all(map(_has_kernels, model.decoder.layers)):
        return None
    if importlib.util.find_spec("triton") is None:
        logger.warning("triton is not installed: decoding on %s will take about twice as long", device)
        return None
    from crosslate.models.gpu.launch import linear
    from crosslate.models.gpu.step import FusedStep

    weight = model.output.weight
    try:
        linear(weight.new_zeros(1, weight.shape[1]), model.output)
    except Exception:  # whatever compiling a kernel may raise: a missing compiler, an unknown device
        logger.warning("no kernels can be compiled for %s: steps will take longer", device, exc_info=True)
        return None
    return FusedStep(model)


def _has_kernels(layer: StepLayer) -> bool:
    return (
        type(layer) is DecoderLayer
        and type(layer.mixer) in {SSRU, CausalSelfAttention}
        and type(layer.cross) is CrossAttention
        and type(layer.feed_forward) is FeedForward
    )
