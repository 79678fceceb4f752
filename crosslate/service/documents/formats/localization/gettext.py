"""Message catalogues of gettext: `msgid` into `msgstr`, where there is none yet or it is fuzzy."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polib

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.localization.plural_forms import num_plurals, plural_rule

_CHARSET = re.compile(rb"charset=([\w-]+)")
_IN_UTF8 = re.compile(r"charset=utf-?8\b", re.IGNORECASE)
_HEADER_BYTES = 8192
_WIDTH = 78
_UNWRAPPED = 0


def read_po(data: bytes, options: ReadOptions) -> Document:
    """A catalogue or a template; translations that are finished, and obsolete ones, stay.

    Raises:
        ServiceError: 422.
    """
    declared = _CHARSET.search(data[:_HEADER_BYTES])
    name = None if declared is None else declared[1].decode("ascii")
    file = read_text(data, ".po", options.source_lang, name).in_utf8()
    try:
        # With a line end, lest a file that holds nothing but a path be taken for that path.
        catalogue = polib.pofile(f"{file.text}\n", wrapwidth=_width(file.text))
    except (OSError, ValueError, IndexError, KeyError) as error:
        words = (word.strip("():,") for word in str(error).split())
        line = next(filter(str.isdigit, words), "")
        raise unreadable(".po", f"it is no catalogue{f', see line {line}' if line else ''}") from None
    if not catalogue and not catalogue.metadata and has_words(file.text):
        raise unreadable(".po", "it has no message")
    if options.target_lang:
        catalogue.metadata["Language"] = options.target_lang.replace("-", "_")
        _set_plurals(catalogue, options.target_lang)
    if file.encoding == "utf-8" and not _IN_UTF8.search(catalogue.metadata.get("Content-Type", "")):
        catalogue.metadata["Content-Type"] = "text/plain; charset=UTF-8"
    number = num_plurals(catalogue.metadata.get("Plural-Forms", "")) or 2
    units = [_Entry(entry, number) for entry in catalogue if _is_open(entry)]

    def finish() -> bytes:
        text = str(catalogue)
        return file.encoded(text if text.endswith("\n") else f"{text}\n")

    return document_of(units, finish, file.notices)


class _Entry:
    """One message, with its plural if it has one."""

    def __init__(self, entry: polib.POEntry, num_plural_forms: int) -> None:
        self._entry, self._num_forms = entry, num_plural_forms
        texts = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        where = f"message {entry.linenum}" if entry.linenum else "message"
        place = f"{where}, {entry.msgctxt}" if entry.msgctxt else where
        self.segments = (
            [Segment(text.strip("\n"), "text", place) for text in texts] if any(map(has_words, texts)) else []
        )

    def put(self, translations: Sequence[str]) -> None:
        """Of the singular, and of the plural for each of the language's other forms."""
        entry = self._entry
        written = [
            _ends_like(source, text)
            for source, text in zip((entry.msgid, entry.msgid_plural), translations, strict=False)
        ]
        if entry.msgid_plural:
            singular, plural = written
            forms = [plural] if self._num_forms == 1 else [singular, *[plural] * (self._num_forms - 1)]
            entry.msgstr_plural = dict(enumerate(forms))
        else:
            entry.msgstr = written[0]
        if "fuzzy" in entry.flags:
            entry.flags.remove("fuzzy")
        entry.previous_msgid = entry.previous_msgctxt = entry.previous_msgid_plural = None


def _is_open(entry: polib.POEntry) -> bool:
    return not entry.obsolete and (not entry.translated() or entry.fuzzy)


def _ends_like(source: str, text: str) -> str:
    """With the line ends that the source begins and ends with, on which gettext's own checks insist."""
    first = source[: len(source) - len(source.lstrip("\n"))]
    last = source[len(source.rstrip("\n")) :] if source.strip("\n") else ""
    return first + text.strip("\n") + last


def _set_plurals(catalogue: polib.POFile, lang: str) -> None:
    rule = plural_rule(lang)
    if rule is not None:
        catalogue.metadata["Plural-Forms"] = rule


def _width(text: str) -> int:
    """Whether the file has its long messages on several lines, as gettext's tools write them."""
    return _UNWRAPPED if any(len(line) > _WIDTH + 2 for line in text.splitlines()) else _WIDTH
