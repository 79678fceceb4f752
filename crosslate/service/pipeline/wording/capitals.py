"""Sentences all in capitals: what a model reads instead of them, and its answer in capitals again.

Vocabularies hold few words in capitals, so that a model reads `SMOKING` letter by letter and often copies it.
Each word gets the case in which the vocabulary has it whole: abbreviations stay, names begin with a capital.
Every character that the model reads is one that was sent; those of its answer may become several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.words import CountTokens
from crosslate.service.pipeline.wording.casing import capital, small
from crosslate.service.pipeline.wording.proper_words import is_proper

_MIN_LETTERS, _MIN_OF_CAPTION = 3, 5
"""Of a word that stands alone; of one alone in brackets, where names are rare."""
_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NO_WORDS = re.compile(r"[\d@_/\\{}<>=#$%&*|~^`]|\w[.:]\w")
"""In a chunk: it is a code or an address rather than words."""
_BEGINS_IN_LOWER_CASE = re.compile(r"\s*[A-Za-z]?[a-z]+\s")
_EDGES = ".,;:!?…()[]\"'«»“”‘’"
_ALWAYS_CAPITAL = {"en": re.compile(r"I(?:['’]|$)")}
_LABEL = re.compile(r"\s*(?P<words>[^\W\d_][^:\n]{2,40}):\s[^a-z]{0,40}[a-z]")
_SPEAKER = re.compile(r"\s*(?P<who>[^\W\d_a-z]{2,20})(?: \([^()\n]{1,24}\))?:\s")
_SHORT_LABELS = {
    "en": frozenset(["alert", "danger", "error", "hint", "sale", "update"]),
}
"""Words in lower case that are no names: of others so short, many are."""
_LONG_WORD = 7
_CONSONANTS = re.compile("[B-DF-HJ-NP-TV-XZ]+")
"""Nothing but these: an abbreviation."""
_PARTICLES = {"pt": frozenset(["DA", "DAS", "DE", "DO", "DOS"])}
"""Between the names of somebody: `MARIA DA CONCEIÇÃO`."""


class Capitals(Enum):
    """What of a sentence is in capitals."""

    ALL = "all"
    LABEL = "label"


def sentence_case(text: str, lang: str, count_tokens: CountTokens, *, is_caption: bool = False) -> str | None:
    """`text` in lower case where it is all in capitals; else None.

    A word that stands alone is one only where the vocabulary has it in fewer tokens so: it may be `NASA`.

    Args:
        text: one sentence.
        lang: its language.
        count_tokens: how many tokens a model reads a word in.
        is_caption: whether it is all that stands in brackets.
    """
    if _BEGINS_IN_LOWER_CASE.match(text) is not None:
        return None  # as nearly all do
    words = _words(text)
    if is_caption and len(words) == 1 and _is_sound(words[0][1], lang, count_tokens):
        return small(text, lang)
    if not words or (len(words) == 1 and not _is_word(words[0][1], lang, count_tokens)):
        return None
    always = _ALWAYS_CAPITAL.get(base_language(lang))
    characters = list(text)
    particles = _PARTICLES.get(base_language(lang), frozenset())
    of_name = False
    for number, (start, word) in enumerate(words):
        is_first = number == 0 and len(words) > 1
        is_capital = is_first or of_name or (always is not None and always.match(word) is not None)
        characters[start : start + len(word)] = _cased(word, lang, count_tokens, is_capital=is_capital)
        before = words[number - 1][1] if number else ""
        of_name = word in particles and (_is_name(before, lang, count_tokens) if before else False)
    found = "".join(characters)
    return None if found == text else found


def without_capitals(
    text: str, lang: str, count_tokens: CountTokens, *, is_caption: bool = False
) -> tuple[str, Capitals] | None:
    """A sentence in capitals as `sentence_case` has it, or one whose label is; None of any other.

    A label is what stands before the first colon: `FREE SHIPPING: …`. A short word alone may be the name of
    who speaks, and stays; so does one that the vocabulary knows with a capital only.
    """
    if _BEGINS_IN_LOWER_CASE.match(text) is not None:
        return None
    whole = sentence_case(text, lang, count_tokens, is_caption=is_caption)
    if whole is not None:
        return whole, Capitals.ALL
    label = _LABEL.match(text) if ":" in text else None
    if label is None or not label["words"].isupper():
        return None
    words = [word for _, word in _words(label["words"])]
    if len(words) == 1 and not is_label_in_capitals(words[0], lang, count_tokens):
        return None
    read = sentence_case(label["words"], lang, count_tokens)
    if read is None:
        return None
    start, end = label.span("words")
    return text[:start] + read[0].upper() + read[1:] + text[end:], Capitals.LABEL


def are_words_in_brackets(text: str, lang: str, count_tokens: CountTokens) -> bool:
    """Whether what is in capitals in brackets are words rather than abbreviations and names."""
    return sentence_case(text, lang, count_tokens, is_caption=True) is not None


def is_label_in_capitals(word: str, lang: str, count_tokens: CountTokens) -> bool:
    """Whether a word in capitals before a colon is no name of who speaks."""
    if small(word, lang) in _SHORT_LABELS.get(base_language(lang), frozenset()):
        return True
    return len(word) >= _LONG_WORD and _is_common(word, lang, count_tokens)


def speaker(text: str, lang: str, count_tokens: CountTokens) -> Span | None:
    """Where a text begins with the name of who speaks: `JOÃO (off): …`; None of any other.

    Only of a name that has marks: few vocabularies have such capitals, and a model takes others for names.
    """
    found = _SPEAKER.match(text) if ":" in text else None
    if found is None or found["who"].isascii() or not _is_in_capitals(found["who"]):
        return None
    title = found["who"][0] + small(found["who"][1:], lang)
    if is_proper(title, lang) or not _is_name(found["who"], lang, count_tokens):
        return None
    return found.span("who")


def _is_common(word: str, lang: str, count_tokens: CountTokens) -> bool:
    lower = small(word, lang)
    return count_tokens(lower) <= count_tokens(word[0] + lower[1:])


def _words(text: str) -> list[tuple[int, str]]:
    """Where each word begins, and the word; none where one of them is not in capitals."""
    words: list[tuple[int, str]] = []
    for chunk in _CHUNK.finditer(text):
        if _NO_WORDS.search(chunk.group()) is None:
            found = [(chunk.start() + word.start(), word.group()) for word in _WORD.finditer(chunk.group())]
            if not all(_is_in_capitals(word) for _, word in found):
                return []
            words += found
    return words


def _is_in_capitals(word: str) -> bool:
    """Also of all of it: `使用WIFI` is for Python, which asks only letters with case."""
    return word.isupper() and all(character.isupper() or not character.isalpha() for character in word)


@dataclass(frozen=True, slots=True)
class InCapitals:
    """Writes an output, or its label, in capitals, but for codes and addresses it has from its `source`."""

    source: str
    capitals: Capitals
    lang: str
    """Of the output."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text in capitals."""
        kept = {chunk.strip(_EDGES) for chunk in self.source.split() if _NO_WORDS.search(chunk)}
        end = len(written.text) if self.capitals is Capitals.ALL else written.text.find(":")
        chunks = (
            c for c in _CHUNK.finditer(written.text, 0, max(end, 0)) if c.group().strip(_EDGES) not in kept
        )
        return written.edited(
            [
                ((at, at + 1), upper)
                for chunk in chunks
                for at, character in enumerate(chunk.group(), start=chunk.start())
                if (upper := capital(character, self.lang)) != character
            ]
        )


def _is_name(word: str, lang: str, count_tokens: CountTokens) -> bool:
    """Whether the vocabulary has it in fewer tokens with a capital."""
    lower = small(word, lang)
    return count_tokens(word[0] + lower[1:]) < count_tokens(lower)


def _is_word(word: str, lang: str, count_tokens: CountTokens) -> bool:
    if len(word) < _MIN_LETTERS or _CONSONANTS.fullmatch(word) is not None:
        return False
    return min(map(count_tokens, (small(word, lang), word[0] + small(word, lang)[1:]))) < count_tokens(word)


def _is_sound(word: str, lang: str, count_tokens: CountTokens) -> bool:
    """As `_is_word`, of a word in brackets: `[APPLAUSE]`; few abbreviations are so long."""
    if len(word) < _MIN_OF_CAPTION or len(small(word, lang)) != len(word) or _CONSONANTS.fullmatch(word):
        return False
    return count_tokens(small(word, lang)) <= count_tokens(word)


def _cased(word: str, lang: str, count_tokens: CountTokens, *, is_capital: bool) -> str:
    if len(word) > 1 and _CONSONANTS.fullmatch(word) is not None:
        return word
    lower = small(word, lang)
    title = word[0] + lower[1:]
    best = min([title] if is_capital else [lower, title], key=count_tokens)
    return word if len(word) > 1 and count_tokens(word) < count_tokens(best) else best
