"""Clients for Node, where they are installed."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "node"
INSTALL = "npm install --no-package-lock --prefix tests/node"
_TIMEOUT_S = 60


def require_package(name: str) -> None:
    """Skip the test where Node or the package is missing."""
    if shutil.which("node") is None or not (FOLDER / "node_modules" / name).exists():
        pytest.skip(f"needs Node.js and: {INSTALL}")


async def run_node(script: str, *arguments: str) -> Any:
    """What an ES module prints, as JSON."""
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "--eval", script, *arguments),
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_TIMEOUT_S):
        printed, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return json.loads(printed)
