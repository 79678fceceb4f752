"""Alignment through a third language: the product of the two models' maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.alignment import FloatArray, mask_special, membership
from service.pipeline.align import PieceMap, PlacedTokens, ReverseMap, block_diagonal


def compose_maps(
    first: Sequence[PieceMap], second: Sequence[PieceMap], owners: Sequence[int]
) -> list[PieceMap]:
    """Maps from the source to the final text, for the first half's pieces that the second half translated.

    Args:
        first: the maps of the first half's pieces.
        second: the maps of the second half's; their sources are spans of the first half's output.
        owners: for each of `second` the piece of `first` it is, or is a part of.
    """
    parts: dict[int, list[PieceMap]] = {}
    for owner, part in zip(owners, second, strict=True):
        parts.setdefault(owner, []).append(part)
    return [_composed(first[owner], _side_by_side(parts[owner])) for owner in sorted(parts)]


def _composed(first: PieceMap, second: PieceMap) -> PieceMap:
    reverse = None
    if first.reverse is not None and second.reverse is not None:
        back, further_back = second.reverse, first.reverse
        reverse = ReverseMap(
            source=further_back.source,
            target=back.target,
            attention=compose(
                further_back.attention, further_back.target, back.source, back.attention, back.target
            ),
        )
    return PieceMap(
        source=first.source,
        target=second.target,
        attention=compose(second.attention, second.source, first.target, first.attention, first.source),
        reverse=reverse,
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
    rows = [i for i, span in enumerate(written.spans) if span is not None]
    # (W, R): columns sum to 1 where a token overlaps any
    overlap = membership([span for span in written.spans if span is not None], read.spans)
    weights = tokens.matrix @ overlap.T
    # A token that overlaps none says nothing about where it comes from.
    weights += (1.0 - weights.sum(axis=1, keepdims=True)) / max(len(rows), 1)
    # (T, W) @ (W, S) -> (T, S)
    composed = (1.0 - tokens.sink_mass[:, None]) * (weights @ earlier[rows])
    unseen = np.array([span is None for span in source.spans], dtype=bool)
    composed[:, unseen] += tokens.sink_mass[:, None] / max(int(unseen.sum()), 1)
    return composed.astype(np.float32, copy=False)


def _side_by_side(parts: Sequence[PieceMap]) -> PieceMap:
    """The parts of one piece as one map."""
    if len(parts) == 1:
        return parts[0]
    reverses = [part.reverse for part in parts if part.reverse is not None]
    reverse = None
    if len(reverses) == len(parts):
        reverse = ReverseMap(
            source=_in_a_row([r.source for r in reverses]),
            target=_in_a_row([r.target for r in reverses]),
            attention=block_diagonal([r.attention for r in reverses]),
        )
    return PieceMap(
        source=_in_a_row([part.source for part in parts]),
        target=_in_a_row([part.target for part in parts]),
        attention=block_diagonal([part.attention for part in parts]),
        reverse=reverse,
    )


def _in_a_row(tokens: Sequence[PlacedTokens]) -> PlacedTokens:
    return PlacedTokens(
        pieces=[piece for part in tokens for piece in part.pieces],
        spans=[span for part in tokens for span in part.spans],
        extent=(tokens[0].extent[0], tokens[-1].extent[1]),
    )
