"""The frozen description that every family fills in and its network is built from.

`ModelSpec` is for stacks of attention and feed-forward layers; `recurrent_spec.py` has the other kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from crosslate.models.specs.stack_spec import Activation, NormSpec, StackSpec


@dataclass(frozen=True, slots=True)
class OutputTransformSpec:
    """Between decoder and output projection: norm(activation(x W^T + b)) (BERT's head)."""

    activation: Activation
    norm: NormSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec(ABC):
    """What is known of any encoder-decoder. Token ids are the checkpoint's own."""

    family: str
    width: int
    """Of embeddings."""
    source_vocab_size: int
    target_vocab_size: int
    embedding_scale: float = 1.0
    output_scale: float = 1.0
    """Factor on the decoder's states before the output projection (T5 with tied embeddings: width**-0.5)."""
    output_transform: OutputTransformSpec | None = None
    """What the decoder's states go through before the output projection."""
    score_cap: float | None = None
    """The scores s of tokens become cap * tanh(s / cap)."""
    share_embeddings: bool = True
    """Source and target use one table."""
    tie_output: bool = True
    """The output projection is the target embedding."""
    output_bias: bool = False
    decoder_start_token_id: int | None
    """None: decoding starts from a zero vector, as native Marian does."""
    eos_token_ids: tuple[int, ...]
    pad_token_id: int
    max_source_tokens: int
    """Longest source, end token included."""
    max_piece_tokens: int | None = None
    """Longest source that comes out well, where that is shorter."""
    max_target_tokens: int

    @property
    def source_width(self) -> int:
        """Of the embeddings of sources."""
        return self.width

    @property
    def source_scale(self) -> float:
        """Factor on the embeddings of sources."""
        return self.embedding_scale

    @property
    def projects_encoded(self) -> bool:
        """Whether a linear layer leads from the encoder's width to the decoder's."""
        return False

    @property
    def output_width(self) -> int:
        """Of what the output projection reads."""
        return self.width

    @property
    @abstractmethod
    def num_layers(self) -> int:
        """Of the decoder; each looks at the source."""

    @property
    @abstractmethod
    def num_heads(self) -> int:
        """In each of these layers."""

    @property
    @abstractmethod
    def head_dims(self) -> tuple[int | None, int | None]:
        """How wide the heads of encoder and decoder are; None where no dot product is attended with."""

    @property
    @abstractmethod
    def pads_sources(self) -> bool:
        """Whether sources that are read together are padded, so that sums may differ in the last digit."""

    @property
    def has_even_steps(self) -> bool:
        """Whether a decoder's steps do the same whatever the tokens are, so that one can be recorded."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec(NetworkSpec):
    """An encoder and a decoder whose layers attend."""

    encoder: StackSpec
    decoder: StackSpec
    encoder_width: int | None = None
    """Where it is not the decoder's: a linear layer leads from one to the other, or layers read this one."""
    source_embedding_scale: float | None = None
    """Where it is not the target's."""

    @property
    def source_width(self) -> int:
        return self.width if self.encoder_width is None else self.encoder_width

    @property
    def source_scale(self) -> float:
        return self.embedding_scale if self.source_embedding_scale is None else self.source_embedding_scale

    @property
    def projects_encoded(self) -> bool:
        grouped = self.decoder.grouped
        return self.source_width != self.width and (grouped is None or grouped.source_width is None)

    @property
    def num_layers(self) -> int:
        return self.decoder.num_layers

    @property
    def num_heads(self) -> int:
        return self.decoder.num_heads

    @property
    def head_dims(self) -> tuple[int | None, int | None]:
        encoder, decoder = (None if side.grouped else side.head_dim for side in (self.encoder, self.decoder))
        return encoder, decoder

    @property
    def pads_sources(self) -> bool:
        grouped = self.encoder.grouped
        return (
            self.encoder.pattern is not None
            or self.decoder.cross == "linear"
            or (grouped is not None and any(grouped.windows))
        )

    @property
    def has_even_steps(self) -> bool:
        return self.decoder.experts is None


def stacks_of(spec: NetworkSpec) -> ModelSpec:
    """The spec of a network whose layers attend; raises `TypeError` for one of another kind."""
    if not isinstance(spec, ModelSpec):
        raise TypeError(f"a {type(spec).__name__} describes no stacks of attention")
    return spec
