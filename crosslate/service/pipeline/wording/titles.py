"""Titles In Which Most Words Begin With a Capital: read as sentences, and answered as titles.

Models read such words as names, leave them as they are or lose what holds them together. English writes its
titles so, few other languages do: into English the capitals come back, into others only those of names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.words import CountTokens
from crosslate.service.pipeline.wording.casing import with_capital

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_APART = re.compile(rf"(?<!\w){_WORD.pattern}")
"""Not the letters of `3rd`."""
_NO_TITLE = re.compile(r"[.!?…。]\W*$|[.!?…;]\s|[@_/\\{}<>=#$%&*|~^`]")
"""What ends or separates sentences, or is no prose."""
_CODE = re.compile(
    r"(?<!\w)(?!\d+(?:st|nd|rd|th)\b)(?=\w*\d)(?=\w*[A-Z])\w+|[A-Z]-\d|(?<!\w)[IVXL]{2,}(?!\w)"
)
"""With it and a comma a text is an address or a list of names."""
_IN_DATE = re.compile(r"\b(?:May|March|August)(?=[ ,.]{1,2}\d)|(?<=\d )(?:May|March|August)\b")
"""Words, too, but not beside a figure."""
_BEHIND_FIGURE = re.compile(r"\d[ \xa0\u202f]$")
_MIN_WORDS, _MIN_CAPITALS = 4, 3
_LONGEST_SMALL = 4
"""Letters: longer words are in lower case only in sentences."""
_OF_ONE_LETTER = {
    "en": "A",
    "pt": "AÀEÉO",
    "gl": "AEO",
    "es": "AEOUY",
    "fr": "AÀY",
    "it": "AEÈIO",
    "ca": "AEIO",
}
"""Words, of the languages whose sentences have no words with a capital but names. Other letters are names,
units or points of the compass."""
_GOES_ON = re.compile(r"[ \xa0](?!(?:and|or|e|ou|y|et|o)\s)[\"“‘'(]?\w")
_SMALL = frozenset(
    {
        "a",
        "an",
        "and",
        "as",
        "at",
        "but",
        "by",
        "for",
        "from",
        "in",
        "into",
        "nor",
        "of",
        "on",
        "or",
        "the",
        "to",
    }
    | {"via", "with"}
)
"""Words that English titles have in lower case, but at their ends."""


def read_as_sentence(text: str, lang: str, count_tokens: CountTokens) -> str | None:
    """A title in sentence case, of the same length; None where the text is none.

    A word keeps its capital where the vocabulary has it whole only so: that is how names are told.

    Args:
        text: one sentence.
        lang: its language; in some, such as German, the case of words is spelling.
        count_tokens: how many tokens a model reads a word in.
    """
    single = _OF_ONE_LETTER.get(base_language(lang))
    if single is None or _NO_TITLE.search(text) is not None:
        return None
    if "," in text and _CODE.search(text) is not None:
        return None
    words = [word for word in _WORD.finditer(text) if len(word.group()) > 1 or _is_word(word, single)]
    if not _is_title([word.group() for word in words]):
        return None
    characters = list(text)
    months = {match.start() for match in _IN_DATE.finditer(text)}
    for word in words[1:]:
        written = word.group()
        if word.start() in months:
            continue
        lower = written[0].lower() + written[1:]
        if written.istitle() and len(lower) == len(written) and count_tokens(lower) <= count_tokens(written):
            characters[word.start()] = lower[0]
    found = "".join(characters)
    return None if found == text else found


def _is_word(letter: re.Match[str], words: str) -> bool:
    """Whether a letter is a word of its language, which another one follows; no name, as of `Group A`."""
    return letter.group().upper() in words and _GOES_ON.match(letter.string, letter.end()) is not None


@dataclass(frozen=True, slots=True)
class AsTitle:
    """Writes an output as its language writes titles; words of its `source`, names, as they are there."""

    source: str
    """As it was sent."""
    lang: str
    """Of the output."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The title."""
        given = _WORD.findall(self.source)
        names = {word.casefold(): word for word in given if len(word) > _LONGEST_SMALL and word.istitle()}
        titled = (pair for pair in pairwise(given) if all(map(str.istitle, pair)))
        pairs = {(first.casefold(), last.casefold()): (first, last) for first, last in titled}
        is_english = base_language(self.lang) == "en"
        words = list(_APART.finditer(written.text))
        for pair in pairwise(word.group().casefold() for word in words):
            names |= zip(pair, pairs.get(pair, ()), strict=False)  # copied together: `Jane Doe`
        edits = []
        for number, word in enumerate(words):
            old = word.group()
            if _BEHIND_FIGURE.search(written.text, 0, word.start()) and f" {old}" in self.source:
                continue  # a unit
            is_at_end = number in (0, len(words) - 1)
            new = names.get(old.casefold(), old)
            if number == 0 or (is_english and (is_at_end or old not in _SMALL)):
                new = with_capital(new, self.lang)
            if new[0] != old[0] and new[2:] == old[2:] and len(new) == len(old):
                edits.append(((word.start(), word.start() + len(old[:2])), new[:2]))
        return written.edited(edits)


def _is_title(words: list[str]) -> bool:
    if len(words) < _MIN_WORDS or not words[0][0].isupper():
        return False
    capitals = [word for word in words if word[0].isupper()]
    small = [word for word in words if not word[0].isupper()]
    return len(capitals) >= _MIN_CAPITALS and all(len(word) <= _LONGEST_SMALL for word in small)
