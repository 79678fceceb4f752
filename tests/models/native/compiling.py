"""Compiles C as users would: without a warning."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


def compile_quietly(*command: str | Sequence[str]) -> None:
    """Run a compiler, whose arguments may come in groups; what it says fails the test."""
    words = [word for group in command for word in ([group] if isinstance(group, str) else group)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
