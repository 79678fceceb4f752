"""Where what outlives a replica is kept."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from crosslate.service.section import Section


class StoreSettings(Section):
    """One database for all replicas."""

    url: str | None = None
    """`sqlite:////folder/file` for replicas of one machine, `postgresql://user:password@host/database` for
    those of many. By default an SQLite file in the folder `state_dir`."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.url is not None and not self.url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("url: begins with sqlite:/// or postgresql://")
        if self.url is not None and self.url.removeprefix("sqlite:///") in {"", ":memory:"}:
            raise ValueError("url: SQLite needs a file, since replicas share it")
        return self
