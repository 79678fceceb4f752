"""Attention between placed tokens, and its composition over a text in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crosslate.models.alignment.alignment import mask_special, membership
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.text.origin import OriginMap


@dataclass(frozen=True, slots=True)
class PlacedTokens:
    """A part's tokens with their spans in the whole text, in code points."""

    pieces: list[str]
    spans: list[Span | None]
    extent: Span

    def from_origin(self, origin: OriginMap) -> PlacedTokens:
        """The same where the whole text is itself a derived one, that `origin` leads back from."""
        return PlacedTokens(self.pieces, origin.spans(self.spans), origin.span(self.extent))

    @property
    def seen(self) -> list[int]:
        """The tokens that stand for text."""
        return [index for index, span in enumerate(self.spans) if span is not None]

    @property
    def content(self) -> list[Span | None]:
        """The spans of tokens with a letter or digit; None for the others too."""
        return [
            span if any(map(str.isalnum, piece)) else None
            for piece, span in zip(self.pieces, self.spans, strict=True)
        ]


def placed(tokens: TokenizedText | None, origin: OriginMap, extent: Span) -> PlacedTokens:
    """Tokens where their text came from, `origin`; all of it came from `extent`."""
    if tokens is None:
        raise RuntimeError("a text that is to be aligned was read without spans")
    return PlacedTokens(tokens.pieces, origin.spans(tokens.spans), extent)


def attention_of(output: PartOutput) -> FloatArray:
    """What the engine answered with an output, `(T, S)`, or `(L, H, T, S)`."""
    if output.hypothesis.attention is None:
        raise RuntimeError("the engine answered a request for attention without any")
    return output.hypothesis.attention


@dataclass(frozen=True, slots=True, kw_only=True)
class PartMap:
    """A part, its output and the attention between them: `(T, S)`, or `(L, H, T, S)`."""

    source: PlacedTokens
    target: PlacedTokens
    attention: FloatArray
    reverse: PartMap | None = None
    """Of a model that reads the output and writes the part: `(S', T')`."""


def compose_maps(first: Sequence[PartMap], second: Sequence[PartMap], owners: Sequence[int]) -> list[PartMap]:
    """Maps from the source to the final text, for the first half's parts that the second half translated.

    Args:
        first: the maps of the first half's parts.
        second: the maps of the second half's; their sources are spans of the first half's output.
        owners: for each of `second` the part of `first` it is, or is a part of.
    """
    parts: dict[int, list[PartMap]] = {}
    for owner, part in zip(owners, second, strict=True):
        parts.setdefault(owner, []).append(part)
    return [_composed(first[owner], _side_by_side(parts[owner])) for owner in sorted(parts)]


def _composed(first: PartMap, second: PartMap) -> PartMap:
    """Backwards it is the other way round: the second half's reverse model reads first."""
    return PartMap(
        source=first.source,
        target=second.target,
        attention=compose(second.attention, second.source, first.target, first.attention, first.source),
        reverse=_composed(second.reverse, first.reverse) if first.reverse and second.reverse else None,
    )


def compose(
    later: FloatArray, read: PlacedTokens, written: PlacedTokens, earlier: FloatArray, source: PlacedTokens
) -> FloatArray:
    """What the later model's outputs owe to the earlier one's source, `(T, R) x (W, S) -> (T, S)`.

    Both know the text between in tokens of their own, which belong together where they overlap. What the
    later model spends on tokens without text goes to the source's tokens without text. Rows sum to 1.

    Args:
        later: attention of the later model, `(T, R)`.
        read: the text between, as the later model reads it.
        written: the text between, as the earlier model wrote it.
        earlier: attention of the earlier model, `(W, S)`.
        source: what the earlier model read.
    """
    tokens = mask_special(later, read.spans)
    seen = written.seen
    weights = carried(tokens.matrix, read, written)
    # A token that overlaps none says nothing about where it comes from.
    weights[:, seen] += (1.0 - weights.sum(axis=1, keepdims=True)) / max(len(seen), 1)
    # (T, W) @ (W, S) -> (T, S)
    composed = (1.0 - tokens.sink_mass[:, None]) * (weights @ earlier)
    unseen = np.array([span is None for span in source.spans], dtype=bool)
    composed[:, unseen] += tokens.sink_mass[:, None] / max(int(unseen.sum()), 1)
    return composed.astype(np.float32, copy=False)


def carried(later: FloatArray, read: PlacedTokens, written: PlacedTokens) -> FloatArray:
    """A text between was read as other tokens than it was written as: `(T, R) -> (T, W)`, by overlap.

    What was read from nowhere is lost.
    """
    spans = [span for span in written.spans if span is not None]
    mass = np.zeros((later.shape[0], len(written.spans)), dtype=np.float32)
    # (T, R) @ (R, W) -> (T, W)
    mass[:, written.seen] = later @ membership(spans, read.spans).T
    return mass


def _side_by_side(parts: Sequence[PartMap]) -> PartMap:
    """The parts of one part as one map."""
    if len(parts) == 1:
        return parts[0]
    reverses = [part.reverse for part in parts if part.reverse is not None]
    return PartMap(
        source=_in_a_row([part.source for part in parts]),
        target=_in_a_row([part.target for part in parts]),
        attention=block_diagonal([part.attention for part in parts]),
        reverse=_side_by_side(reverses) if len(reverses) == len(parts) else None,
    )


def _in_a_row(tokens: Sequence[PlacedTokens]) -> PlacedTokens:
    return PlacedTokens(
        pieces=[piece for part in tokens for piece in part.pieces],
        spans=[span for part in tokens for span in part.spans],
        extent=(tokens[0].extent[0], tokens[-1].extent[1]),
    )


def block_diagonal(blocks: Sequence[FloatArray]) -> FloatArray:
    """`(…, T, S)` blocks along the diagonal of one `(…, ΣT, ΣS)`; zero elsewhere."""
    num_rows = sum(block.shape[-2] for block in blocks)
    num_columns = sum(block.shape[-1] for block in blocks)
    leading = blocks[0].shape[:-2] if blocks else ()
    whole = np.zeros((*leading, num_rows, num_columns), dtype=np.float32)
    row = column = 0
    for block in blocks:
        whole[..., row : row + block.shape[-2], column : column + block.shape[-1]] = block
        row += block.shape[-2]
        column += block.shape[-1]
    return whole
