"""Networks that are here, as if they were still to be read."""

from __future__ import annotations

from typing import TypeVar

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.int8.int8_network import read_int8
from crosslate.models.network.transformer import EncoderDecoder

N = TypeVar("N", bound=StoredNetwork)


def stored(model: EncoderDecoder, kind: type[N]) -> N:
    """The same network, without values; the model keeps its own."""
    tensors = StoredTensors(dict(model.named_parameters()))
    return kind(model.spec, lambda name: (name,), tensors, origin="here")


def int8_of(model: EncoderDecoder) -> EncoderDecoder:
    """Its int8 form; the model stays as it is."""
    return read_int8(stored(model, StoredNetwork))
