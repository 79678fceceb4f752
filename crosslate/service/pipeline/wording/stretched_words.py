"""Words that are stretched for emphasis, `sooooo good`, `Nãooo!`: models know the words, and copy these.

In no word of the languages here one letter stands three times in a row. Whether it stands in the word once or
twice, `goood`, the model's vocabulary tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.words import CountTokens

_DOUBLED = {
    "en": "bcdefglmnoprstz",
    "fr": "bcdefglmnprst",
    "it": "bcdfglmnprstvz",
    "ca": "lrs",
    "es": "lr",
    "gl": "r",
    "pt": "rs",
}
"""Letters that stand twice in a row in words of a language."""
_RUN = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w@#&/\\.\-=])[^\W\d_]{4,40}(?![\w@/\\=]|\.\w)")
_NUMERAL = re.compile("[IVXLCDM]+")
_VOWEL = re.compile("[aeiouyáàâãéêíóôõúü]", re.IGNORECASE)
_MOST_RUNS = 3


def with_words_of_one_length(
    given: DerivedText, lang: str, kept: Sequence[Span], count_tokens: CountTokens
) -> DerivedText:
    """The text with such words as they are in a dictionary.

    Args:
        given: a text or a part of one.
        lang: its language.
        kept: spans of it that stay as they are.
        count_tokens: how many tokens the model reads a word in.
    """
    doubled = _DOUBLED.get(base_language(lang))
    if doubled is None or _RUN.search(given.text) is None:
        return given
    return given.edited_beside(list(_edits(given.text, doubled, count_tokens)), kept)


def _edits(text: str, doubled: str, count_tokens: CountTokens) -> Iterator[tuple[Span, str]]:
    for word in _WORD.finditer(text):
        if (plain := _plain(word.group(), doubled, count_tokens)) is not None:
            yield word.span(), plain


def _plain(word: str, doubled: str, count_tokens: CountTokens) -> str | None:
    """The word with its stretched letters once or twice; None of what is no such word."""
    runs = list(_RUN.finditer(word))
    has_others = bool(_RUN.sub("", word)) and _VOWEL.search(word) is not None
    if not (runs and has_others) or len(runs) > _MOST_RUNS or _NUMERAL.fullmatch(word) is not None:
        return None
    sizes_of_runs = product(*((2, 1) if run[0][0].lower() in doubled else (1,) for run in runs))
    forms = [_with_runs(word, runs, sizes) for sizes in sizes_of_runs]
    return min(forms, key=lambda form: count_tokens(form.lower() if form.isupper() else form))


def _with_runs(word: str, runs: Sequence[re.Match[str]], sizes: Sequence[int]) -> str:
    parts: list[str] = []
    at = 0
    for run, size in zip(runs, sizes, strict=True):
        parts += word[at : run.start()], word[run.start() : run.start() + size]
        at = run.end()
    return "".join((*parts, word[at:]))
