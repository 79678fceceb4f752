"""An alignment as a picture: source words across, target words down, a square for each link or weight."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.labels import short_label
from crosslate.service.pipeline.text.offsets import slice_text
from crosslate.service.pipeline.types import AlignedToken, AlignmentResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

ImageFormat = Literal["svg", "png"]

MAX_LABELS = 250
"""A picture with more words or tokens on a side is refused: nobody could read it."""

# In pixels. With `MAX_LABELS` a side, cells of the least size and the longest labels, a picture has
# 4,000 × 4,000 pixels, and drawing it takes 64 MB.
_CELL, _LEAST_CELL = 33, 14
_MOST_CELLS_TOGETHER = 3500
_LONGEST_LABEL = 480
_MARGIN = 8
_DOTS_PER_INCH = 110
_POINTS_PER_PIXEL = 72 / _DOTS_PER_INCH
_FONT_POINTS = 10.0
_FONT_TO_CELL = 0.72

# A square with less weight could not be told from the background.
_LEAST_WEIGHT = 0.02
_GRID, _INK = "0.82", "0.1"
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
# Matplotlib's settings and font caches and Python's warning filters are the process's, and so is this.
_MATPLOTLIB = threading.Lock()


def draw_alignment(result: AlignmentResult, source: str, target: str, image_format: ImageFormat) -> bytes:
    """The map between tokens where the result has one (level "matrix"), else the links between words.

    Takes up to some seconds; one picture is drawn at a time. Labels are cut, see `short_label`.
    Raises `ServiceError` 413 `alignment_too_large` beyond `MAX_LABELS` a side.
    """
    if result.matrix is not None and result.source_tokens is not None and result.target_tokens is not None:
        check_drawable(len(result.source_tokens), len(result.target_tokens), "tokens")
        weights = result.matrix if result.matrix.ndim == 2 else result.matrix.mean(axis=(0, 1))
        columns, rows = _token_labels(result.source_tokens), _token_labels(result.target_tokens)
    else:
        check_drawable(len(result.source_words), len(result.target_words), "words")
        weights = _link_weights(result)
        columns = [short_label(slice_text(source, word, result.unit)) for word in result.source_words]
        rows = [short_label(slice_text(target, word, result.unit)) for word in result.target_words]
    with _MATPLOTLIB:
        return _draw(weights, columns, rows, image_format)


def check_drawable(num_columns: int, num_rows: int, unit: Literal["words", "tokens"]) -> None:
    """Pass if a map of this size can be drawn.

    Raises:
        ServiceError: 413 `alignment_too_large`.
    """
    if max(num_columns, num_rows) > MAX_LABELS:
        raise ServiceError(
            "alignment_too_large",
            f"The source has {num_columns} {unit} and the target {num_rows}; a picture has at most "
            f"{MAX_LABELS} a side. Ask for JSON, or align sentence by sentence.",
        )


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
    return [short_label(token.text) for token in tokens]


def _draw(
    weights: FloatArray, columns: Sequence[str], rows: Sequence[str], image_format: ImageFormat
) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=_DOTS_PER_INCH, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    picture = io.BytesIO()
    with _quiet_matplotlib():
        labels = _Labels.add(figure, columns, rows)
        _arrange(figure, labels, weights)
        if image_format == "png":
            # The least compression that is any: more takes longer than all the rest.
            figure.savefig(picture, format="png", pil_kwargs={"compress_level": 1})
        else:
            figure.savefig(picture, format="svg", metadata={"Date": None})
    # Texts and figure refer to each other and to the pixels, which would wait for the garbage collector.
    for text in (*labels.columns, *labels.rows):
        text.remove()
    canvas.renderer = None
    return picture.getvalue()


@contextmanager
def _quiet_matplotlib() -> Iterator[None]:
    import matplotlib

    # Text stays text in SVG: searchable, and shown with the fonts of whoever looks at it.
    settings = matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "crosslate"})
    with settings, warnings.catch_warnings():
        # Characters that no installed font has are boxes. Neither log nor client is told which they were.
        warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
        warnings.filterwarnings(
            "ignore", message="Matplotlib currently does not support", category=UserWarning
        )
        yield


@dataclass(frozen=True, slots=True)
class _Labels:
    """The texts at both sides, and what room they take, in pixels."""

    columns: Sequence[Text]
    rows: Sequence[Text]
    cell: int
    height: int
    """Of the columns' labels, which stand upright."""
    width: int
    """Of the rows' labels."""

    @classmethod
    def add(cls, figure: Figure, columns: Sequence[str], rows: Sequence[str]) -> _Labels:
        """Draw nothing yet: they have no place before all are measured."""
        most = max(len(columns), len(rows), 1)
        cell = max(_LEAST_CELL, min(_CELL, _MOST_CELLS_TOGETHER // most))
        style: dict[str, Any] = {
            "fontsize": min(_FONT_POINTS, _FONT_TO_CELL * cell * _POINTS_PER_PIXEL),
            "fontfamily": _installed_fonts(),
            "color": _INK,
            "parse_math": False,
            "rotation_mode": "anchor",
        }
        upright = [figure.text(0, 0, text, rotation=90, va="center", **style) for text in columns]
        level = [figure.text(0, 0, text, ha="right", va="center", **style) for text in rows]
        return cls(
            upright,
            level,
            cell,
            _room(text.get_window_extent().height for text in upright),
            _room(text.get_window_extent().width for text in level),
        )


def _room(lengths: Iterator[float]) -> int:
    return min(_LONGEST_LABEL, int(max(lengths, default=0))) + 2 * _MARGIN


def _installed_fonts() -> list[str]:
    from matplotlib.font_manager import get_font_names

    known = set(get_font_names())
    return [*(font for font in _FONTS if font in known), "sans-serif"]


def _arrange(figure: Figure, labels: _Labels, weights: FloatArray) -> None:
    """Size the picture, put the map `(rows, columns)` at its lower right and each label beside it."""
    cell, left = labels.cell, labels.width
    bottom = max(len(labels.rows), 1) * cell + _MARGIN
    width, height = left + max(len(labels.columns), 1) * cell + _MARGIN, bottom + labels.height
    figure.set_size_inches(width / _DOTS_PER_INCH, height / _DOTS_PER_INCH)
    for i, text in enumerate(labels.columns):
        text.set_position(((left + (i + 0.5) * cell) / width, (bottom + _MARGIN) / height))
    for i, text in enumerate(labels.rows):
        text.set_position(((left - _MARGIN) / width, (bottom - (i + 0.5) * cell) / height))
    if weights.size:
        _add_map(figure, weights, (left, bottom), cell)


def _add_map(figure: Figure, weights: FloatArray, corner: tuple[int, int], cell: int) -> None:
    """Draw squares and a grid from their upper left `corner` on, in pixels from the picture's lower left."""
    import matplotlib
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.transforms import Affine2D

    place = Affine2D().scale(cell, -cell).translate(*corner).scale(1 / _DOTS_PER_INCH)
    style: dict[str, Any] = {"transform": place + figure.dpi_scale_trans}
    num_rows, num_columns = weights.shape
    rows, columns = np.nonzero(weights >= _LEAST_WEIGHT)
    if len(rows):
        # (N, 1, 2) + (4, 2) -> (N, 4, 2): the corners of a square for each.
        corners = np.stack([columns, rows], axis=1)[:, None] + np.array([(0, 0), (0, 1), (1, 1), (1, 0)])
        colours = matplotlib.colormaps["Blues"](weights[rows, columns].clip(0, 1))
        figure.add_artist(
            PolyCollection(corners, facecolors=colours, edgecolors="none", antialiaseds=False, **style)
        )
    lines = [[(x, 0), (x, num_rows)] for x in range(num_columns + 1)]
    lines += [[(0, y), (num_columns, y)] for y in range(num_rows + 1)]
    figure.add_artist(LineCollection(lines, colors=_GRID, linewidths=0.5, **style))
