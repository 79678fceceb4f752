"""What a stack of attention and feed-forward layers is like: an encoder, or a decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crosslate.models.specs.experts_spec import ExpertsSpec
from crosslate.models.specs.pattern_spec import (
    BlockSparseSpec,
    FixedSpec,
    StaggeredBlockSpec,
    StridedSpec,
    WindowSpec,
)
from crosslate.models.specs.spec_numbers import MOST, check_least, check_most, check_positive

Activation = Literal["relu", "gelu", "gelu_new", "silu"]
_MOST_LAYERS = 10_000
"""Far more than any network has; a billion would take a day and all memory to find missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormSpec:
    """`layer` centres, divides by the deviation, scales and shifts (Ba et al. 2016); `rms` only scales."""

    kind: Literal["layer", "rms"] = "layer"
    eps: float = 1e-5
    position: Literal["pre", "post", "both"] = "post"
    """`post`: norm(x + f(x)); `pre`: x + f(norm(x)); `both`: x + norm(f(norm(x)))."""
    gain_offset: float = 0.0
    """What a norm scales by beyond what it stores (Gemma: 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSpec:
    """How a stack knows the order of its tokens.

    `sinusoid` puts all sines before all cosines. Its wavelengths grow by 10000^(i/half) ("halves", as
    Hugging Face Marian and Pegasus) or by 10000^(i/(half-1)) ("tensor2tensor", as native Marian and M2M100);
    "interleaved" has those of "halves", sines and cosines by turns (OpenNMT-py).
    """

    kind: Literal["none", "sinusoid", "learned", "relative_bias"]
    sinusoid_step: Literal["halves", "tensor2tensor", "interleaved"] = "halves"
    offset: int = 0
    """Rows of the position table before the one of position 0 (2 in BART)."""
    max_positions: int | None = None
    """None: as long as memory lasts."""
    num_buckets: int = 0
    max_distance: int = 0
    """Of a relative bias: how many numbers it has per head, and from what distance on they stay the same."""
    per_layer: bool = False
    """Every layer has a relative bias of its own (UMT5); otherwise all share the first one's."""

    def __post_init__(self) -> None:
        if self.kind == "relative_bias":
            check_least(self, 4, "num_buckets")
            check_least(self, self.num_buckets // 2 + 1, "max_distance")


@dataclass(frozen=True, slots=True)
class RotarySpec:
    """How queries and keys are turned by their positions."""

    base: float
    factor: float = 1.0
    """What positions are divided by, so that a longer text looks like one that was trained on."""

    def __post_init__(self) -> None:
        check_positive(self, "base", "factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSpec:
    """Attention with fewer key than query heads (Ainslie et al. 2023), and rotary positions."""

    num_groups: int
    """Heads of keys and values."""
    rotations: tuple[RotarySpec, ...]
    """Per layer."""
    score_cap: float | None
    """Scores s become cap * tanh(s / cap)."""
    windows: tuple[int | None, ...]
    """Per layer, how near a token must be to be seen; None: all are."""
    halves_windows: bool = False
    """An encoder's window has that many tokens in all: it reaches half as far to either side."""
    norms_heads: bool = False
    """The stack's norm is on each head's queries and keys, too, before they are turned."""
    merges: bool = False
    """A decoder's layers look at target and source in one attention, by one set of weights."""
    source_width: int | None = None
    """Of what a decoder's layers look at in the source, where it is not their own width."""

    def __post_init__(self) -> None:
        check_least(self, 1, "num_groups")
        check_positive(self, "score_cap")
        if any(window is not None and window < 1 for window in self.windows):
            raise ValueError(f"windows are {self.windows}, expected numbers from 1")


@dataclass(frozen=True, slots=True)
class SelfAttentionSpec:
    """A decoder's layers look at the target so far, with the stack's heads."""


@dataclass(frozen=True, slots=True)
class SSRUSpec:
    """A decoder's layers keep one vector of the target so far (Kim et al. 2019)."""


@dataclass(frozen=True, slots=True)
class LinearAttentionSpec:
    """Weights by a feature map, without a softmax, with the stack's heads (Katharopoulos et al. 2020)."""


@dataclass(frozen=True, slots=True)
class PredictingStreamSpec:
    """A decoder has two states of each token, and what comes next is read from the second (Qi et al. 2020).

    The main one is that of the token as it is written. The predicting one stands where the next will stand,
    and looks at the main ones so far, and at itself. Attention has relative positions of its own: what a
    state adds to its scores for each bucket of distances.
    """

    num_buckets: int
    max_distance: int
    """From which on all distances are in the last bucket."""

    def __post_init__(self) -> None:
        check_least(self, 2, "num_buckets")
        check_least(self, self.num_buckets // 2 + 1, "max_distance")


MixerSpec = SelfAttentionSpec | SSRUSpec | LinearAttentionSpec | PredictingStreamSpec
"""What mixes the positions of a target."""


PatternSpec = (
    WindowSpec | StaggeredBlockSpec | BlockSparseSpec | StridedSpec | FixedSpec | LinearAttentionSpec
)
"""Who sees whom in an encoder, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSpec:
    """The encoder or the decoder."""

    num_layers: int
    num_heads: int
    head_dim: int
    ffn_dim: int
    activation: Activation
    gated_ffn: bool = False
    norm: NormSpec
    positions: PositionSpec
    embedding_norm: bool = False
    final_norm: bool = False
    attention_bias: bool = True
    attention_output_bias: bool = True
    ffn_bias: bool = True
    experts: ExpertsSpec | None = None
    """Some layers have several feed-forward blocks; None: none has."""
    attention_scale: float
    """Factor on q·k: head_dim**-0.5, or 1 for T5."""
    pattern: PatternSpec | None = None
    """Who sees whom, and how, encoder only; None: all tokens see each other by a softmax."""
    mixer: MixerSpec = SelfAttentionSpec()
    """Decoder only."""
    cross: Literal["softmax", "linear"] = "softmax"
    """How targets look at sources, decoder only."""
    grouped: GroupedSpec | None = None
    num_prompts: int = 0
    """Learned keys and values of each attention of each layer, which all tokens see (Li and Liang 2021)."""

    def __post_init__(self) -> None:
        check_least(self, 1, "num_layers", "num_heads", "head_dim", "ffn_dim")
        check_most(self, _MOST_LAYERS, "num_layers")
        if self.num_heads * self.head_dim > MOST:
            raise ValueError(f"{self.num_heads} heads of {self.head_dim} are more than {MOST}")
        check_positive(self, "attention_scale")
        if self.experts is not None and not set(self.experts.layers) <= set(range(self.num_layers)):
            raise ValueError(f"of {self.num_layers} layers, {self.experts.layers} are to have experts")
        check_least(self, 0, "num_prompts")
        if self.num_prompts and not self._is_plain:
            raise ValueError("prompts stand before keys of plain attention without a position bias only")
        if self.grouped is not None and self.pattern is not None:
            raise ValueError(
                f"grouped attention has the windows that GroupedSpec names, and no {self.pattern}"
            )
        if isinstance(self.mixer, PredictingStreamSpec) and not self._suits_two_streams:
            raise ValueError("a predicting stream goes with plain cross-attention and learned positions only")
        if self.positions.kind != "relative_bias":
            if isinstance(self.pattern, WindowSpec) and self.pattern.seen_by_all == "block_sums":
                raise ValueError(f"{self.pattern} needs a relative position bias to place its sums")
            return
        for part in (self.pattern, self.mixer, self.grouped):
            if not _adds_bias(part):
                raise ValueError(
                    f"{part} adds no relative position bias to its scores, so that the stack would not know"
                    " the order of its tokens; take positions of another kind"
                )

    @property
    def _is_plain(self) -> bool:
        """Whether all attention is by a softmax, to everything, with a key for each head and no bias."""
        parts = (
            self.pattern,
            self.grouped,
            None if self.positions.kind != "relative_bias" else self.positions,
        )
        is_softmax = isinstance(self.mixer, SelfAttentionSpec) and self.cross == "softmax"
        return is_softmax and not any(parts)

    @property
    def _suits_two_streams(self) -> bool:
        return self.positions.kind == "learned" and self.cross == "softmax" and self.grouped is None

    @property
    def inner_dim(self) -> int:
        """Width of all heads together; T5's may differ from the model's."""
        return self.num_heads * self.head_dim


def _adds_bias(part: PatternSpec | MixerSpec | GroupedSpec | None) -> bool:
    """Whether it takes relative positions into account; None is softmax attention to all."""
    if isinstance(part, WindowSpec):
        return part.seen_by_all != "first_token"
    return part is None or isinstance(part, SelfAttentionSpec)
