"""Putting a checkpoint's tensors into a network. Loading is total: every fault is listed in one error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping

import torch
from torch import Tensor, nn

from crosslate.models.errors import CheckpointError
from crosslate.models.key_map import KeyMap, Part, Zeros
from crosslate.models.transformer import EncoderDecoder

MAX_LISTED = 20


def load_parameters(
    model: EncoderDecoder,
    keys: KeyMap,
    tensors: MutableMapping[str, Tensor],
    *,
    origin: str,
    dtype: torch.dtype = torch.float32,
    copies: Mapping[str, str | None] | None = None,
) -> None:
    """Fill `model` from `tensors`, converted to `dtype`. A foreign (1, N) row may fill a vector of ours.

    `tensors` is emptied on the way, so that checkpoint and network never stand in memory both.

    `copies` names tensors that a checkpoint may hold and the network does not need: copies of tied ones,
    which must be equal to those they name, and (None) those that are computed here.

    Raises:
        CheckpointError: missing, mis-shaped or unknown tensors, all in one list.
    """
    parameters = dict(model.named_parameters())
    parts_of = {name: keys(name) for name in parameters}
    uses = Counter(part for parts in parts_of.values() for part in parts if isinstance(part, str))
    faults = [f"missing: {key}" for key in sorted(uses.keys() - tensors.keys())]
    for key in sorted(tensors.keys() - uses.keys()):
        faults += _superfluous_fault(key, copies or {}, tensors)
        del tensors[key]
    loaded: dict[int, nn.Parameter] = {}
    # The largest first: while it is converted, little else stands in memory.
    for name in sorted(parameters, key=lambda name: -parameters[name].numel()):
        parameter, parts = parameters[name], parts_of[name]
        if any(isinstance(part, str) and part not in tensors for part in parts):
            continue
        values = [_take(part, tensors, uses) for part in parts]
        value = _assemble(values, dtype)
        if value is not None and value.shape == (1, *parameter.shape):
            value = value[0]
        if value is None or value.shape != parameter.shape:
            faults.append(_shape_fault(name, parameter, parts, values))
        else:
            loaded[id(parameter)] = nn.Parameter(value, requires_grad=False)
        del values  # before the next ones are read
    if faults:
        raise CheckpointError(_fault_message(origin, faults))
    _replace(model, loaded)


def row_steps(
    model: EncoderDecoder, keys: KeyMap, steps: Mapping[str, float], tensors: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Our parameters' names -> what an integer stands for in each row (N,), where a file holds integers only.

    `steps` has it for the foreign tensors that are stored as integers.
    """
    found = {}
    for name, _ in model.named_parameters():
        parts = keys(name)
        stored = [part for part in parts if isinstance(part, str) and part in steps]
        if len(stored) == len(parts):
            found[name] = torch.cat([torch.full((len(tensors[part]),), steps[part]) for part in stored])
    return found


def _take(part: Part, tensors: MutableMapping[str, Tensor], uses: Counter[str]) -> Tensor:
    if isinstance(part, Zeros):
        return torch.zeros(part.size)
    uses[part] -= 1
    return tensors[part] if uses[part] else tensors.pop(part)


def _assemble(values: Iterable[Tensor], dtype: torch.dtype) -> Tensor | None:
    values = [value.to(dtype) for value in values]
    if len(values) == 1:
        return values[0]
    if len({v.shape[1:] for v in values}) > 1 or any(v.dim() == 0 for v in values):
        return None
    return torch.cat(values)


def _superfluous_fault(
    key: str, copies: Mapping[str, str | None], tensors: Mapping[str, Tensor]
) -> list[str]:
    if key not in copies:
        return [f"unknown: {key}"]
    original = copies[key]
    if original is None or original not in tensors or torch.equal(tensors[key], tensors[original]):
        return []
    return [f"contradiction: {key} should be tied to {original}, but differs from it"]


def _shape_fault(name: str, parameter: Tensor, parts: tuple[Part, ...], values: list[Tensor]) -> str:
    found = ", ".join(
        f"{p} {list(v.shape)}" for p, v in zip(parts, values, strict=True) if isinstance(p, str)
    )
    return f"mis-shaped: {found} cannot fill {name} {list(parameter.shape)}"


def _fault_message(origin: str, faults: list[str]) -> str:
    listed = "\n  ".join(faults[:MAX_LISTED])
    more = f"\n  and {len(faults) - MAX_LISTED} more" if len(faults) > MAX_LISTED else ""
    return (
        f"{origin} does not hold the network that its configuration describes"
        f" ({len(faults)} faults); is the download whole?\n  {listed}{more}"
    )


def _replace(model: nn.Module, loaded: Mapping[int, nn.Parameter]) -> None:
    # By identity, so that tied parameters stay one tensor.
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False, remove_duplicate=False):
            setattr(module, name, loaded[id(parameter)])
