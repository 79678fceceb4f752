"""An int8 network's weights by name, as they are packed, and back into a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor, nn

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.mapped_tensors import DamagedError, NamedTensors
from crosslate.models.int8.int8_network import filled_but_for_matrices
from crosslate.models.int8.quantization import Int8Embedding, Int8Linear, Int8Output, Int8Rows
from crosslate.models.layers.layers import Embedding, Linear
from crosslate.models.native.packed_weights import PackedWeights
from crosslate.models.network.transformer import EncoderDecoder

_PARTS = ("panels", "orders", "places", "sums", "scales", "bias", "centers", "offsets")
"""Of `PackedWeights`."""


def named_weights(model: EncoderDecoder) -> NamedTensors:
    """Of a network whose linear layers and embeddings are int8, made for these kernels."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, tuple[int, ...]] = {}
    tables: set[int] = set()
    for path, module in model.named_modules():
        if isinstance(module, Int8Linear):
            packed = module.packed
            numbers[path] = (packed.num_outputs, packed.num_inputs, packed.levels)
            tensors |= {f"{path}.{part}": tensor for part, tensor in _parts(packed)}
        if isinstance(module, Int8Embedding):
            numbers[path] = tuple(module.rows.values.shape)
        # The output projection may have the table of an embedding, which comes first.
        if isinstance(module, Int8Embedding | Int8Output) and id(module.rows) not in tables:
            tables.add(id(module.rows))
            tensors |= {f"{path}.rows": module.rows.values, f"{path}.steps": module.rows.scales}
    return NamedTensors(tensors, numbers)


def check_fit(model: EncoderDecoder, kept: NamedTensors) -> None:
    """Raise `DamagedError` unless they are those of such a network, which is as yet without values."""
    shapes = {
        path: tuple(module.weight.shape)
        for path, module in model.named_modules()
        if isinstance(module, Linear | Embedding)
    }
    if shapes != {path: tuple(numbers[:2]) for path, numbers in kept.numbers.items()}:
        raise DamagedError("it holds another network")


def fill_with(stored: StoredNetwork, kept: NamedTensors) -> EncoderDecoder:
    """The network with int8 weights that are here, and all else from where it is stored."""
    return put_weights(filled_but_for_matrices(stored), kept)


def put_weights(model: EncoderDecoder, kept: NamedTensors) -> EncoderDecoder:
    """Give a network these weights in the place of those that it has, or has not yet."""
    for module, name, path, linear in list(_linears(model)):
        setattr(module, name, Int8Linear.of_packed(_packed(kept, path), linear.bias))
    source, target = model.encoder.embedding, model.decoder.embedding
    rows = _rows(kept.tensors, "encoder.embedding")
    model.encoder.embedding = Int8Embedding(rows, source.scale)  # type: ignore[assignment]
    if target is source:
        model.decoder.embedding = model.encoder.embedding
    else:
        rows = _rows(kept.tensors, "decoder.embedding")
        model.decoder.embedding = Int8Embedding(rows, target.scale)  # type: ignore[assignment]
    if "output.rows" in kept.tensors:
        rows = _rows(kept.tensors, "output")
    output = Int8Output.of_packed(_packed(kept, "output"), model.output.bias)
    output.rows = rows
    model.output = output  # type: ignore[assignment]
    return model


def _linears(model: EncoderDecoder) -> Iterator[tuple[nn.Module, str, str, Linear | Int8Linear]]:
    """All but the output projection: whose it is, its name there, its path."""
    for parent, module in model.named_modules():
        for name, child in module.named_children():
            if isinstance(child, Linear | Int8Linear) and child is not model.output:
                yield module, name, f"{parent}.{name}".removeprefix("."), child


def _parts(packed: PackedWeights) -> Iterator[tuple[str, Tensor]]:
    for part in _PARTS:
        tensor = getattr(packed, part)
        is_told = part == "offsets" and tensor is packed.bias
        if tensor is not None and not is_told:
            yield part, tensor


def _packed(kept: NamedTensors, path: str) -> PackedWeights:
    outputs, inputs, levels = kept.numbers[path]
    parts = {part: kept.tensors.get(f"{path}.{part}") for part in _PARTS}
    if parts["offsets"] is None:
        parts["offsets"] = parts["bias"]
    return PackedWeights(**parts, num_outputs=outputs, num_inputs=inputs, levels=levels)  # type: ignore[arg-type]


def _rows(tensors: Mapping[str, Tensor], path: str) -> Int8Rows:
    return Int8Rows(tensors[f"{path}.rows"], tensors[f"{path}.steps"])
