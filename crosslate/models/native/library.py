"""Finds and loads the compiled kernels: the variant for this CPU, if it computes what it should."""

from __future__ import annotations

import ctypes
import logging
from functools import cache
from pathlib import Path

import numpy as np
import torch

from crosslate.models.native.packed_weights import PackedWeights

FOLDER = Path(__file__).parent
FALLBACKS = {
    "amx": ("amx", "vnni", "avx2", "generic"),
    "vnni": ("vnni", "avx2", "generic"),
    "avxvnni": ("avxvnni", "avx2", "generic"),
    "avx2": ("avx2", "generic"),
    "i8mm": ("i8mm", "dotprod", "generic"),
    "dotprod": ("dotprod", "generic"),
    "generic": ("generic",),
}
"""What a CPU runs, the best first."""

CHECKS = ((61, False), (31, True))
"""Rows of products that show whether a variant is right, in tiles of every height; whether they are fine."""

BRIEF_MACS = 6_000_000
"""Some 100 microseconds."""

POINTER, SIZE, FLOAT, FLAG = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_int
ADDED = POINTER, SIZE, SIZE
"""Where it is, and two strides."""
SIGNATURES: dict[str, tuple[type, ...]] = {
    "panel_format": (POINTER, POINTER),
    "plan_int8": (POINTER, SIZE, SIZE, FLAG, POINTER, POINTER),
    "pack_int8": (POINTER, SIZE, SIZE, SIZE) + (POINTER,) * 4,
    "linear_int8": (POINTER, POINTER, SIZE, FLAG, SIZE, POINTER),
    "highest_of_linear_int8": (POINTER, POINTER, SIZE, SIZE, SIZE, POINTER, POINTER),
    "gather_candidates": (POINTER,) * 4 + (SIZE, POINTER, SIZE, SIZE) + (POINTER,) * 4,
    "candidate_scores": (POINTER, SIZE, SIZE, SIZE, POINTER, SIZE, POINTER),
    "best_candidates": (POINTER, SIZE, SIZE, SIZE, POINTER, SIZE, POINTER, POINTER),
    "attend_cached": (POINTER, FLAG, *((POINTER,) * 3), *((SIZE,) * 6), FLOAT, *ADDED, *ADDED, SIZE, POINTER),
    "attend_appended": (POINTER, FLAG, *((POINTER,) * 4), *((SIZE,) * 7), FLOAT, *ADDED, SIZE, POINTER),
    "attend_packed": (POINTER, FLAG, POINTER, SIZE, SIZE, SIZE, FLOAT, POINTER, SIZE, SIZE, SIZE, POINTER),
    "add_norm": (POINTER, POINTER, POINTER, POINTER, FLOAT, SIZE, SIZE, POINTER),
    "embed_rows": (POINTER, SIZE, POINTER, POINTER, FLOAT, SIZE, POINTER, POINTER, POINTER),
    "highest_scores": (POINTER, SIZE, SIZE, SIZE, POINTER, POINTER),
    "ssru_step": (POINTER, SIZE, SIZE, POINTER, POINTER),
    "multiply_int8_registers": (SIZE, SIZE),
    "multiply_float32_registers": (SIZE, SIZE),
    "encode_layers": (POINTER, POINTER, SIZE, POINTER, POINTER, POINTER, SIZE, SIZE),
    "decode_step": (POINTER, POINTER, SIZE, POINTER, POINTER, SIZE, SIZE, POINTER, POINTER, SIZE),
    "project_sources": (POINTER, SIZE, POINTER, POINTER) + (SIZE,) * 5 + (POINTER,),
}
RESULTS: dict[str, type] = {"multiply_int8_registers": SIZE, "multiply_float32_registers": SIZE}
RESULTS |= {"linear_int8": FLAG, "highest_of_linear_int8": FLAG}
RESULTS |= {"candidate_scores": FLAG, "best_candidates": FLAG}
RESULTS |= {"attend_cached": FLAG, "attend_appended": FLAG, "attend_packed": FLAG}
RESULTS |= {"encode_layers": FLAG, "decode_step": FLAG, "project_sources": FLAG}

logger = logging.getLogger(__name__)


class Library:
    """The compiled functions, twice.

    Attributes:
        isa: `amx`, `vnni`, `avxvnni` or `avx2`; on ARM `i8mm` or `dotprod`; or `generic`.
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
    """Whether small products are exact: a variant that its CPU misreads must not serve anyone."""
    return all(_is_exact(library.brief, num_rows, is_fine=is_fine) for num_rows, is_fine in CHECKS)


def _is_exact(functions: ctypes.CDLL, num_rows: int, *, is_fine: bool) -> bool:
    generator = np.random.default_rng(num_rows)
    integers = torch.from_numpy(generator.integers(-127, 128, (37, 150), dtype=np.int8))
    weights = PackedWeights.of(functions, integers, torch.ones(37), None, is_fine=is_fine)
    x = generator.integers(0, weights.levels + 1, (num_rows, 150)).astype(np.float32)
    x[:, :2] = 0, weights.levels  # every row's least and largest: its scale is 1 and nothing is rounded
    y = np.empty((num_rows, 37), np.float32)
    failed = functions.linear_int8(weights.address, x.ctypes.data, num_rows, 0, 1, y.ctypes.data)
    expected = x.astype(np.int64) @ integers.numpy().T.astype(np.int64)
    # Sums of one byte are exact in float32; those of two are rounded there.
    tolerance = 1e-6 * weights.levels * 127 * 150 if weights.levels > 255 else 0
    return not failed and bool((np.abs(y - expected) <= tolerance).all())
