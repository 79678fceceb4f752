"""What a translation says that its source does not: words twice, a parenthesis, a lecture for a word.

Pure functions of a source and an output. Of the 1994 sentences of FLORES-101 dev that the starter models
translate in both directions four are found fault with, each of them rightly.
"""

from __future__ import annotations

import re
from collections import Counter

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.language.marks import CLAUSE_MARKS, SENTENCE_MARKS, WORD
from crosslate.service.pipeline.text.bare_sentences import bare_words, is_bare
from crosslate.service.pipeline.text.words import is_unspaced

_NUMBER = re.compile(r"[(\[（](\d{1,4}|[a-z]|[ivx]{1,5}|[一二三四五六七八九十]{1,3})[)\]）]")
_ENDS_IN_MARK = re.compile(rf"[.!?…:;,{SENTENCE_MARKS}{CLAUSE_MARKS}]\W*$")
_UNSPACED_OF_WORD = 4
"""Letters of an output without blanks that are one word at least; of a source each may be one."""

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NAME_TWICE = re.compile(rf"({_CAPITAL}\w{{2,}} {_CAPITAL}\w{{2,}})\b.*\b\1\b")
_MOST_WORDS = 8
"""Longest phrase that is looked for."""
_LONG_PHRASE, _MIN_LETTERS = 3, 5
"""Words of a phrase said twice even where a comma stands between; letters of a word with a meaning."""

SHORT = 3
"""Words of a source that is a label rather than a sentence: nothing around it tells what it means."""
_MIN_LETTERS_IN_SHORT = 3
_TOO_MANY = (0, 5, 6, 9)
"""Words of an output that are too many, by the number of words of a short source."""
_LETTERS_TOO_MANY = 4
"""Letters of an output for one of the source, where a word of that may say as much as a sentence."""
_OF_SMALL_WORDS = frozenset(
    {"en", "pt", "es", "fr", "it", "ca", "gl", "ro", "de", "nl", "af", "da", "sv", "nb", "nn", "no"}
)
"""Languages that say with several words what others do with endings."""
_DOUBLING_CODES = (
    "hi ur bn mr ne pa gu as or sa si mai bho awa mag hne ks sd ta te kn ml tr az uz kk ky tk ug tt ba fa ps "
    "ku ckb hy ka id ms jv su min ban ace bjn fil ceb ilo war pag vi th lo km my shn zh ja ko sw zu xh st tn "
    "af he ar el hu it ht mi sm fj am so"
)
_DOUBLING = frozenset(_DOUBLING_CODES.split())
"""Languages in which a word said twice is another word or a plural: `धीरे धीरे`, `çok çok`, `orang orang`."""


def is_doubled(source: str, output: str, lang: str) -> bool:
    """Whether an output says words twice that its source says once: `Cancel Cancel`, `of the of the sea`.

    `lang` is that of the output: in some languages single words are.
    """
    least = 2 if base_language(lang) in _DOUBLING else 1
    folded = _folded_words(output)
    if len(set(folded)) == len(folded):
        return False  # the usual case, told cheaply
    if least == 1 and _is_short(source) and _most_frequent(output) > max(1, _most_frequent(source)):
        return True
    if _has_name_twice(source, output):
        return True
    if not _has_doubled_phrase(output, folded, least):
        return False
    return not _has_doubled_phrase(source, _folded_words(source), least)


def has_added_parenthesis(source: str, output: str) -> bool:
    """Whether an output explains what its source does not: `Checkout (in English)`."""
    if num_parentheses(output, source) <= num_parentheses(source, source):
        return False
    return num_brackets(output) > num_brackets(source)  # else a mark such as `[a]` became a word


def num_brackets(text: str) -> int:
    """All that open in a text."""
    return text.count("(") + text.count("[") + text.count("（")


def num_parentheses(text: str, source: str) -> int:
    """Parentheses of a text, but for those of numbers, such as `article 5 (2)` for `artigo 5.º, n.º 2`.

    A letter behind a blank is one where the source has it as a word: that of `Woooow (o)` is an ending.
    """
    num = num_brackets(text)
    return num - sum(_is_number(found, source) for found in _NUMBER.finditer(text)) if num else 0


def _is_number(found: re.Match[str], source: str) -> bool:
    letter = found[1]
    if not (letter.isascii() and letter.isalpha()) or not found.string[: found.start()].endswith(" "):
        return True
    return re.search(rf"(?<!\w){letter}(?!\w)", source, re.IGNORECASE) is not None


def is_lecture(source: str, output: str, lang: str) -> bool:
    """Whether a source of a few words, in this language, comes out three times as long."""
    num_source = num_words(source) if _is_short(source) else 0
    if num_source == 0 or num_words(output, _UNSPACED_OF_WORD) < _TOO_MANY[num_source]:
        return False
    return base_language(lang) in _OF_SMALL_WORDS or (
        sum(map(str.isalpha, output)) >= _LETTERS_TOO_MANY * sum(map(str.isalpha, source))
    )


def is_label(source: str) -> bool:
    """Whether a source is a few words without a mark at their end, as on a button."""
    return _is_short(source) and _ENDS_IN_MARK.search(source) is None


def before_ellipsis(text: str, span: Span) -> Span:
    """A label without the dots behind it, `Save as…`, which models take for words to come; else the span."""
    start, end = span
    last = len(text[start:end].rstrip("….")) + start
    is_ellipsis = end - last > 2 or text[last:end] == "…"
    words = text[start:last]
    return (start, last) if is_ellipsis and any(map(str.isalpha, words)) and is_label(words) else span


def _is_short(text: str) -> bool:
    return num_words(text) <= SHORT


def num_words(text: str, unspaced_of_word: int = 1) -> int:
    """Of letters; of a script without blanks so many letters are one word."""
    if is_bare(text):
        return text.count(" ") + 1
    found = WORD.findall(text, concurrent=False)
    if text.isascii():
        return len(found)
    unspaced = sum(character.isalpha() and is_unspaced(character) for character in text)
    spaced = sum(not is_unspaced(word[0]) for word in found)
    return spaced + -(-unspaced // unspaced_of_word)


def _has_doubled_phrase(text: str, folded: list[str], least: int) -> bool:
    last: dict[str, int] = {}
    for index, word in enumerate(folded):
        size = index - last.get(word, -_MOST_WORDS)
        last[word] = index
        if not least <= size <= _MOST_WORDS or folded[index - size : index] != folded[index : index + size]:
            continue
        words = list(WORD.finditer(text, concurrent=False))
        between = text[words[index - 1].end() : words[index].start()].strip()
        if between and not (between == "," and size >= _LONG_PHRASE):
            continue
        if any(len(one) >= _MIN_LETTERS for one in folded[index : index + size]):
            return True
    return False


def _has_name_twice(source: str, output: str) -> bool:
    """Whether two words with capitals that follow each other once in a source do so twice in its output."""
    name = _NAME_TWICE.search(output)
    return name is not None and source.count(name[1]) == 1


def _folded_words(text: str) -> list[str]:
    if is_bare(text):
        return bare_words(text.casefold())
    return [match.group() for match in WORD.finditer(text.casefold(), concurrent=False)]


def _most_frequent(text: str) -> int:
    """How often the most frequent word is there."""
    words = [word for word in _folded_words(text) if len(word) >= _MIN_LETTERS_IN_SHORT]
    return max(Counter(words).values(), default=0)
