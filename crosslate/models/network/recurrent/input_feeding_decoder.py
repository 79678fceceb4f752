"""A decoder of recurrent cells that look at the source last, and read what came of it (Luong et al. 2015)."""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.additive import AdditiveAttention
from crosslate.models.attention.global_attention import ProductAttention
from crosslate.models.attention.local import LocalWindow
from crosslate.models.layers.cells import States, build_cell
from crosslate.models.layers.layers import LayerList, Linear
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import LayerState, State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.recurrent.recurrent_decoder_layer import RecurrentDecoderLayer, keep_cells
from crosslate.models.specs.recurrent_spec import LuongSpec


class InputFeedingLayer(RecurrentDecoderLayer):
    """All of such a decoder between embedding and output projection.

    Cells above each other read the last token and what was projected to it; the uppermost asks the source.
    What it puts out and the answer make the attentional state: that is projected, and read a step later.
    """

    def __init__(self, spec: LuongSpec) -> None:
        super().__init__(reads_one=spec.reads_one)
        width, encoded = spec.state_width, spec.encoded_width
        self.width, self.encoded_width = width, encoded
        self.cells_shape = (spec.num_cells, spec.cell.num_states, width)
        self.feeds_input = spec.feeds_input
        self.is_bidirectional = spec.is_bidirectional
        below = spec.width + width if spec.feeds_input else spec.width
        self.cells = LayerList(
            build_cell(spec.cell, width, width if i else below) for i in range(spec.num_cells)
        )
        bridged = spec.num_cells * width // (2 if spec.is_bidirectional else 1)
        self.bridges = LayerList(
            Linear(bridged, bridged, bias=True) for _ in range(spec.cell.num_states if spec.has_bridge else 0)
        )
        self.starts = LayerList(
            Linear(encoded, width, bias=True) for _ in range(spec.cell.num_states if encoded != width else 0)
        )
        is_concat, is_general = spec.attention == "concat", spec.attention == "general"
        self.concat = AdditiveAttention(width, encoded, norm=None) if is_concat else None
        self.product = None if is_concat else ProductAttention(width, encoded, is_general=is_general)
        self.window = None if spec.local is None else LocalWindow(spec.local, width)
        self.mix = Linear(encoded + width, width, bias=is_concat)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        """What each layer's cells hand on, (R, W, L, K, H), and the attentional state, (R, W, H)."""
        own = {"cells": TensorSpec(("row", "lane", *self.cells_shape), dtype)}
        if self.feeds_input:
            own["fed"] = TensorSpec(("row", "lane", self.width), dtype)
        return LayerState(
            own=State.empty(own, num_lanes, device),
            source=State.empty(self._memory_specs(dtype), 1, device),
        )

    def _memory_specs(self, dtype: torch.dtype) -> dict[str, TensorSpec]:
        along = TensorSpec(("row", "source", self.encoded_width), dtype)
        start = TensorSpec(("row", *self.cells_shape), dtype)
        own = {"values": along, "start": start, **self.seed_spec()}
        if self.concat is not None:  # a product is one of the values themselves
            own["keys"] = along
        if self.window is not None:
            own["lengths"] = TensorSpec(("row",), torch.int64)
        return own

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """(N, L * K * C) -> values and keys (B, S, C), and the states that cells begin with (B, L, K, H)."""
        states = packing.pad(encoded)
        states = states.reshape(*states.shape[:-1], *self.cells_shape[:2], -1)  # (B, S, L, K, C)
        values = states[:, :, -1, 0].contiguous()
        start = self._started(self._bridged(self._last(states, packing.lengths)))
        tensors = {"values": values, "start": start, **self.no_seeds(packing)}
        if self.concat is not None:
            tensors["keys"] = self.concat.keys(values)
        if self.window is not None:
            tensors["lengths"] = packing.lengths
        return State(self._memory_specs(values.dtype), tensors)

    def _last(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Where each direction ended: (B, S, L, K, C) -> (B, L, K, C)."""
        last = states[torch.arange(len(lengths), device=states.device), lengths - 1]
        if not self.is_bidirectional:
            return last
        half = self.encoded_width // 2
        return torch.cat([last[..., :half], states[:, 0, ..., half:]], dim=-1)

    def _started(self, last: Tensor) -> Tensor:
        # (B, L, K, C) -> (B, L, K, H)
        if not self.starts:
            return last
        both = zip(self.starts, last.unbind(dim=2), strict=True)
        return torch.stack([start(states) for start, states in both], dim=2)

    def _bridged(self, last: Tensor) -> Tensor:
        # (B, L, K, C) -> (B, L, K, C)
        if not self.bridges:
            return last
        num_parts = 2 if self.is_bidirectional else 1
        shape = last.shape[:2] + last.shape[3:]
        each = [
            # The layers' states end to end are cut in two, as if they were those of two rows.
            torch.relu(bridge(states.reshape(len(states), num_parts, -1))).reshape(shape)
            for bridge, states in zip(self.bridges, last.unbind(dim=2), strict=True)
        ]
        return torch.stack(each, dim=2)

    def looking_step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        # (R, W, E) -> (R, W, H), and weights (R, 1, W, S)
        memory = state.source.used(layout.num_rows, layout.longest_source)
        kept = state.own["cells"][: layout.num_rows]
        is_first = (layout.positions == 0)[:, None, None]
        if self.feeds_input:
            fed = state.own["fed"][: layout.num_rows]
            x = torch.cat([x, fed.masked_fill(is_first, 0.0)], dim=-1)
        before = torch.where(is_first[..., None, None], memory["start"][:, None], kept)
        after: list[States] = []
        for cell, own in zip(self.cells, before.unbind(dim=2), strict=True):
            after.append(cell(cell.read(x), own.unbind(dim=2)))
            x = after[-1][0]
        keep_cells(kept, after)
        found, weights = self._look(x, memory, layout)
        if self.feeds_input:
            fed.copy_(found)
        return found, weights[:, None]

    def _look(self, queries: Tensor, memory: State, layout: StepLayout) -> tuple[Tensor, Tensor]:
        """The attentional states (R, W, H), and weights (R, W, S)."""
        values = memory["values"]
        weights = self.hardened(self._weights(queries, memory, layout), memory, layout)
        mixed: Tensor = self.mix(torch.cat([weights.to(values.dtype) @ values, queries], dim=-1))
        # As OpenNMT has it, the concat form's mixture stays linear.
        found = mixed if self.concat is not None else torch.tanh(mixed)
        return found, (weights if self.window is None else weights / weights.sum(dim=-1, keepdim=True))

    def _weights(self, queries: Tensor, memory: State, layout: StepLayout) -> Tensor:
        """What values are mixed by: (R, W, S)."""
        bias = None if layout.cross_bias is None else layout.cross_bias[:, 0]
        if self.window is None:
            return self._scored(queries, memory, bias)
        centres = self.window.centres(queries, layout.positions, memory["lengths"])
        near = self.window.bias(centres, layout.longest_source, queries.dtype)
        weights = self._scored(queries, memory, near if bias is None else near + bias)
        return self.window.focused(weights, centres)

    def _scored(self, queries: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        # softmax over what the bias does not hide
        if self.concat is not None:
            return self.concat(queries, memory["keys"], bias)
        assert self.product is not None
        return self.product(queries, memory["values"], bias)
