"""Text files: which encoding they are in, and the same one again where it can be told."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from service.documents.document import unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUL = "\x00"


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a file says."""

    text: str
    encoding: str
    notices: tuple[str, ...] = ()

    def encoded(self, text: str) -> bytes:
        """As the file was encoded; in UTF-8 where that was a guess, or has not the letters."""
        return text.encode(self.encoding)


def read_text(data: bytes, kind: str) -> TextFile:
    """The text of a file. Without a mark it is UTF-8, or else the encoding that it looks like.

    Raises:
        ServiceError: 422, it is no text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return _guessed(data, kind)
    if _NUL in text:
        raise unreadable(kind, "it holds bytes that are no text")
    return TextFile(text, encoding)


def _guessed(data: bytes, kind: str) -> TextFile:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None or _NUL in str(best):
        raise unreadable(kind, "it is no text in UTF-8, nor in an encoding that can be told")
    notice = f"The file is not in UTF-8; it was read as {best.encoding}, and is in UTF-8 now."
    return TextFile(str(best), "utf-8", (notice,))
