"""The first letter of a sentence: a capital where its source begins with one, and only there.

Models write labels and items of lists in small letters now and then, and others with a capital.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.words import CountTokens
from crosslate.service.pipeline.wording.additions import is_label
from crosslate.service.pipeline.wording.casing import small, with_capital
from crosslate.service.pipeline.wording.proper_words import is_proper

_MARKS = r"[\s(\[\"'«“‘„¿¡–—-]*"
_BEHIND = r"(?=$|\s|[,;:.!?…)\]\"'»”’](?!\w))"
_FIRST_WORD = re.compile(rf"{_MARKS}(?P<word>[^\W\d_]+){_BEHIND}")
"""A beginning that is anything else, such as a placeholder or a name with a sign in it, is as it is."""
_FIRST_OF_WORD = re.compile(rf"{_MARKS}(?P<word>[^\W\d_]+)(?:['’][^\W\d_]+)*{_BEHIND}")
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]+")


def begins_with_capital(text: str) -> bool:
    """Whether a sentence does, behind its marks."""
    first = _FIRST_WORD.match(text)
    return first is not None and first["word"][0].isupper()


def begins_small(text: str) -> bool:
    """Whether a sentence begins with a word in small letters, behind its marks."""
    first = _FIRST_OF_WORD.match(text)
    return first is not None and first["word"].islower()


def is_small_label(text: str) -> bool:
    """Whether a text is a few words and all of them are in small letters."""
    return begins_small(text) and is_label(text) and text == text.lower()


def missing_capital(written: str, source: str, lang: str) -> tuple[Span, str] | None:
    """The first word of a translation with a capital, where it has none though its source has; else None.

    A word that is in the source as it is, such as `npm`, is written so.
    """
    first = _FIRST_WORD.match(written)
    if first is None or not first["word"].islower():
        return None
    word = with_capital(first["word"], lang)
    if word == first["word"] or _is_copied(first["word"], source) or not begins_with_capital(source):
        return None
    return first.span("word"), word


def added_capitals(
    written: str, source: str, lang: str, count_tokens: CountTokens
) -> Iterator[tuple[Span, str]]:
    """The words of a translation that are to be in small letters because its source is.

    That is the first one; of a label all, where none is a name: `Olive Oil` for `azeite`.

    Args:
        written: the translation.
        source: of it.
        lang: of the translation.
        count_tokens: how many tokens a model of this language writes a word in. A word that it has whole
            only with a capital is a name.
    """
    first = _FIRST_OF_WORD.match(written) if begins_small(source) else None
    if first is None or not _is_small_word(first["word"], source, lang, count_tokens):
        return
    words = list(_WORD.finditer(written)) if is_small_label(source) else []
    capitals = [word for word in words[1:] if word.group()[0].isupper()]
    if all(_is_small_word(word.group(), source, lang, count_tokens) for word in capitals):
        yield first.span("word"), small(first["word"], lang)
        yield from ((word.span(), small(word.group(), lang)) for word in capitals)


def _is_small_word(word: str, source: str, lang: str, count_tokens: CountTokens) -> bool:
    """Whether a word has a capital that it need not have."""
    if not word[0].isupper() or not (word[1:].islower() or len(word) == 1) or _is_copied(word, source):
        return False
    lower = small(word, lang)
    return not is_proper(word, lang) and count_tokens(lower) <= count_tokens(word)


def _is_copied(word: str, source: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", source) is not None


class StreamedBeginning:
    """The first words of a translation that comes piece by piece, begun as its source is.

    Args:
        source: of the translation; empty where nothing is to change.
        lang: of the translation.
        count_tokens: as of `added_capitals`.
    """

    def __init__(self, source: str, lang: str, count_tokens: CountTokens) -> None:
        self._lang = lang
        self._source = source
        self._count_tokens = count_tokens
        self._begins_with_capital = begins_with_capital(source)
        self._begins_small = begins_small(source)
        self._held = ""

    def feed(self, new: str) -> str:
        """What can be said by now: a word that may be written in another case only once it is whole."""
        self._held = held = (self._held + new).lstrip()
        letter = next((at for at, character in enumerate(held) if character.isalnum()), None)
        if not (self._begins_with_capital or self._begins_small):
            return held
        if letter is not None and not self._may_change(held[letter]):
            return held
        if letter is None or not any(map(str.isspace, held[letter:])):
            return ""
        edits = [edit] if (edit := missing_capital(held, self._source, self._lang)) else []
        edits += added_capitals(held, self._source, self._lang, self._count_tokens)
        for (start, end), word in reversed(edits):
            held = held[:start] + word + held[end:]
        return held

    def _may_change(self, letter: str) -> bool:
        return letter.islower() if self._begins_with_capital else letter.isupper()
