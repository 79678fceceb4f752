"""The descriptions of encoder-decoders of recurrent cells (Bahdanau et al. 2015, Luong et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from crosslate.models.specs.spec import NetworkSpec
from crosslate.models.specs.spec_numbers import check_least


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
    has_two_biases: bool = False
    """One of what it reads and one of what it put out, as cuDNN and PyTorch; then nothing is normed."""

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
class RecurrentNetworkSpec(NetworkSpec):
    """What networks of recurrent cells have in common: one look at the source for each token."""

    state_width: int
    """H, of a cell's states."""
    reads_one: bool = False
    """Attention is hard: one source token is read, not the mean of all (Xu et al. 2015)."""

    num_layers: ClassVar[int] = 1
    num_heads: ClassVar[int] = 1
    head_dims: ClassVar[tuple[None, None]] = (None, None)
    pads_sources: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrentSpec(RecurrentNetworkSpec):
    """A recurrent encoder, and a decoder that looks at the source with additive attention."""

    encoder: RecurrentEncoderSpec
    decoder: ConditionalDecoderSpec
    norm: GateNormSpec | None = None
    """Of attention, of the first state and of what is projected to tokens."""

    @property
    def encoded_width(self) -> int:
        """C, of the encoder's states."""
        return self.state_width if self.encoder.num_unidirectional else 2 * self.state_width


GlobalAttention = Literal["dot", "general", "concat"]
"""How a query is compared with a key: `q . k`, `q W . k`, or by a small network (Luong et al. 2015, 3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSpec:
    """A window of the source is seen, not all of it (Luong et al. 2015, 3.2)."""

    radius: int
    """D: tokens to either side of the one in the middle, at least 1."""
    predicts: bool
    """The middle is computed (local-p), and weights fall off around it; else it moves on with the target."""

    def __post_init__(self) -> None:
        check_least(self, 1, "radius")


@dataclass(frozen=True, slots=True, kw_only=True)
class LuongSpec(RecurrentNetworkSpec):
    """Cells that go on from where the encoder's ended; what they put out at last looks at the source."""

    cell: CellSpec
    num_cells: int
    """L, layers of the encoder and of the decoder."""
    encoded_width: int
    """C, of the encoder's states; where it is not H, a layer stands between its last and the first ones."""
    is_bidirectional: bool
    """The encoder's layers read from both ends, with C / 2 states in either direction."""
    has_bridge: bool = False
    """Between the encoder's last states and the decoder's first ones stands a layer."""
    attention: GlobalAttention = "general"
    local: LocalSpec | None = None
    """None: all of the source is seen."""
    feeds_input: bool = True
    """What was projected to the last token is read beside that token (Luong et al. 2015, 3.3)."""

    @property
    def output_width(self) -> int:
        return self.state_width
