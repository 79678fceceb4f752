"""A decoder of recurrent cells: a cell, a look at the source, more cells (Sennrich et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.additive import AdditiveAttention
from crosslate.models.layers.cells import States, build_cell, build_chain, dense
from crosslate.models.layers.layers import LayerList
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import LayerState, State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.recurrent.recurrent_decoder_layer import RecurrentDecoderLayer, keep_cells
from crosslate.models.specs.recurrent_spec import RecurrentSpec


class ConditionalLayer(RecurrentDecoderLayer):
    """All of a recurrent decoder between embedding and output projection.

    The first cell reads the last token; what it puts out asks the source; the second cell reads the answer,
    and others follow. What is put out at last, the token and the answer make the state that is projected.
    """

    def __init__(self, spec: RecurrentSpec) -> None:
        super().__init__(reads_one=spec.reads_one)
        own, width, encoded = spec.decoder, spec.state_width, spec.encoded_width
        self.width = width
        self.encoded_width = encoded
        self.num_states = own.cell.num_states
        self.skips = own.skips
        self.start = dense(encoded, width, spec.norm)
        self.first = build_cell(own.cell, width, spec.width)
        self.attention = AdditiveAttention(width, encoded, spec.norm)
        self.others = LayerList(
            build_cell(own.cell, width, None if i else encoded, resets_bias=True, bias_in_state=True)
            for i in range(own.depth - 1)
        )
        self.uppers = LayerList(
            build_chain(own.cell, width, width, own.upper_depth) for _ in range(own.num_upper)
        )
        self.of_token = dense(spec.width, spec.width, spec.norm)
        self.of_state = dense(width, spec.width, spec.norm)
        self.of_source = dense(encoded, spec.width, spec.norm)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        """What each layer's cells hand on, (R, W, L, K, H)."""
        num_layers = 1 + len(self.uppers)
        cells = TensorSpec(("row", "lane", num_layers, self.num_states, self.width), dtype)
        return LayerState(
            own=State.empty({"cells": cells}, num_lanes, device),
            source=State.empty(self._memory_specs(dtype), 1, device),
        )

    def _memory_specs(self, dtype: torch.dtype) -> dict[str, TensorSpec]:
        along = TensorSpec(("row", "source", self.encoded_width), dtype)
        start = TensorSpec(("row", self.width), dtype)
        return {"keys": along, "values": along, "start": start, **self.seed_spec()}

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """(N, C) -> keys and values (B, S, C), and the state that decoding starts from (B, H)."""
        values = packing.pad(encoded)
        mean = values.sum(dim=1) / packing.lengths[:, None].to(values.dtype)
        tensors = {
            "keys": packing.pad(self.attention.keys(encoded)),
            "values": values,
            "start": torch.tanh(self.start(mean)),
            **self.no_seeds(packing),
        }
        return State(self._memory_specs(values.dtype), tensors)

    def looking_step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        # (R, W, E) -> (R, W, E), and weights (R, 1, W, S)
        memory = state.source.used(layout.num_rows, layout.longest_source)
        kept = state.own["cells"][: layout.num_rows]
        is_first = (layout.positions == 0)[:, None, None, None, None]
        before = torch.where(is_first, memory["start"][:, None, None, None], kept).unbind(dim=2)

        states = self.first(self.first.read(x), before[0].unbind(dim=2))
        bias = None if layout.cross_bias is None else layout.cross_bias[:, 0]
        weights = self.hardened(self.attention(states[0], memory["keys"], bias), memory, layout)
        seen = weights.to(x.dtype) @ memory["values"]
        for cell in self.others:
            states = cell(cell.read(seen), states)
        after: list[States] = [states]
        out = states[0]
        for chain, own in zip(self.uppers, before[1:], strict=True):
            states = chain(chain.read(out), own.unbind(dim=2))
            after.append(states)
            out = states[0] + out if self.skips else states[0]
        keep_cells(kept, after)
        return torch.tanh(self.of_token(x) + self.of_state(out) + self.of_source(seen)), weights[:, None]
