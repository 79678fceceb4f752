"""Folders that are no model."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosslate.models.errors import CheckpointError
from crosslate.models.loading import load_model


def refuse(folder: Path, *named: str) -> None:
    """See that loading it fails, with a message that has all of these in it."""
    with pytest.raises(CheckpointError) as raised:
        load_model(str(folder), dtype="float32")
    for part in named:
        assert part in str(raised.value)
