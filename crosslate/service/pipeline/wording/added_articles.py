"""An article that nobody wrote: of `casa` alone, as in a list or a table, models make `A house`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_SINGLE = re.compile(r"[^\W\d_]{2,}(?:-[^\W\d_]+)*")
_ENGLISH = re.compile(
    r"(?:an?|the)\s(?!(?:bit|couple|dozen|few|hundred|latter|little|lot|million|one|other|others|same|thousand"
    r"|thing|time|while)\b)(?=[^\W\d_]+(?:-[^\W\d_]+)*$)",
    re.IGNORECASE,
)
_PORTUGUESE = re.compile(
    r"(?:[oa]s?|uma?|uns|umas)\s(?!(?:bocado|cada|dia|dois|duas|mais|menos|mesm[oa]s?|minhas?|meus?|noss[oa]s?"
    r"|outr[oa]s?|pouco|quais|qual|quê|que|seus?|suas?|teus?|tuas?|vez|vezes|voss[oa]s?)\b)"
    r"(?=[^\W\d_]+(?:-[^\W\d_]+)*$)",
    re.IGNORECASE,
)
_ARTICLES = {"en": _ENGLISH, "pt": _PORTUGUESE}
"""Before a single word; not of what is no word of its own without it: `a few`, `o mesmo`."""


@dataclass(frozen=True, slots=True)
class WithoutArticle:
    """Takes the article away that an output of one word begins with."""

    lang: str
    """Of the output."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The word alone."""
        article = _ARTICLES[base_language(self.lang)].match(written.text)
        return written if article is None else written.edited([(article.span(), "")])


def without_article(text: str, target_lang: str) -> WithoutArticle | None:
    """For a text of a single word; None of any other, and where the language's articles are not known."""
    if base_language(target_lang) not in _ARTICLES or _SINGLE.fullmatch(text) is None:
        return None
    return WithoutArticle(target_lang)
