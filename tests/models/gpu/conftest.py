from __future__ import annotations

import pytest
import torch

pytest.importorskip("triton", reason="Triton comes with torch's wheels for CUDA")


@pytest.fixture(scope="session")
def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
