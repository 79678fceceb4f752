"""JSON files of checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crosslate.models.errors import CheckpointError


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a checkpoint's folder; `CheckpointError` where it is not one."""
    content = _read(path)
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} must hold a JSON object")
    return content


def read_json_list(path: Path) -> list[Any]:
    """A JSON array from a checkpoint's folder; `CheckpointError` where it is not one."""
    content = _read(path)
    if not isinstance(content, list):
        raise CheckpointError(f"{path} must hold a JSON array")
    return content


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise CheckpointError(f"{path} cannot be read: {e.strerror}") from e
    except ValueError as e:
        raise CheckpointError(f"{path} is not JSON: {e}") from e
