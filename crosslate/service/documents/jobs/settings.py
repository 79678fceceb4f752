"""Documents that are sent over HTTP: how large, where they are kept, for how long."""

from __future__ import annotations

from crosslate.service.section import PositiveFloat, PositiveInt, Section


class DocumentSettings(Section):
    """Translation of whole documents, in the background."""

    enabled: bool = True
    """They need the store (`store.url`), and a place for files."""
    url: str | None = None
    """Where files are kept until they are fetched or too old, each encrypted: a folder, or what fsspec knows,
    such as `s3://bucket/folder` (with `crosslate[s3]` installed). By default a folder in `state_dir`."""
    max_bytes: PositiveInt = 30 * 1024 * 1024
    """Of one file, as it is sent."""
    max_characters: PositiveInt = 2_000_000
    """To translate in one file."""
    max_waiting: PositiveInt = 1000
    """Documents that are not finished yet; further ones are answered 429."""
    max_running: PositiveInt = 2
    """Documents that one replica translates at once."""
    keep_s: PositiveFloat = 24 * 3600.0
    """From its coming until a document is deleted, finished or not."""
