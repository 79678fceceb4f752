"""English paragraphs from documentation, reference works and fiction as packages install them.

Web pages, DocBook, Mallard and Markdown, plain text, dictionaries and the story files of a game: of each,
only what reads as running prose is kept.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

MARKUP = {".html", ".htm", ".xhtml", ".xhp", ".page", ".docbook", ".xml"}
PLAIN = {"", ".txt", ".md", ".u8", ".dict"}
GAME_STORY = re.compile(r'_ ?"([^"]{60,})"')
BLOCKS = {"p", "para", "paragraph", "simpara", "dd", "blockquote", "div"}
SKIPPED = {"script", "style", "pre", "programlisting", "screen", "table", "nav", "code-block", "math"}
VOID = {"br", "hr", "img", "link", "meta", "input", "col", "wbr"}
FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be been but by can for from had has have he her his if in into is it its
        may more most no not of on one or other she so such than that the their them then there these
        they this to was we were when which who will with would you your
        """,
    )
)
GENERATED = re.compile(r"\(source: |¶|\$Revision|\|")
"""Marks of text that a program wrote."""
MIN_WORDS, MAX_WORDS = 12, 400
MIN_FUNCTION_SHARE = 0.27
MIN_LETTER_SHARE = 0.77


class _Paragraphs(HTMLParser):
    """Collects the text of block elements, but nothing of a skipped element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._text: list[str] = []
        self._depth = 0
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        if tag in SKIPPED:
            self._skipped += 1
        elif tag in BLOCKS:
            self._end_block()
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag in BLOCKS:
            self._end_block()
            self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        if self._depth and not self._skipped:
            self._text.append(data)

    def _end_block(self) -> None:
        if text := "".join(self._text).strip():
            self.found.append(text)
        self._text.clear()


def paragraphs_of(path: Path) -> Iterator[str]:
    """The prose of one file, in order; nothing for a file of another kind."""
    suffix = path.suffix
    if suffix in {".gz", ".dz"}:
        suffix = Path(path.stem).suffix
        text = gzip.decompress(path.read_bytes()).decode(errors="replace")
    elif suffix in MARKUP | PLAIN | {".cfg"}:
        text = path.read_bytes().decode(errors="replace")
    else:
        return
    yield from prose(_raw_paragraphs(text, suffix))


def _raw_paragraphs(text: str, suffix: str) -> Iterable[str]:
    if suffix in MARKUP:
        parser = _Paragraphs()
        parser.feed(text)
        return parser.found
    if suffix == ".cfg":
        return [story.replace("\\n", " ") for story in GAME_STORY.findall(text)]
    return re.split(r"\n\s*\n|\n%\n", text) if suffix in PLAIN else []


def prose(paragraphs: Iterable[str]) -> Iterator[str]:
    """Those that read as English running text, their whitespace made plain."""
    for paragraph in paragraphs:
        text = " ".join(re.sub(r"[{}*_`]+|\[[^\]]{0,40}\]|<[^>]{0,60}>", "", paragraph).split())
        if is_prose(text):
            yield text


def is_prose(text: str) -> bool:
    """Sentences of words, many of them function words, hardly any symbols."""
    words = text.split()
    if GENERATED.search(text):
        return False
    if not MIN_WORDS <= len(words) <= MAX_WORDS or text[-1] not in ".!?\"'”)":
        return False
    if sum(c.isalpha() or c.isspace() for c in text) < MIN_LETTER_SHARE * len(text) + 0.05 * len(words):
        return False
    function_words = sum(word.lower().strip(".,;:!?\"'()") in FUNCTION_WORDS for word in words)
    return function_words >= MIN_FUNCTION_SHARE * len(words)
