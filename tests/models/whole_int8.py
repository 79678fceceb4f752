"""Int8 made of a float32 network that is whole in memory: what one read layer by layer has to equal."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from crosslate.models.int8.input_centers import center_of, probing_pairs
from crosslate.models.int8.int8_network import _is_sensitive
from crosslate.models.int8.layer_by_layer import Pair
from crosslate.models.int8.quantization import Int8Embedding, Int8Linear, Int8Output, Int8Rows
from crosslate.models.layers.experts import Experts
from crosslate.models.layers.layers import Embedding, Linear
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder

CPU = torch.device("cpu")


def assert_is_whole_int8(
    int8: EncoderDecoder, whole: EncoderDecoder, steps: Mapping[str, Tensor] | None = None
) -> None:
    """Every int8 module computes with the same bytes, and nothing else differs.

    `steps`, by name of a parameter: what its integers stand for, (N,), where the file holds such.
    """
    kernels = load_kernels()
    is_centered = kernels is not None and kernels.isa != "amx"
    expected = whole_int8(whole, whole_centers(whole) if is_centered else {}, steps or {})
    kinds = Int8Linear | Int8Embedding
    found = {name for name, m in int8.named_modules(remove_duplicate=False) if isinstance(m, kinds)}
    assert found == expected.keys()
    for name, module in expected.items():
        assert contents(int8.get_submodule(name)) == contents(module), name
    values = dict(whole.named_parameters()) | dict(whole.named_buffers())
    for name, tensor in (*int8.named_parameters(), *int8.named_buffers()):
        assert torch.equal(tensor, values[name]), name


def whole_centers(model: EncoderDecoder) -> dict[str, Tensor]:
    """By name of a linear layer; a pair after the other passes the network from end to end."""
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as executor:
        return executor.submit(_whole_centers, model, probing_pairs(model)).result()


@torch.inference_mode()
def _whole_centers(model: EncoderDecoder, pairs: list[Pair]) -> dict[str, Tensor]:
    linears = {module: name for name, module in model.named_modules() if isinstance(module, Linear)}
    blocks = [module for module in model.modules() if isinstance(module, Experts)]
    read_by = {expert.inner: block for block in blocks for expert in block.experts}
    seen: dict[nn.Module, list[Tensor]] = {}

    def see(module: nn.Module, inputs: tuple[Tensor]) -> None:
        seen.setdefault(module, []).append(inputs[0].flatten(0, -2).float())

    readers = dict.fromkeys(read_by.get(linear, linear) for linear in linears)
    handles = [reader.register_forward_pre_hook(see) for reader in readers]
    states = torch.cat([_read(model, pair) for pair in pairs])
    seen[model.output] = [model.for_output(states)]
    for handle in handles:
        handle.remove()
    found = {reader: center_of(torch.cat(inputs)) for reader, inputs in seen.items()}
    centers = {name: found.get(read_by.get(linear, linear)) for linear, name in linears.items()}
    return {name: center for name, center in centers.items() if center is not None}


def _read(model: EncoderDecoder, pair: Pair) -> Tensor:
    packing = Packing.of([len(pair.source)], CPU)
    memories = model.project_sources(model.encode(pack_ids([pair.source], CPU), packing), packing)
    return model.decoder.read_targets(
        pack_ids([pair.inputs], CPU), Packing.of([len(pair.inputs)], CPU), memories
    )


def whole_int8(
    model: EncoderDecoder, centers: Mapping[str, Tensor], steps: Mapping[str, Tensor]
) -> dict[str, nn.Module]:
    """By name, what int8 modules take the place of linear layers and embeddings."""
    # By identity: of a matrix that is used twice, one name is known.
    known = {id(parameter): steps.get(name) for name, parameter in model.named_parameters()}
    made: dict[str, nn.Module] = {}
    for parent, module in model.named_modules(remove_duplicate=False):
        for child, layer in module.named_children():
            name = f"{parent}.{child}".removeprefix(".")
            if isinstance(layer, Linear | Embedding):
                rows, center = Int8Rows.of(layer.weight, known[id(layer.weight)]), centers.get(name)
                if isinstance(layer, Embedding):
                    made[name] = Int8Embedding(rows, layer.scale)
                elif layer is model.output:
                    made[name] = Int8Output(rows, layer.bias, centers=center)
                else:
                    is_fine = _is_sensitive(module, child)
                    made[name] = Int8Linear(rows, layer.bias, centers=center, is_fine=is_fine)
    return made


def contents(module: nn.Module) -> dict[str, object]:
    """All that an int8 module computes with, to compare it: bytes, or numbers."""
    rows, packed = getattr(module, "rows", None), getattr(module, "packed", None)
    found: dict[str, object] = {"scale": getattr(module, "scale", None)}
    if rows is not None:
        found |= {"values": _bytes(rows.values), "scales": _bytes(rows.scales)}
    if packed is not None:
        found["levels"] = packed.levels
        for name in ("panels", "orders", "places", "sums", "scales", "bias", "centers", "offsets"):
            found[f"packed {name}"] = _bytes(getattr(packed, name))
    return found


def _bytes(tensor: Tensor | None) -> bytes | None:
    return None if tensor is None else tensor.detach().numpy().tobytes()
