"""Text files: which encoding they are in, and the same one again where it can be told."""

from __future__ import annotations

import codecs
import contextlib
from dataclasses import dataclass

from crosslate.service.documents.document import unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BY_ENCODING = {
    ("cp1252",): "en pt es fr de it nl sv da nb nn no fi is ca gl eu",
    ("cp1250",): "pl cs sk hu sl hr ro sq bs",
    ("cp1251",): "ru uk be bg mk sr",
    ("cp1253",): "el",
    ("cp1254",): "tr",
    ("cp1255",): "he",
    ("cp1256",): "ar",
    ("gb18030",): "zh",
    ("cp932", "euc_jp"): "ja",
    ("cp949",): "ko",
}
_OLD_ENCODINGS = {lang: names for names, langs in _BY_ENCODING.items() for lang in langs.split()}
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


def read_text(data: bytes, kind: str, lang: str | None = None) -> TextFile:
    """The text of a file. Without a mark it is in UTF-8, or else as its language used to be, or looks.

    Args:
        data: the file.
        kind: for people, such as `.txt`.
        lang: what it is known to be in, if it is.

    Raises:
        ServiceError: 422, it is no text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return _guessed(data, kind, lang)
    if _NUL in text:
        raise unreadable(kind, "it holds bytes that are no text")
    return TextFile(text, encoding)


def _guessed(data: bytes, kind: str, lang: str | None) -> TextFile:
    for encoding in _OLD_ENCODINGS.get((lang or "").partition("-")[0].lower(), ()):
        with contextlib.suppress(UnicodeDecodeError):
            return _told(data.decode(encoding), encoding, kind)
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise unreadable(kind, "it is no text in UTF-8, nor in an encoding that can be told")
    return _told(str(best), best.encoding, kind)


def _told(text: str, encoding: str, kind: str) -> TextFile:
    if _NUL in text:
        raise unreadable(kind, "it holds bytes that are no text")
    notice = f"The file is not in UTF-8; it was read as {encoding}, and is in UTF-8 now."
    return TextFile(text, "utf-8", (notice,))
