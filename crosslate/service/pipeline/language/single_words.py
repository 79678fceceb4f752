"""Whether what is taken for a short text's language hangs on a single one of its words.

Of `chegar à Terra e entrar` fastText is sure that it is French, by its second word. What is French is so
without any one of its words.
"""

from __future__ import annotations

from collections.abc import Callable, Container

_MOST_WORDS, _MOST_CHARACTERS = 8, 100


def hangs_on_a_word(text: str, languages: Container[str], likeliest: Callable[[str], str | None]) -> bool:
    """Whether a short text is taken for one in some languages once a word is left out.

    Args:
        text: that was taken for one in another language.
        languages: that it is expected to be in.
        likeliest: which language a text is most likely in.
    """
    words = text.split() if len(text) <= _MOST_CHARACTERS else []
    if not 1 < len(words) <= _MOST_WORDS:
        return False
    others = (" ".join(words[:place] + words[place + 1 :]) for place in range(len(words)))
    return any(likeliest(other) in languages for other in others)
