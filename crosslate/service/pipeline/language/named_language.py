"""Passages that say of themselves that they are in the target language: `Português: …` below English text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.language.language_notices import part_already_in_target
from crosslate.service.pipeline.language.languages import language_name, native_name, same_language
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.text.passages import Passage

_LABEL = re.compile(r"[\[(*\"]{0,3}(?P<name>[^\W\d_]{3,30})[\])*\"]{0,3}:\s+(?P<words>\S[\s\S]*)")

_SURE = 0.9


def without_translated(
    passages: Sequence[Passage], target_lang: str, detector: LanguageDetector
) -> tuple[list[Passage], list[Notice]]:
    """The passages but for these, and a notice of each: it stays as it is.

    A name alone is none, as of a lesson in that language: the words behind it have to be clearly in it.
    """
    found: list[Passage] = []
    said: list[Notice] = []
    for passage in passages:
        label = _LABEL.match(passage.text.text)
        if label is None or not _is_name_of(target_lang, label["name"]):
            found.append(passage)
            continue
        words = detector.read(label["words"]).best
        if same_language(words.lang, target_lang) and words.confidence >= _SURE:
            said.append(part_already_in_target(words, passage.text.span))
        else:
            found.append(passage)
    return found, said


def _is_name_of(lang: str, name: str) -> bool:
    return name.lower() in (language_name(lang).lower(), native_name(lang).lower())
