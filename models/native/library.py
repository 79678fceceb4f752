"""Finds and loads the compiled kernels: the variant for this CPU, if it computes what it should."""

from __future__ import annotations

import ctypes
import logging
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
FALLBACKS = {"vnni": ("vnni", "avx2", "generic"), "avx2": ("avx2", "generic"), "generic": ("generic",)}

BRIEF_MACS = 6_000_000
"""Some 100 microseconds."""

POINTER, SIZE, FLOAT, FLAG = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_int
SIGNATURES: dict[str, tuple[type, ...]] = {
    "packed_int8_bytes": (SIZE, SIZE),
    "pack_int8": (POINTER, SIZE, SIZE) + (POINTER,) * 4,
    "linear_int8": (POINTER, SIZE, SIZE) + (POINTER,) * 6 + (SIZE, FLAG, SIZE, POINTER),
    "highest_of_linear_int8": (POINTER, SIZE, SIZE) + (POINTER,) * 6 + (SIZE,) * 3 + (POINTER, POINTER),
    "gather_candidates": (POINTER, POINTER, POINTER, SIZE, POINTER, SIZE, SIZE, POINTER, POINTER, POINTER),
    "candidate_scores": (POINTER, SIZE, SIZE, SIZE, POINTER, SIZE, POINTER),
    "best_candidates": (POINTER, SIZE, SIZE, SIZE, POINTER, SIZE, POINTER, POINTER),
    "attend_cached": (POINTER,) * 4 + (SIZE,) * 6 + (FLOAT, POINTER, SIZE, SIZE, POINTER),
    "attend_appended": (POINTER,) * 5 + (SIZE,) * 7 + (FLOAT, POINTER, SIZE, SIZE, POINTER),
    "attend_packed": (POINTER, POINTER, SIZE, SIZE, SIZE, FLOAT, POINTER, SIZE, SIZE, POINTER),
    "add_norm": (POINTER, POINTER, POINTER, POINTER, FLOAT, SIZE, SIZE, POINTER),
    "embed_rows": (POINTER, SIZE, POINTER, POINTER, FLOAT, SIZE, POINTER, POINTER, POINTER),
    "highest_scores": (POINTER, SIZE, SIZE, SIZE, POINTER, POINTER),
    "ssru_step": (POINTER, SIZE, SIZE, POINTER, POINTER),
    "encode_layers": (POINTER, POINTER, SIZE, POINTER, POINTER, POINTER, SIZE, SIZE),
    "decode_layers": (POINTER, POINTER, SIZE, POINTER, POINTER, SIZE, SIZE, POINTER, POINTER, SIZE),
}
RESULTS: dict[str, type] = {"packed_int8_bytes": SIZE, "linear_int8": FLAG, "highest_of_linear_int8": FLAG}
RESULTS |= {"candidate_scores": FLAG, "best_candidates": FLAG}
RESULTS |= {"attend_cached": FLAG, "attend_appended": FLAG, "attend_packed": FLAG}
RESULTS |= {"encode_layers": FLAG, "decode_layers": FLAG}

logger = logging.getLogger(__name__)


class Library:
    """The compiled functions, twice.

    Attributes:
        isa: `vnni`, `avx2` or `generic`.
        brief: for calls of a few microseconds: they keep Python's lock, since to take it back from a busy
            thread may cost milliseconds.
        lengthy: for everything else: other threads run meanwhile.
    """

    def __init__(self, isa: str, path: Path) -> None:
        self.isa = isa
        self.brief = _typed(ctypes.PyDLL(str(path)))
        self.lengthy = _typed(ctypes.CDLL(str(path)))

    def for_macs(self, count: int) -> ctypes.CDLL:
        """Which to use for a call of so many multiply-adds, or of work that takes as long."""
        return self.brief if count < BRIEF_MACS else self.lengthy


def check(failed: int) -> None:
    """What a function returned that may run out of memory."""
    if failed:
        raise MemoryError("a kernel found no memory for its scratch space")


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, arguments in SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, RESULTS.get(name)
    return library


@cache
def load_library() -> Library | None:
    """The best variant that is there and right; None where the kernels were not compiled."""
    generic = _path("generic")
    if not generic.exists():
        return None
    for isa in FALLBACKS.get(_best_isa(generic), ("generic",)):
        try:
            library = Library(isa, _path(isa))
        except (OSError, AttributeError) as error:
            logger.warning("the %s kernels cannot be loaded: %s", isa, error)
            continue
        if _is_right(library):
            return library
        logger.error("the %s kernels compute wrong results on this CPU; they are not used", isa)
    return None


def _path(isa: str) -> Path:
    return FOLDER / f"kernels_{isa}.so"


def _best_isa(generic: Path) -> str:
    try:
        function = ctypes.CDLL(str(generic)).best_isa
    except (OSError, AttributeError):
        return "generic"
    function.restype = ctypes.c_char_p
    return str(function().decode())


def _is_right(library: Library) -> bool:
    """Whether a small product is exact: a variant that its CPU misreads must not serve anyone."""
    rows, inputs, outputs = 11, 37, 21
    generator = np.random.default_rng(0)
    weights = generator.integers(-127, 128, (outputs, inputs), dtype=np.int8)
    x = generator.integers(0, 128, (rows, inputs)).astype(np.float32)
    x[:, :2] = 0, 127  # every row's least and largest, so that its scale is 1 and nothing is rounded
    functions = library.brief
    packed = np.zeros(functions.packed_int8_bytes(outputs, inputs), np.int8)
    orders, joined = np.zeros(10, np.uint16), np.zeros(2, np.int64)
    sums, scales, y = np.zeros(32, np.float32), np.ones(32, np.float32), np.empty((rows, outputs), np.float32)
    parts = [array.ctypes.data for array in (packed, orders, joined, sums)]
    functions.pack_int8(weights.ctypes.data, outputs, inputs, *parts)
    failed = functions.linear_int8(
        x.ctypes.data, rows, inputs, *parts, scales.ctypes.data, None, outputs, 0, 1, y.ctypes.data
    )
    return not failed and bool((y == x @ weights.T.astype(np.float32)).all())
