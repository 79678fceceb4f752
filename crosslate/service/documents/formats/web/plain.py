"""Plain text, Markdown, HTML: formats that the pipeline reads itself, given to it in portions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from crosslate.service.documents.document import Document, ReadOptions, Segment, SegmentFormat, has_words
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.common.direction import turned
from crosslate.service.documents.formats.common.units import Nested, Unit, document_of
from crosslate.service.documents.formats.web.front_matter import front_matter_values
from crosslate.service.documents.formats.web.html_portions import html_portions
from crosslate.service.pipeline.language.languages import standard_tag

_PORTION = 8 * 1024
"""Characters that are translated in one go, so that there is progress to tell of and to go on from."""
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n\s*")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
_HEADING_OR_FENCE = re.compile(r"^(?:#{1,6} | {0,3}(?P<fence>```|~~~))", re.MULTILINE)
_META_CHARSET = re.compile(r"""(<meta[^>]*charset\s*=\s*["']?)([\w-]+)""", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^<>]*)?>", re.IGNORECASE)
_ROOT = re.compile(r"<html(?:\s[^>]*)?>", re.IGNORECASE)
_LANG = re.compile(r"""(\slang\s*=\s*["']?)[\w-]+""", re.IGNORECASE)
_DIR = re.compile(r"""\sdir\s*=\s*(?:"[^"]*"|'[^']*'|[\w-]+)""", re.IGNORECASE)
_NEAR_START = 4096
"""Where browsers look for the encoding of a page; they look less far."""


def read_plain(data: bytes, options: ReadOptions) -> Document:
    """A text, paragraph by paragraph.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".txt", options.source_lang)
    return _document(list(_portions(file.text)), "text", file.encoded, file.notices)


def read_markdown(data: bytes, options: ReadOptions) -> Document:
    """A text whose links may be defined anywhere in it, and is then read as one.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".md", options.source_lang)
    is_whole = _DEFINITION.search(file.text) is not None
    portions = [file.text] if is_whole else list(_markdown_portions(file.text))
    values, written = list(front_matter_values(file.text)), list[bytes]()

    def encoded(text: str) -> bytes:
        """With the front matter's values, which the pipeline leaves as they are."""
        return file.encoded(edited(text, ((value.start, value.end, value.written) for value in values)))

    page = _document(portions, "markdown", encoded, file.notices)
    units: list[Unit] = [*values, Nested(page, written.append)]
    return document_of(units, lambda: written[0] if written else encoded(file.text), file.notices)


def read_html(data: bytes, options: ReadOptions) -> Document:
    """A page, some blocks at a time; in the encoding that it declares.

    Raises:
        ServiceError: 422.
    """
    meta = _META_CHARSET.search(data[:_NEAR_START].decode("ascii", "replace"))
    file = read_text(data, ".html", options.source_lang, None if meta is None else meta[2])

    def encoded(text: str) -> bytes:
        turn = turned(options.source_lang, options.target_lang)
        page = _in_language(text, options.target_lang, turn)
        if file.encoding == "utf-8":
            return _in_utf8(page).encode()
        return page.encode(file.encoding, "xmlcharrefreplace")

    return _document(list(html_portions(file.text, _PORTION)), "html", encoded, file.notices)


def _in_language(page: str, lang: str, from_right: bool | None) -> str:
    """A page that says which language it is in, for those who have it read aloud, says the new one."""
    tag, root = standard_tag(lang), _ROOT.search(page, 0, _NEAR_START)
    if not tag or root is None:
        return page
    said = _LANG.sub(rf"\g<1>{tag}", root[0])
    if from_right is not None:
        said = f'{_DIR.sub("", said)[:-1]} dir="{"rtl" if from_right else "ltr"}">'
    return page[: root.start()] + said + page[root.end() :]


def _in_utf8(page: str) -> str:
    """A page that says so where it has any letters that others would be read for."""
    meta = _META_CHARSET.search(page, 0, _NEAR_START)
    if page.isascii() or (meta is not None and meta[2].lower() == "utf-8"):
        return page
    if meta is not None:
        return f"{page[: meta.start(2)]}utf-8{page[meta.end(2) :]}"
    return _HEAD.sub(r'\g<0><meta charset="utf-8">', page, count=1)


def _document(
    portions: Sequence[str],
    text_format: SegmentFormat,
    encoded: Callable[[str], bytes],
    notices: Sequence[str],
) -> Document:
    asked = [i for i, portion in enumerate(portions) if has_words(portion)]
    segments = [Segment(portions[i], text_format, f"portion {i + 1}") for i in asked]

    def write(translations: Sequence[str]) -> bytes:
        written = list(portions)
        for i, translation in zip(asked, translations, strict=True):
            written[i] = translation
        return encoded("".join(written))

    return Document(segments, write, tuple(notices))


def _portions(text: str) -> Iterator[str]:
    """The text, cut after blank lines."""
    start = 0
    for match in _BLANK_LINES.finditer(text):
        if match.end() - start >= _PORTION:
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def _markdown_portions(text: str) -> Iterator[str]:
    """The text, cut before headings, which end everything that may be open but code and front matter."""
    start, is_open = 0, False
    for match in _HEADING_OR_FENCE.finditer(text):
        if match["fence"]:
            is_open = not is_open
        elif match.start() - start >= _PORTION and not is_open:
            yield text[start : match.start()]
            start = match.start()
    yield text[start:]
