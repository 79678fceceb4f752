"""Attention maps as they come over the wire, as arrays."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float16]


def decoded_matrix(encoded: Mapping[str, Any]) -> Matrix:
    """(T, S) or (L, H, T, S) of `{"shape", "dtype": "float16", "data"}`: Base64, row-major, little-endian."""
    values = np.frombuffer(base64.b64decode(encoded["data"], validate=True), dtype="<f2")
    return values.reshape(encoded["shape"]).astype(np.float16)
