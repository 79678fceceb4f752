"""The compiled kernels, of every variant that this CPU runs."""

from __future__ import annotations

import pytest

from crosslate.models.native.kernels import Kernels
from crosslate.models.native.library import FALLBACKS, FOLDER, Library, load_library

LOADED = load_library()
VARIANTS = FALLBACKS[LOADED.isa] if LOADED is not None else ()


@pytest.fixture(params=VARIANTS or ["none"])
def kernels(request: pytest.FixtureRequest) -> Kernels:
    if LOADED is None:
        pytest.skip("the kernels are not compiled: no C compiler")
    return Kernels(Library(request.param, FOLDER / f"kernels_{request.param}.so"))
