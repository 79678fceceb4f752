"""What decoding remembers: named tensors that a network's modules own, in dense rows.

Row r belongs to one source; its W lanes are the beams (or the samples) that grow from it. A module says which
tensors it keeps and what their axes mean (`TensorSpec`), and reads and writes them by name; that rows come,
move, go and change lanes, and that tensors grow, is written once, in `DecoderState`. Storage doubles when it
is full, so that joining costs one sequence's share on average.

Attention computes with what lies behind a row's length before it masks that, and NaN survives every mask.
So nothing of a row's former sequence stays there: should one overflow, those after it are safe.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Axis = Literal["row", "lane", "target", "source"]
"""The axes whose sizes change: of sequences, of their beams, of their targets' and sources' tokens."""
_GROWING: tuple[Axis, ...] = ("row", "target", "source")
FIRST_LENGTH = 32


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor of a state. Rows come first and, where every lane has its own part, lanes second.

    A tensor with an axis for the target is written at the new token's position only, so that to do a step
    again changes nothing; one without is renewed as a whole.
    """

    axes: tuple[Axis | int, ...]
    """names, or sizes that do not change"""
    dtype: torch.dtype
    stays: bool = False
    """Lanes that change places leave it where it is: its module knows where to look."""

    def dim(self, axis: Axis) -> int | None:
        """Where that axis stands; None if there is none."""
        return self.axes.index(axis) if axis in self.axes else None

    def shape(self, sizes: Mapping[Axis, int]) -> list[int]:
        """With these sizes of the axes that change."""
        return [axis if isinstance(axis, int) else sizes[axis] for axis in self.axes]


@dataclass(frozen=True, slots=True)
class State:
    """What one module keeps, by name. Its tensors may have more rows and be longer than what is in use."""

    specs: Mapping[str, TensorSpec]
    tensors: dict[str, Tensor]

    @classmethod
    def empty(cls, specs: Mapping[str, TensorSpec], num_lanes: int, device: torch.device) -> State:
        """Without rows."""
        sizes: dict[Axis, int] = {"row": 0, "lane": num_lanes, "target": 0, "source": 0}
        tensors = {
            name: torch.zeros(spec.shape(sizes), dtype=spec.dtype, device=device)
            for name, spec in specs.items()
        }
        return cls(specs, tensors)

    def sized(self, num_rows: int, target_length: int, source_length: int) -> State:
        """Another, empty as well, with so many rows and so long."""
        sizes: dict[Axis, int] = {"row": num_rows, "target": target_length, "source": source_length}
        found = {}
        for name, tensor in self.tensors.items():
            lanes = self.specs[name].dim("lane")
            shape = self.specs[name].shape({**sizes, "lane": 1 if lanes is None else tensor.shape[lanes]})
            found[name] = tensor.new_zeros(shape)
        return State(self.specs, found)

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    @property
    def num_rows(self) -> int:
        """R."""
        return max((tensor.shape[0] for tensor in self.tensors.values()), default=0)

    @property
    def source_length(self) -> int:
        """S; 0 where no tensor has such an axis."""
        dims = {name: spec.dim("source") for name, spec in self.specs.items()}
        return max((self[name].shape[dim] for name, dim in dims.items() if dim is not None), default=0)

    def rows(self, start: int, end: int) -> State:
        """Some rows, which are not copied."""
        return State(self.specs, {name: tensor[start:end] for name, tensor in self.tensors.items()})

    def used(self, num_rows: int, source_length: int) -> State:
        """The first rows, up to the longest of their sources; not copied."""
        return State(
            self.specs,
            {
                name: _up_to(tensor[:num_rows], self.specs[name].dim("source"), source_length)
                for name, tensor in self.tensors.items()
            },
        )

    def select(self, rows: Tensor, source_length: int) -> State:
        """Copies of some rows, up to the longest of their sources."""
        return State(
            self.specs,
            {
                name: _up_to(tensor, self.specs[name].dim("source"), source_length).index_select(0, rows)
                for name, tensor in self.tensors.items()
            },
        )


@dataclass(frozen=True, slots=True)
class LayerState:
    """One decoder layer's: what it keeps of the target, and of the source."""

    own: State
    source: State
    """The layer's memory of the source: written once, read at every step, the same for all lanes."""


class DecoderState:
    """All layers' states of the rows that run: where these come, move, go and change lanes.

    Attributes:
        layers: as the decoder's `step` reads them; a tensor that grows is another one afterwards.
        num_bytes: of all tensors.
    """

    def __init__(self, layers: Sequence[LayerState], *, is_joint: bool = False) -> None:
        """Like tensors of a layer lie in one, so that an operation is one call for both.

        `is_joint`: those of all layers do; where it grows, both the old one and the new are there at once.
        """
        self.layers = list(layers)
        self._own = _slabs([layer.own for layer in layers], is_joint=is_joint)
        self._source = _slabs([layer.source for layer in layers], is_joint=is_joint)
        self._measure()
        self.reserve(1, FIRST_LENGTH, FIRST_LENGTH)

    @property
    def renewed(self) -> list[Tensor]:
        """What a step must not do twice; see `TensorSpec`."""
        return [slab.tensor for slab in self._own if slab.spec.dim("target") is None]

    @property
    def num_rows(self) -> int:
        """For which there is room."""
        return self._source[0].tensor.shape[1]

    def reserve(self, num_rows: int, target_length: int, source_length: int) -> bool:
        """Make room; what is stored stays. True if a tensor is at another place now."""
        sizes: dict[Axis, int] = {"row": num_rows, "target": target_length, "source": source_length}
        if all(size <= self._room[axis] for axis, size in sizes.items()):
            return False  # as at nearly every step
        has_grown = [slab.reserve(sizes) for slab in self._own + self._source]
        self._measure()
        return any(has_grown)

    def shrink(self, num_rows: int) -> None:
        """Give back the room behind the first rows."""
        for slab in self._own + self._source:
            slab.shrink(num_rows)
        self._measure()

    def _measure(self) -> None:
        """See for how much there is room, once for the many steps that ask."""
        slabs = self._own + self._source
        self.num_bytes = sum(slab.tensor.nbytes for slab in slabs)
        self._room = {axis: min(slab.room(axis) for slab in slabs) for axis in _GROWING}

    def begin(self, first_row: int, memories: Sequence[State]) -> None:
        """New sequences from `first_row` on, with each layer's memory of their B sources."""
        last_row, length = first_row + memories[0].num_rows, memories[0].source_length
        self.reserve(last_row, 1, length)
        for slab in self._own:
            slab.clear(first_row, last_row)
        for slab in self._source:
            slab.clear(first_row, last_row, from_source=length)
        for layer, memory in zip(self.layers, memories, strict=True):
            for name, new in memory.tensors.items():
                kept = layer.source[name][first_row:last_row]
                dim = layer.source.specs[name].dim("source")
                (kept if dim is None else kept.narrow(dim, 0, length)).copy_(new)

    def move_row(self, source: int, destination: int) -> None:
        """Copy one row over another."""
        for slab in self._own + self._source:
            slab.tensor[:, destination] = slab.tensor[:, source]

    def reorder_lanes(self, rows: Tensor, parents: Tensor, length: int) -> None:
        """Lane w of `rows[i]` continues what lane `parents[i, w]` of that row held, of `length` tokens."""
        for slab in self._own:
            slab.reorder_lanes(rows, parents, length)

    def memories(self, rows: Sequence[int], source_length: int, num_layers: int) -> list[State]:
        """Copies of what the first layers know of some rows' sources, up to the longest of these."""
        index = torch.tensor(rows, device=self._source[0].tensor.device)
        return [layer.source.select(index, source_length) for layer in self.layers[:num_layers]]


class _Slab:
    """One tensor that holds the same part of some layers' states: (L, R, ...)."""

    def __init__(self, parts: Sequence[tuple[State, str]]) -> None:
        self._parts = parts
        state, name = parts[0]
        self.spec = state.specs[name]
        self.tensor = torch.stack([state[name] for state, name in parts])

    def room(self, axis: Axis) -> float:
        dim = self.spec.dim(axis)
        return math.inf if dim is None else self.tensor.shape[dim + 1]

    def reserve(self, sizes: Mapping[Axis, int]) -> bool:
        axes = enumerate(self.spec.axes, start=1)
        wanted = {dim: sizes[axis] for dim, axis in axes if not isinstance(axis, int) and axis in sizes}
        new = grown(self.tensor, wanted)
        if new is self.tensor:
            return False
        self._hold(new)
        return True

    def shrink(self, num_rows: int) -> None:
        self._hold(self.tensor[:, :num_rows].clone())

    def _hold(self, tensor: Tensor) -> None:
        self.tensor = tensor
        for layer, (state, name) in enumerate(self._parts):
            state.tensors[name] = tensor[layer]

    def clear(self, first_row: int, last_row: int, from_source: int = 0) -> None:
        """Nothing of a former sequence stays, at the source's positions from some one on."""
        rows = self.tensor[:, first_row:last_row]
        dim = self.spec.dim("source")
        if dim is not None:
            rows = rows.narrow(dim + 1, from_source, rows.shape[dim + 1] - from_source)
        rows.zero_()

    def reorder_lanes(self, rows: Tensor, parents: Tensor, length: int) -> None:
        if self.spec.stays or self.spec.dim("lane") is None:
            return
        dim = self.spec.dim("target")
        part = self.tensor if dim is None else self.tensor.narrow(dim + 1, 0, length)
        part[:, rows] = part[:, rows[:, None], parents]


def _slabs(states: Sequence[State], *, is_joint: bool) -> list[_Slab]:
    if not is_joint:
        return [slab for state in states for slab in _slabs([state], is_joint=True)]
    alike: dict[TensorSpec, list[tuple[State, str]]] = {}
    for state in states:
        for name, spec in state.specs.items():
            alike.setdefault(spec, []).append((state, name))
    return [_Slab(group) for group in alike.values()]


def _up_to(tensor: Tensor, dim: int | None, length: int) -> Tensor:
    return tensor if dim is None else tensor.narrow(dim, 0, length)


def grown(tensor: Tensor, sizes: Mapping[int, int], fill: float = 0.0) -> Tensor:
    """`tensor` with at least so many entries along these axes, doubled if need be; new ones are `fill`."""
    shape = list(tensor.shape)
    for dim, size in sizes.items():
        if size > shape[dim]:
            shape[dim] = max(size, 2 * shape[dim])
    if shape == list(tensor.shape):
        return tensor
    new = tensor.new_full(shape, fill)
    new[tuple(map(slice, tensor.shape))] = tensor
    return new
