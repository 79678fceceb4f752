"""Words in capitals amid a sentence, `Do NOT reply`: read in small letters, answered in capitals by links.

Vocabularies hold few words in capitals: models copy them, leave them out or make up others. What is an
abbreviation, or a name of a machine, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.text.words import CountTokens
from crosslate.service.pipeline.wording.casing import capital, small

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_WORD = (
    rf"(?<![\w@#/\\.:=<>$%&*|~^`_+])(?<![^A-ZÀ-Þ\s]-){_CAPITAL}+"
    rf"(?![\w@#/\\=<>$%&*|~^`_+(]|[.:]\w|['’]\w|-(?!{_CAPITAL}))"
)
_EMPHATIC_WORDS = {"en": "NOT ALL ANY NOW NEW TOO YES FREE", "pt": "NÃO SÓ SIM JÁ"}
_EMPHATIC = {lang: frozenset(words.split()) for lang, words in _EMPHATIC_WORDS.items()}
"""Which are no abbreviations, though vocabularies have some of them so."""
_TELLING = re.compile(
    rf"{_CAPITAL}{{4}}|[\[(]{_CAPITAL}{{3}}|\b(?:{'|'.join(sorted(set().union(*_EMPHATIC.values())))})\b"
)
_TWO = re.compile(_CAPITAL * 2)
_RUN = re.compile(rf"{_WORD}(?:[ \xa0-]{_WORD})*")
_ONE = re.compile(rf"{_CAPITAL}+")
_SPEAKER = re.compile(rf"\W*(?:{_WORD}[ \xa0]?){{1,3}}(?:\([^()\n]{{1,40}}\))?:")
_SCENE = re.compile(rf"\s*[\[(](?P<words>{_CAPITAL}{{4,}}(?:[ \xa0]{_CAPITAL}+)*)[\])](?=\s*\S)")
"""What is heard or seen, before what is said: `[SIGHS] I told you.`"""
_QUOTES = re.compile(r"[\"'“‘«„]$")
_MIN_LETTERS, _LONG_WORD, _LETTERS_OF_TOKEN = 4, 7, 2.5
_ONE_TOKEN = "a"
"""Beside which a model may read an end, and its language."""
_SHORT_WORDS = {
    "en": "DO NO IS TO OF IN ON OR BE BY MY WE IF AT AS SO HE UP A",
    "pt": "DE DA DO NO NA EM SE OU UM AO OS AS EU A O E É À",
}
_SMALL_WORDS = {lang: frozenset(words.split()) for lang, words in _SHORT_WORDS.items()}
"""Of two letters or one, that are no abbreviations beside other words in capitals."""
_NAMES_THAT_ARE_WORDS = (
    "SELECT INSERT UPDATE DELETE WHERE JOIN FROM ORDER TABLE VIEW POST HEAD PATCH TRACE OPTIONS CONNECT "
    "INDEX PRIMARY UNIQUE TRUE FALSE NULL ERROR WARNING FATAL DEBUG INFO ENTER SHIFT SPACE HOME PAUSE START "
    "ESCAPE RETURN PRINT BACKSPACE SWIFT BASIC SMART META AIDS EAST WEST NORTH SOUTH BUILD README LICENSE"
)
_NAMES = frozenset(_NAMES_THAT_ARE_WORDS.split())
"""Of keys, statements and levels of programs: words as well, but mostly names where they are in capitals."""
_FIRMS = frozenset(
    ("LTDA", "LDA", "LTD", "INC", "LLC", "PLC", "GMBH", "CORP", "EIRELI", "SA", "SL", "SARL", "BV")
)
"""At the end of the name of a firm."""


def without_emphasis(text: str, lang: str, count_tokens: CountTokens) -> tuple[str, list[Span]] | None:
    """A sentence of the same length with words in small letters, and where they stand; None without any.

    Args:
        text: one sentence, not all of it in capitals; what is protected in it is blank.
        lang: its language.
        count_tokens: how many tokens a model reads a word in.
    """
    if _TWO.search(text) is None or _TELLING.search(text) is None:  # as most sentences are
        return None
    characters, found = list(text), list[Span]()
    first = next((at for at, character in enumerate(text) if character.isalnum()), 0)
    for span in _emphasized(text, lang, count_tokens):
        start, end = span
        read = _read(text[start:end], lang, count_tokens)
        is_first = start == first and text[:start].strip() not in {"(", "["}
        characters[start:end] = text[start] + read[1:] if is_first else read
        found.append(span)
    return ("".join(characters), found) if found else None


def raised(
    answer: DerivedText, source: DerivedText, emphasized: Iterable[Span], links: Sequence[Link], lang: str
) -> DerivedText:
    """An answer in which the words are in capitals that are linked to words that were.

    Args:
        answer: the translation.
        source: the sentence as it was read.
        emphasized: spans of the sent text.
        links: from the one to the other.
        lang: of the translation.
    """
    places = [place for span in emphasized if (place := place_in(source, span)) is not None]
    words = {link.target for link in links if any(overlap(link.source, place) for place in places)}
    return answer.edited(
        [
            ((at, at + 1), upper)
            for start, end in sorted(words)
            for at in range(start, end)
            if (upper := capital(answer.text[at], lang)) != answer.text[at]
        ]
    )


def _emphasized(text: str, lang: str, count_tokens: CountTokens) -> list[Span]:
    scene = _SCENE.match(text)
    of_scene = (0, 0) if scene is None else scene.span("words")
    speaker = _SPEAKER.match(text)
    found: list[Span] = []
    for run in _RUN.finditer(text, 0 if speaker is None else speaker.end()):
        words = [word.span() for word in _ONE.finditer(text, *run.span())]
        if overlap(run.span(), of_scene):
            found += words
        elif _QUOTES.search(text, 0, run.start()) is None:
            found += _of_run(text, words, lang, count_tokens)
    return found


def _of_run(text: str, words: Sequence[Span], lang: str, count_tokens: CountTokens) -> list[Span]:
    """Those of words beside each other that are no abbreviations; none where all may be."""
    said = [text[slice(*span)] for span in words]
    if len(said) > 1 and said[-1] in _FIRMS:
        return []
    if not any(_is_emphasis(word, lang, count_tokens) for word in said):
        return []
    return [
        span
        for span, word in zip(words, said, strict=True)
        if _is_emphasis(word, lang, count_tokens) or _goes_with_it(word, lang, count_tokens)
    ]


def _is_emphasis(word: str, lang: str, count_tokens: CountTokens) -> bool:
    """Whether the vocabulary has a word whole, or in parts that look like words, but not in capitals."""
    if word in _EMPHATIC.get(base_language(lang), frozenset()):
        return True
    if len(word) < _MIN_LETTERS or word in _NAMES:
        return False
    read = count_tokens(_read(word, lang, count_tokens))
    if read >= count_tokens(word):
        return False
    spare = read - count_tokens(_ONE_TOKEN)
    return spare == 0 or (len(word) >= _LONG_WORD and len(word) >= _LETTERS_OF_TOKEN * (spare + 1))


def _goes_with_it(word: str, lang: str, count_tokens: CountTokens) -> bool:
    if len(word) <= 2:
        return word in _SMALL_WORDS.get(base_language(lang), frozenset())
    read = count_tokens(_read(word, lang, count_tokens))
    return read <= min(count_tokens(word), count_tokens(_ONE_TOKEN))


def _read(word: str, lang: str, count_tokens: CountTokens) -> str:
    """In small letters, or with a capital where the vocabulary has it so: names."""
    lower = small(word, lang)
    return min(lower, word[0] + lower[1:], key=count_tokens)
