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
_ESCAPE = "\x1b"
"""What ISO-2022-JP begins its letters with; its bytes are all ASCII."""
_AS_BROWSERS_READ = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
}
"""What the names that files declare mean in fact: more than their standards say."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a file says."""

    text: str
    encoding: str
    notices: tuple[str, ...] = ()
    is_xml: bool = False
    """Letters that the encoding has not are written by their numbers."""

    def encoded(self, text: str) -> bytes:
        """As the file was encoded; in UTF-8 where that was a guess."""
        return text.encode(self.encoding, "xmlcharrefreplace" if self.is_xml else "strict")

    def in_utf8(self) -> TextFile:
        """To be written in UTF-8, which has all letters, and to be said so."""
        if self.encoding.startswith("utf"):
            return self
        return TextFile(self.text, "utf-8", () if self.text.isascii() else (_notice(self.encoding),))


def read_text(data: bytes, kind: str, lang: str | None = None, declared: str | None = None) -> TextFile:
    """The text of a file: as its mark says, in UTF-8, as it declares, as its language used to be, or looks.

    Args:
        data: the file.
        kind: for people, such as `.txt`.
        lang: what it is known to be in, if it is.
        declared: the name of an encoding that the file itself gives, if it does.

    Raises:
        ServiceError: 422, it is no text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return _declared(data, kind, declared) or _guessed(data, kind, lang)
    if (text.isascii() or _ESCAPE in text) and (file := _declared(data, kind, declared)):
        return file
    return TextFile(_checked(text, kind), encoding)


def _declared(data: bytes, kind: str, name: str | None) -> TextFile | None:
    """None where it is no encoding but UTF-8, or the file is not in it."""
    encoding = _AS_BROWSERS_READ.get((name or "utf-8").lower(), (name or "utf-8").lower())
    try:
        text = "" if codecs.lookup(encoding).name.startswith("utf-") else data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
    return TextFile(_checked(text, kind), encoding) if text else None


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
    return TextFile(_checked(text, kind), "utf-8", (_notice(encoding),))


def _checked(text: str, kind: str) -> str:
    if _NUL in text:
        raise unreadable(kind, "it holds bytes that are no text")
    return text


def _notice(encoding: str) -> str:
    return f"The file is not in UTF-8; it was read as {encoding}, and is in UTF-8 now."
