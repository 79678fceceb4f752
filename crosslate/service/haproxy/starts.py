"""Why HAProxy does not start, read where Serve has it write to. Serve itself starts it again for ever."""

from __future__ import annotations

import contextlib
from pathlib import Path

ENOUGH = 2
"""Starts that fail: one may be in the way of a HAProxy that is about to end."""
_FIRST_OF_EACH_MANAGER = "*/admin.sock.*.1.stderr.log"
_FATAL = ("[ALERT]", "crosslate: ")
"""How lines begin that HAProxy, and what edits its configuration, end with."""


class FailedStarts:
    """Starts of HAProxy that have failed, as far as they were looked for in time.

    Serve removes what one wrote when it starts the next.

    Args:
        folder: of HAProxy's files; below it is one of each node.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failed: set[str] = set()

    def reason(self) -> str | None:
        """What HAProxy said at last, once so many starts have failed that it never will."""
        said = None
        for path in self._folder.glob(_FIRST_OF_EACH_MANAGER):
            with contextlib.suppress(OSError):
                content = path.read_text(encoding="utf-8", errors="replace")
                lines = [line for line in content.splitlines() if line.startswith(_FATAL)]
                if lines:
                    self._failed.add(path.name)
                    said = lines[0]
        return said if len(self._failed) >= ENOUGH else None
