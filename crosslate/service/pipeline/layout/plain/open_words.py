"""Words that a line ends with only where a sentence goes on: articles, prepositions, conjunctions."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPEN_WORDS: Mapping[str, frozenset[str]] = {
    "de": _words("der die das den dem des ein eine einen einem einer und oder von im in mit für"),
    "en": _words("a an the of to in for with and or that by from at on into as than if my your his its our"),
    "es": _words("el la los las un una de del en por para con y o que al su sus"),
    "fr": _words("le la les un une de du des dans pour par avec et ou que à au aux sur sa ses"),
    "it": _words("il lo la i gli le un una di del della dei delle in nel nella per con e o che al"),
    "pt": _words("o a os as um uma de do da dos das em no na nos nas ao aos à às por para com e ou que"),
}
"""Language -> words in lower case."""
