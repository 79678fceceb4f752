"""What a file is by its first bytes, to tell somebody whose file is not what its name says."""

from __future__ import annotations

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""What files of Office before 2007 begin with, and those with a password; other files may stand in them."""
_KINDS = (
    (b"%PDF-", "a PDF file"),
    (b"{\\rtf", "a file of rich text (.rtf)"),
    (OLE, "protected by a password, or in the format before 2007"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<!doctype html", "a page (.html)"),
    (b"<html", "a page (.html)"),
    (b"<?xml", "an XML file"),
    (b"PK\x03\x04", "a damaged zip archive"),
)
_BLANK = b"\xef\xbb\xbf \t\r\n"


def kind_of(data: bytes) -> str:
    """In words, behind "it is"."""
    first = data[:1024].lstrip(_BLANK).lower()
    if not data:
        return "empty"
    return next((kind for start, kind in _KINDS if first.startswith(start.lower())), "no zip archive")
