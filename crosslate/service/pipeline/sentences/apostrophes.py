"""Marks that look like quotation marks and quote nothing: apostrophes, inches, Hebrew abbreviations.

`sentencex` ends no sentence between two marks that may be a quotation's, and takes the apostrophe that a word
begins with (`’s Avonds`) for the end of one, and the mark that opens one (`”Bra”, sa han.`) for its end.
"""

from __future__ import annotations

import re

from crosslate.service.pipeline.language.languages import base_language

_LEADING = re.compile(r"(?<=\s)(?:['’]|[\"”»“«‘]+)(?=[^\s.,;:!?…)\]}])")
_SHORTENED = {
    "nl": "s t n k m r",
    "af": "n k t",
    "en": r"tis twas em cause til n' bout round \d0s \d\d",
    "de": "s ne nen ner n",
}
"""Words that begin with an apostrophe, by language."""
_SHORTENED_WORDS = {
    lang: re.compile(rf"(?<!\S)'(?=(?:{'|'.join(words.split())})[\s.,;!?])", re.IGNORECASE)
    for lang, words in _SHORTENED.items()
}
_WITHIN_WORD = re.compile(r'(?<=[^\W\d_])"(?=[^\W\d_])')
"""As in Hebrew abbreviations."""
_OPENS = re.compile(r"(?<![^\s([{—–-])\"(?=\S)")
_GERSHAYIM = "\u05f4"


def plain_of_false_quotes(text: str, lang: str) -> str:
    """The text with other marks, as long, for those that quote nothing."""
    if "'" in text and (shortened := _SHORTENED_WORDS.get(base_language(lang))):
        text = shortened.sub("’", text)
    return _without_false_double_quotes(text) if '"' in text else text


def opens_at(text: str, start: int) -> bool:
    """Whether an apostrophe or a quotation's mark behind a blank belongs to the word after it.

    Swedish and Finnish open quotations with a mark that closes them elsewhere, Danish with `»`.
    """
    return _LEADING.match(text, start) is not None


def _without_false_double_quotes(text: str) -> str:
    """Those within words, and those behind a figure that no other one has opened: `12" pipes`."""
    text = _WITHIN_WORD.sub(_GERSHAYIM, text)
    is_open = False

    def read(mark: re.Match[str]) -> str:
        nonlocal is_open
        at = mark.start()
        if not is_open and text[at - 1 : at].isdecimal():
            return _GERSHAYIM
        is_open = not is_open and _OPENS.match(text, at) is not None
        return mark[0]

    return re.sub('"', read, text)
