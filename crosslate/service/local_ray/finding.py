"""What a check of the installation found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `remedy` is there unless all is well."""

    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str | None = None

    def line(self, name: str) -> str:
        """What is said of the check with this name."""
        line = f"{self.status:4}  {name}: {self.detail}"
        return line if self.remedy is None else f"{line}\n      to mend it: {self.remedy}"
