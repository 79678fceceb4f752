"""A network whose parameters lie in a checkpoint, and are put into it module by module, or all at once.

What a checkpoint holds is looked at as a whole before anything is read: every fault is listed in one error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from crosslate.models.checkpoints.key_map import KeyMap, Part, Zeros
from crosslate.models.checkpoints.stored_tensors import StoredTensors, rows_at_once
from crosslate.models.errors import CheckpointError
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import NetworkSpec

MAX_LISTED = 20
CPU = torch.device("cpu")
Shape = tuple[int, ...]


class StoredNetwork:
    """A network without values, and where they are.

    A tensor is forgotten once the last parameter that has a part of it was read, so that of one that lies in
    memory there are never two.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        keys: KeyMap,
        tensors: StoredTensors,
        *,
        origin: str,
        copies: Mapping[str, str | None] | None = None,
        steps: Mapping[str, float] | None = None,
    ) -> None:
        """A foreign (1, N) row may fill a vector of ours.

        Args:
            spec: what the network is.
            keys: our parameters' names -> the foreign ones.
            tensors: the checkpoint's; they are taken out one by one.
            origin: where they are from, for errors.
            copies: names tensors that a checkpoint may hold and the network does not need: copies of tied
                ones, which must be equal to those they name, and (None) those that are computed here.
            steps: of the foreign tensors that are stored as integers from -127 to 127: what one stands for.

        Raises:
            CheckpointError: missing, mis-shaped or unknown tensors, all in one list.
        """
        with torch.device("meta"):
            self.model = EncoderDecoder(spec)
        self._tensors, self._origin = tensors, origin
        self._steps = steps or {}
        self._names = {parameter: name for name, parameter in self.model.named_parameters()}
        self._shapes = {name: tuple(parameter.shape) for parameter, name in self._names.items()}
        self._filled: WeakValueDictionary[str, nn.Parameter] = WeakValueDictionary()
        self._parts = {name: keys(name) for name in self._shapes}
        self._uses = Counter(
            part for parts in self._parts.values() for part in parts if isinstance(part, str)
        )
        self._part_shapes = {key: tensors.shape(key) for key in self._uses if key in tensors}
        faults = [f"missing: {key}" for key in sorted(self._uses.keys() - tensors.keys())]
        faults += self._superfluous(copies or {})
        faults += self._misfits()
        if faults:
            raise CheckpointError(_fault_message(origin, faults))

    def filled(self, dtype: torch.dtype, device: torch.device = CPU) -> EncoderDecoder:
        """The network with all of its values."""
        self.fill(self.model, dtype, device)
        return self.model.to(device)

    def fill(
        self,
        module: nn.Module,
        dtype: torch.dtype = torch.float32,
        device: torch.device = CPU,
        *,
        leaving: Set[nn.Parameter] = frozenset(),
    ) -> None:
        """Give a part of the network the values that it has not yet. What is tied stays so."""
        for owner in module.modules():
            for name, parameter in list(owner.named_parameters(recurse=False)):
                if parameter.is_meta and parameter not in leaving:
                    setattr(owner, name, self._value(parameter, dtype, device))

    def _value(self, parameter: nn.Parameter, dtype: torch.dtype, device: torch.device) -> nn.Parameter:
        name = self._names[parameter]
        known = self._filled.get(name)
        if known is None:
            value = self._read(name, parameter.shape, dtype).to(device)
            known = self._filled[name] = nn.Parameter(value, requires_grad=False)
            self._forget(name)
        return known

    def _read(self, name: str, shape: Shape, dtype: torch.dtype) -> Tensor:
        value = torch.empty(shape, dtype=dtype)
        self._read_rows(name, 0, value.view(self._stored_shape(name) or (1,)))
        return value

    def blocks(self, name: str) -> Iterator[Tensor]:
        """A matrix (N, K) in float32, some rows at a time; each is overwritten by the next."""
        shape = self._shapes[name]
        if self._stored_shape(name) != shape:
            yield self._read(name, shape, torch.float32)
        else:
            step = rows_at_once(shape)
            block = torch.empty(min(step, shape[0]), *shape[1:])
            for start in range(0, shape[0], step):
                part = block[: shape[0] - start]
                self._read_rows(name, start, part)
                yield part
        self._forget(name)

    def some_rows(self, name: str, ids: Sequence[int]) -> Tensor:
        """Rows of a matrix (N, K), which is still to be read: (len(ids), K) in float32."""
        found = torch.empty(len(ids), *self._shapes[name][1:])
        for row, i in zip(found, ids, strict=True):
            self._read_rows(name, i, row[None])
        return found

    def row_steps(self, name: str) -> Tensor | None:
        """What an integer stands for in each row of a parameter, (N,), where the file holds integers only."""
        parts = self._parts[name]
        steps = [self._steps.get(part) if isinstance(part, str) else None for part in parts]
        known = [step for step in steps if step is not None]
        if len(known) < len(parts):
            return None
        rows = zip(parts, known, strict=True)
        return torch.cat([torch.full((self._num_rows(part),), step) for part, step in rows])

    def _read_rows(self, name: str, start: int, out: Tensor) -> None:
        """Fill `out` (n, ...) with n rows from `start` on of what is stored, one tensor below the other."""
        first = 0
        for part in self._parts[name]:
            size = self._num_rows(part)
            begin, end = max(start, first), min(start + len(out), first + size)
            if begin < end:
                self._read_part(part, begin - first, out[begin - start : end - start])
            first += size

    def _read_part(self, part: Part, start: int, out: Tensor) -> None:
        if isinstance(part, Zeros):
            out.zero_()
        else:
            self._tensors.read_rows(part, start, out)
            if out.sum().isnan():  # much faster than to look at each
                raise CheckpointError(
                    f"{self._origin}: {part} holds what are no numbers (NaN): its training failed, or the "
                    "file is damaged"
                )

    def _forget(self, name: str) -> None:
        for part in self._parts[name]:
            if isinstance(part, str):
                self._uses[part] -= 1
                if not self._uses[part]:
                    del self._tensors[part]

    def _part_shape(self, part: Part) -> Shape:
        return (part.size,) if isinstance(part, Zeros) else self._part_shapes[part]

    def _num_rows(self, part: Part) -> int:
        shape = self._part_shape(part)
        return shape[0] if shape else 1

    def _stored_shape(self, name: str) -> Shape | None:
        """That of all parts of a parameter, one below the other; None where they cannot stand so."""
        shapes = [self._part_shape(part) for part in self._parts[name]]
        if len(shapes) == 1:
            return shapes[0]
        if not all(shapes) or len({shape[1:] for shape in shapes}) > 1:
            return None
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def _misfits(self) -> Iterator[str]:
        for name, shape in self._shapes.items():
            named = [part for part in self._parts[name] if isinstance(part, str)]
            is_there = all(part in self._part_shapes for part in named)
            if is_there and self._stored_shape(name) not in (shape, (1, *shape)):
                found = ", ".join(f"{part} {list(self._part_shape(part))}" for part in named)
                yield f"mis-shaped: {found} cannot fill {name} {list(shape)}"

    def _superfluous(self, copies: Mapping[str, str | None]) -> Iterator[str]:
        """Faults of tensors that no parameter needs; all of these are forgotten."""
        tensors = self._tensors
        for key in sorted(tensors.keys() - self._uses.keys()):
            original = copies.get(key)
            if key not in copies:
                yield f"unknown: {key}"
            elif original is not None and original in tensors and not tensors.are_equal(key, original):
                yield f"contradiction: {key} should be tied to {original}, but differs from it"
            del tensors[key]


def _fault_message(origin: str, faults: list[str]) -> str:
    listed = "\n  ".join(faults[:MAX_LISTED])
    more = f"\n  and {len(faults) - MAX_LISTED} more" if len(faults) > MAX_LISTED else ""
    return (
        f"{origin} does not hold the network that its configuration describes"
        f" ({len(faults)} faults); is the download whole?\n  {listed}{more}"
    )
