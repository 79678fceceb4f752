"""What `layers.c` is told of a stack's layers, laid out as its structures are."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_float, c_int, c_int64, c_void_p
from dataclasses import dataclass

import torch
from torch import Tensor

from crosslate.models.native.kept_vectors import num_places
from crosslate.models.native.library import Library, check
from crosslate.models.native.packed_weights import MatrixFields, PackedWeights


class NormFields(ctypes.Structure):
    """`norm`."""

    _fields_ = (("weight", c_void_p), ("bias", c_void_p), ("eps", c_float))


class LayerFields(ctypes.Structure):
    """`layer`."""

    _fields_ = (
        ("mixer_in", MatrixFields),
        ("mixer_out", MatrixFields),
        ("mixer_norm", NormFields),
        ("query", MatrixFields),
        ("cross_out", MatrixFields),
        ("cross_norm", NormFields),
        ("inner", MatrixFields),
        ("outer", MatrixFields),
        ("feed_norm", NormFields),
    )


class ShapeFields(ctypes.Structure):
    """`shape`."""

    _fields_ = (
        *((name, c_int64) for name in ("width", "heads", "head_width", "hidden")),
        ("scale", c_float),
        *((name, c_int) for name in ("is_pre_norm", "is_recurrent", "is_gated", "activation")),
    )


class MemoryFields(ctypes.Structure):
    """`memory`."""

    _fields_ = (
        ("keys", c_void_p),
        ("values", c_void_p),
        ("row_stride", c_int64),
        ("head_stride", c_int64),
        ("origins", c_void_p),
        ("origins_row", c_int64),
        ("cross_keys", c_void_p),
        ("cross_values", c_void_p),
        ("cross_row", c_int64),
        ("cross_head", c_int64),
        ("bias", c_void_p),
        ("bias_outer", c_int64),
        ("bias_inner", c_int64),
        ("told", c_void_p),
        ("told_lane", c_int64),
        ("told_head", c_int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class NormWeights:
    """Of one norm; without a bias an RMS norm."""

    weight: Tensor
    bias: Tensor | None
    eps: float

    def fields(self) -> NormFields:
        """With pointers into the tensors, which have to outlive it."""
        bias = None if self.bias is None else self.bias.data_ptr()
        return NormFields(self.weight.data_ptr(), bias, self.eps)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LayerWeights:
    """Of one layer. Encoder layers have no cross-attention, recurrent mixers no output projection."""

    mixer_in: PackedWeights
    mixer_out: PackedWeights | None
    mixer_norm: NormWeights
    query: PackedWeights | None = None
    cross_out: PackedWeights | None = None
    cross_norm: NormWeights | None = None
    inner: PackedWeights
    outer: PackedWeights
    feed_norm: NormWeights

    @property
    def is_recurrent(self) -> bool:
        """Whether the mixer keeps cells instead of keys and values."""
        return self.mixer_out is None

    @property
    def num_weights(self) -> int:
        """Of all matrices: what a token multiplies."""
        parts = (self.mixer_in, self.mixer_out, self.query, self.cross_out, self.inner, self.outer)
        return sum(part.num_outputs * part.num_inputs for part in parts if part is not None)

    def fields(self) -> LayerFields:
        """With pointers into the tensors, which have to outlive it."""
        return LayerFields(
            _matrix(self.mixer_in),
            _matrix(self.mixer_out),
            self.mixer_norm.fields(),
            _matrix(self.query),
            _matrix(self.cross_out),
            NormFields() if self.cross_norm is None else self.cross_norm.fields(),
            _matrix(self.inner),
            _matrix(self.outer),
            self.feed_norm.fields(),
        )


def _matrix(weights: PackedWeights | None) -> MatrixFields:
    """All zero where a layer has no such matrix."""
    return MatrixFields() if weights is None else weights.fields


class LayerTable:
    """A stack's layers, for as many calls as there are; keeps their weights where they are."""

    def __init__(self, library: Library, shape: ShapeFields, layers: Sequence[LayerWeights]) -> None:
        self._library = library
        self._row_macs = sum(layer.num_weights for layer in layers)
        self._shape = shape
        self._layers = list(layers)
        self._fields = (LayerFields * len(self._layers))(*(layer.fields() for layer in self._layers))

    def __len__(self) -> int:
        return len(self._layers)

    def encode(self, memories: ctypes.Array[MemoryFields], x: Tensor, offsets: Tensor) -> None:
        """All layers of an encoder: x (N, M), dense, is renewed.

        Args:
            memories: the layers' biases.
            x: B sources end to end.
            offsets: (B + 1) where each source begins, and the end.
        """
        failed = self._library.for_macs(len(x) * self._row_macs).encode_layers(
            ctypes.byref(self._fields),
            ctypes.byref(memories),
            len(self),
            ctypes.byref(self._shape),
            x.data_ptr(),
            offsets.data_ptr(),
            len(offsets) - 1,
            torch.get_num_threads(),
        )
        check(failed)

    def decode(
        self,
        memories: ctypes.Array[MemoryFields],
        x: Tensor,
        *,
        lane_lengths: Tensor,
        source_lengths: Tensor,
    ) -> None:
        """All layers of a decoder's step: x (R, W, M), dense, is renewed.

        Args:
            memories: the layers' caches and biases, and where their attention is wanted.
            x: one token per lane.
            lane_lengths: (R * W,) keys that each lane looks at, the new one included.
            source_lengths: (R,).
        """
        rows, lanes, _ = x.shape
        failed = self._library.for_macs(rows * lanes * self._row_macs).decode_step(
            ctypes.byref(self._fields),
            ctypes.byref(memories),
            len(self),
            ctypes.byref(self._shape),
            x.data_ptr(),
            rows,
            lanes,
            lane_lengths.data_ptr(),
            source_lengths.data_ptr(),
            torch.get_num_threads(),
        )
        check(failed)


class SourceTable:
    """What makes each decoder layer's keys and values of sources, for as many calls as there are."""

    def __init__(
        self, library: Library, layers: Sequence[PackedWeights], *, num_heads: int, head_dim: int
    ) -> None:
        """`layers`: each one's matrix (2 * H * D, M), keys before values."""
        self._library = library
        self._layers = list(layers)
        self._row_macs = sum(layer.num_outputs * layer.num_inputs for layer in layers)
        self._fields = (MatrixFields * len(self._layers))(*(layer.fields for layer in self._layers))
        self._heads = num_heads, head_dim

    def project(self, x: Tensor, offsets: Tensor, longest: int, num_layers: int | None) -> Tensor:
        """What the first layers, or all, keep: (N, M) -> (L, 2, B, H, S, places) int16.

        Behind a source's tokens are zeros.

        Args:
            x: B sources end to end, dense.
            offsets: (B + 1) where each source begins, and the end.
            longest: S.
            num_layers: L.
        """
        count, num_sources = len(self._layers[:num_layers]), len(offsets) - 1
        heads, width = self._heads
        places = num_places(width, is_short=True)
        kept = x.new_empty((count, 2, num_sources, heads, longest, places), dtype=torch.int16)
        failed = self._library.for_macs(len(x) * self._row_macs).project_sources(
            ctypes.byref(self._fields),
            count,
            *(x.data_ptr(), offsets.data_ptr(), num_sources, longest),
            *(heads, width, torch.get_num_threads(), kept.data_ptr()),
        )
        check(failed)
        return kept
