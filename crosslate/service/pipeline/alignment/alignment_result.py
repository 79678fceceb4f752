"""Links as an answer has them: in the unit that was asked for, with what belongs to its level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from crosslate.models.alignment.alignment import pharaoh
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.alignment.hard_links import HardLinks
from crosslate.models.arrays import FloatArray
from crosslate.service.pipeline.alignment.align import Links
from crosslate.service.pipeline.alignment.matrix_size import WITH_MATRIX
from crosslate.service.pipeline.alignment.token_maps import PlacedTokens, block_diagonal
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.offsets import OffsetConverter, OffsetUnit
from crosslate.service.pipeline.types import AlignedToken, AlignmentLevel, AlignmentMethod, AlignmentResult


def alignment_result(
    links: Links,
    source: str,
    target: str,
    *,
    config: AlignmentConfig,
    level: AlignmentLevel,
    unit: OffsetUnit,
    reverses: Iterable[Selection | None] = (),
    hard: HardLinks | None = None,
    pivot: str | None = None,
) -> AlignmentResult:
    """The answer for `links` between two texts; the matrix is over all parts (see `matrix_size`).

    `reverses` linked the other way, for each model on the way.
    """
    source_units, target_units = OffsetConverter(source, unit), OffsetConverter(target, unit)
    with_tokens, is_full = level in WITH_MATRIX, level == "full"
    return AlignmentResult(
        unit=unit,
        method=AlignmentMethod(
            layer=None if is_full else config.layer,
            heads=None if is_full else config.heads,
            row=config.row,
            symmetric=level == "symmetric",
            reverse=_kind([selection for selection in reverses if selection is not None]),
            hard_links=hard,
            pivot=pivot,
        ),
        links=[
            Link(source_units.span(one), target_units.span(other), round(score, 4))
            for one, other, score in links.spans()
        ],
        source_words=[source_units.span(word) for word in links.source_words],
        target_words=[target_units.span(word) for word in links.target_words],
        pharaoh=pharaoh(links.links),
        sink_mass=list(links.sink_mass),
        source_tokens=_tokens([part.source for part in links.parts], source_units) if with_tokens else None,
        target_tokens=_tokens([part.target for part in links.parts], target_units) if with_tokens else None,
        matrix=_matrix(links, is_full=is_full) if with_tokens else None,
    )


def _kind(reverses: Sequence[Selection]) -> Literal["model", "encoder"] | None:
    if not reverses:
        return None
    return "encoder" if any(selection.by_encoder for selection in reverses) else "model"


def _matrix(links: Links, *, is_full: bool) -> FloatArray:
    return block_diagonal([part.attention for part in links.parts] if is_full else links.matrices)


def _tokens(placed: Sequence[PlacedTokens], units: OffsetConverter) -> list[AlignedToken]:
    return [
        AlignedToken(text, None if span is None else units.span(span))
        for tokens in placed
        for text, span in zip(tokens.pieces, tokens.spans, strict=True)
    ]
