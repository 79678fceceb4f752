"""An alignment as a picture: source words across, target words down, a square for each link or weight."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from models.alignment import FloatArray
from models.tokenizer import Span
from service.errors import ServiceError
from service.pipeline.offsets import slice_text
from service.pipeline.types import AlignedToken, AlignmentResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ImageFormat = Literal["svg", "png"]

MAX_LABELS = 250
"""A picture with more words or tokens on a side is refused: nobody could read it."""

_CELL_INCHES = 0.3
_DOTS_PER_INCH = 110
# Of those that are installed, the first that has a character draws it.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Hiragino Sans",
    "Microsoft YaHei",
)


def draw_alignment(result: AlignmentResult, source: str, target: str, image_format: ImageFormat) -> bytes:
    """The map between tokens where the result has one (level "matrix"), else the links between words.

    Takes a second or so. Raises `ServiceError` 413 `alignment_too_large` beyond `MAX_LABELS` a side.
    """
    if result.matrix is not None and result.source_tokens is not None and result.target_tokens is not None:
        weights = result.matrix if result.matrix.ndim == 2 else result.matrix.mean(axis=(0, 1))
        columns, rows = _token_labels(result.source_tokens), _token_labels(result.target_tokens)
    else:
        weights = _link_weights(result)
        columns = [slice_text(source, word, result.unit) for word in result.source_words]
        rows = [slice_text(target, word, result.unit) for word in result.target_words]
    if max(len(columns), len(rows)) > MAX_LABELS:
        raise ServiceError(
            413,
            "alignment_too_large",
            "The alignment is too large for a picture",
            f"{len(columns)} × {len(rows)} words or tokens; a picture has at most {MAX_LABELS} a side. "
            "Ask for JSON, or align sentence by sentence.",
        )
    return _draw(weights, columns, rows, image_format)


def _link_weights(result: AlignmentResult) -> FloatArray:
    """`(Tw, Sw)`: the scores of the links."""
    column = {word: i for i, word in enumerate(result.source_words)}
    row = {word: i for i, word in enumerate(result.target_words)}
    weights = np.zeros((len(row), len(column)), dtype=np.float32)
    for link in result.links:
        weights[row[_span(link.target)], column[_span(link.source)]] = link.score
    return weights


def _span(span: Span) -> Span:
    return span[0], span[1]


def _token_labels(tokens: Sequence[AlignedToken]) -> list[str]:
    return [token.text for token in tokens]


def _draw(
    weights: FloatArray, columns: Sequence[str], rows: Sequence[str], image_format: ImageFormat
) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.font_manager import get_font_names

    width = _CELL_INCHES * (max(len(columns), 1) + _label_cells(rows))
    height = _CELL_INCHES * (max(len(rows), 1) + _label_cells(columns))
    figure = Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, layout="tight")
    axes = figure.add_subplot()
    if weights.size:
        axes.imshow(weights, cmap="Blues", vmin=0.0, vmax=1.0, aspect="equal", interpolation="nearest")
    known = set(get_font_names())
    _label(axes, columns, rows, fonts=[font for font in _FONTS if font in known])
    picture = io.BytesIO()
    # Text stays text in SVG: searchable, and shown with the fonts of whoever looks at it.
    with matplotlib.rc_context({"svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # a glyph that no installed font has
        figure.savefig(picture, format=image_format)
    return picture.getvalue()


def _label(axes: Axes, columns: Sequence[str], rows: Sequence[str], *, fonts: list[str]) -> None:
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontfamily=fonts, parse_math=False)
    axes.set_yticks(range(len(rows)), rows, fontfamily=fonts, parse_math=False)
    axes.set_xticks([i - 0.5 for i in range(1, len(columns))], minor=True)
    axes.set_yticks([i - 0.5 for i in range(1, len(rows))], minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.5)
    axes.tick_params(which="both", length=0)


def _label_cells(labels: Sequence[str]) -> float:
    """Room for the longest label, in cells."""
    return 1.0 + 0.35 * max(map(len, labels), default=0)
