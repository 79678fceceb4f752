"""The description of an encoder-decoder of recurrent cells (Bahdanau et al. 2015 and later)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crosslate.models.spec import NetworkSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNormSpec:
    """Layer norm of what a cell's gates read (Ba et al. 2016)."""

    eps: float
    as_nematus: bool = False
    """Biases stand within the norms, which add others of their own; a GRU's candidate is normed apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec:
    """A gated recurrent unit (Cho et al. 2014) or a long short-term memory (Hochreiter et al. 1997)."""

    kind: Literal["gru", "lstm"]
    norm: GateNormSpec | None = None

    @property
    def num_states(self) -> int:
        """Vectors that it hands on: what it puts out and, of an LSTM, what it remembers."""
        return 1 if self.kind == "gru" else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrentEncoderSpec:
    """Layers that read a source from both ends, then layers that read on from the left."""

    cell: CellSpec
    num_bidirectional: int
    num_unidirectional: int = 0
    alternates: bool = False
    """Every second layer reads against the direction of the one below (Zhou et al. 2016)."""
    depth: int = 1
    """Cells that one token passes in a layer: deep transitions (Pascanu et al. 2014)."""
    skips: bool = False
    """What a layer reads is added to what it writes, from the second one on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalDecoderSpec:
    """A cell, attention, more cells; then layers of cells alone (Sennrich et al. 2017, section 3)."""

    cell: CellSpec
    depth: int = 2
    """Cells of the first layer; attention stands behind its first."""
    num_upper: int = 0
    """Layers above it."""
    upper_depth: int = 1
    skips: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrentSpec(NetworkSpec):
    """A recurrent encoder, and a decoder that looks at the source with additive attention."""

    state_width: int
    """Of a cell in one direction."""
    encoder: RecurrentEncoderSpec
    decoder: ConditionalDecoderSpec
    norm: GateNormSpec | None = None
    """Of attention, of the first state and of what is projected to tokens."""

    @property
    def num_layers(self) -> int:
        return 1

    @property
    def num_heads(self) -> int:
        return 1

    @property
    def head_dims(self) -> tuple[int | None, int | None]:
        return None, None

    @property
    def has_pattern(self) -> bool:
        return False

    @property
    def encoded_width(self) -> int:
        """C, of the encoder's states."""
        return self.state_width if self.encoder.num_unidirectional else 2 * self.state_width
