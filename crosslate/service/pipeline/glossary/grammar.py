"""Small words around a term: which ones there are, and how those that change with it are written for it.

Rules of spelling without a lexicon. What they propose is one way among others: the model chooses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from crosslate.service.pipeline.language.languages import base_language

_ARTICLES: Sequence[Sequence[str]] = (
    ("o", "a", "os", "as"),
    ("do", "da", "dos", "das"),
    ("no", "na", "nos", "nas"),
    ("ao", "à", "aos", "às"),
    ("pelo", "pela", "pelos", "pelas"),
    ("um", "uma", "uns", "umas"),
    ("este", "esta", "estes", "estas"),
    ("esse", "essa", "esses", "essas"),
    ("aquele", "aquela", "aqueles", "aquelas"),
    ("deste", "desta", "destes", "destas"),
    ("desse", "dessa", "desses", "dessas"),
    ("neste", "nesta", "nestes", "nestas"),
    ("nesse", "nessa", "nesses", "nessas"),
    ("meu", "minha", "meus", "minhas"),
    ("seu", "sua", "seus", "suas"),
    ("nosso", "nossa", "nossos", "nossas"),
)
"""Portuguese words before a noun: masculine, feminine, and both in the plural."""
_ADJECTIVES: Sequence[Sequence[str]] = (
    ("outro", "outra", "outros", "outras"),
    ("todo", "toda", "todos", "todas"),
    ("muito", "muita", "muitos", "muitas"),
    ("algum", "alguma", "alguns", "algumas"),
    ("nenhum", "nenhuma", "nenhuns", "nenhumas"),
    ("novo", "nova", "novos", "novas"),
    ("grande", "grande", "grandes", "grandes"),
    ("bom", "boa", "bons", "boas"),
    *(
        (f"{stem}o", f"{stem}a", f"{stem}os", f"{stem}as")
        for stem in ("antig", "velh", "pequen", "primeir", "segund", "terceir", "últim", "próxim", "únic")
    ),
    *(
        (f"{stem}o", f"{stem}a", f"{stem}os", f"{stem}as")
        for stem in ("mesm", "própri", "verdadeir", "long", "alt", "divers", "vári", "respectiv", "respetiv")
    ),
)
"""The same, of adjectives that stand there, and may belong to a term."""
_UNCHANGING: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        {"a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "as"}
        | {"this", "that", "these", "those", "is", "are", "be", "its", "their", "your", "his", "her", "my"}
        | {"our"}
    ),
    "pt": frozenset({"de", "em", "para", "por", "com", "e", "ou", "que", "é", "são", "se", "como"}),
}
_SAME: Sequence[frozenset[str]] = (
    *map(frozenset, (*_ARTICLES, *_ADJECTIVES)),
    *(frozenset({word, *_ARTICLES[at]}) for at, word in ((1, "de"), (2, "em"), (3, "a"), (4, "por"))),
)
"""Portuguese words that say the same, whatever they stand before."""
_PLAIN_ARTICLES: Mapping[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "pt": frozenset({*_ARTICLES[0], "um", "uma", "uns", "umas"}),
}
_OF_ARTICLES = {word: group for group in _ARTICLES for word in group}
_OF_ADJECTIVES = {word: group for group in _ADJECTIVES for word in group}
_GROUPS = {**_OF_ARTICLES, **_OF_ADJECTIVES}
_FUNCTION_WORDS = {
    "en": _UNCHANGING["en"],
    "pt": _UNCHANGING["pt"].union(*map(frozenset, _ARTICLES)),
}
_FEMININE = re.compile(r"(?:(?<![oe]m)a|ã|[çsx](?:ão|õe)|dade|ge[mn]|tude|ite)$")
_MASCULINE = re.compile(r"(?:o|[oe]ma|[ao]r|us|al|el|il|ol|ul|me)$")
"""Endings of Portuguese nouns."""
_OTHERWISE: Mapping[str, Literal[0, 1]] = {
    **dict.fromkeys(("dia", "mapa", "planeta", "cometa", "coração"), 0),
    **dict.fromkeys(("limite", "leite", "satélite", "apetite", "convite", "palpite"), 0),
    **dict.fromkeys(("dor", "cor", "flor", "mão", "foto", "moto", "tribo", "libido", "fome", "catedral"), 1),
}
"""Nouns of every day that are of another gender than their endings say."""
_PLURAL = re.compile(r"(?<![iu])s$")
_ONE_FOR_BOTH = re.compile(r"(?:[iu]s|x)$")
"""Portuguese words that are often the same in the plural: `vírus`."""
_ENGLISH_PLURAL = re.compile(r"(?<![siu])s$")
_MANY = frozenset({"people", "children", "men", "women", "mice", "feet", "teeth", "data", "media"})
"""English plurals that do not end as others do."""
_VOWEL = re.compile(r"(?!uni|use|eu|one)[aeiou]|hour|honest|heir", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_O = re.compile(r"^[^\W\d_]{3,}o$")
_ENDING = re.compile(r"(as|os|a)$")


def is_function_word(word: str, lang: str) -> bool:
    """Whether a word belongs to the sentence rather than to a term in it."""
    return word.casefold() in _FUNCTION_WORDS.get(base_language(lang), ())


def is_same_but_for_agreement(word: str, other: str, lang: str) -> bool:
    """Whether two words in lower case are one article, or one preposition with the article or without."""
    if base_language(lang) == "en":
        return {word, other} <= {"a", "an"}
    return any(word in forms and other in forms for forms in _SAME)


def are_articles(word: str, other: str, lang: str) -> bool:
    """Whether both are: a noun has only one."""
    return {word.casefold(), other.casefold()} <= _PLAIN_ARTICLES.get(base_language(lang), frozenset())


def is_surely_article(words: str, lang: str) -> bool:
    """Whether a word before a noun, or two that agree, can be nothing but what goes with it.

    The Portuguese `a` may be a preposition, unless a sentence begins with it; `muito` may say how much.
    """
    article, _, adjective = words.partition(" ")
    if base_language(lang) == "en":
        return article.lower() in ("a", "an")
    return article.lower() in _OF_ARTICLES and (article != "a" or bool(adjective))


def is_agreeing(article: str, adjective: str, lang: str) -> bool:
    """Whether two Portuguese words stand before a noun together, of which both go with it: `a antiga`."""
    group, other = _OF_ARTICLES.get(article.lower()), _OF_ADJECTIVES.get(adjective.lower())
    if base_language(lang) != "pt" or group is None or other is None:
        return False
    return other[group.index(article.lower())] == adjective.lower()


def agreeing(words: str, phrase: str, lang: str) -> list[str]:
    """What a word that stands before a phrase may have to be for it; as a rule what it is.

    Two where the phrase's spelling does not tell its gender. An adjective behind an article (`is_agreeing`)
    goes with it.
    """
    word, _, adjective = words.partition(" ")
    if adjective:
        group, other = _OF_ARTICLES[word.lower()], _OF_ADJECTIVES[adjective.lower()]
        return [
            f"{article} {other[group.index(article.lower())]}" for article in agreeing(word, phrase, lang)
        ]
    lower, head = word.lower(), _WORD.search(phrase)
    found = [lower]
    if head is not None and base_language(lang) == "en" and lower in ("a", "an"):
        found = ["an" if _VOWEL.match(phrase) else "a"]
    elif head is not None and base_language(lang) == "pt" and lower in _GROUPS:
        noun = head.group().lower()
        number = 2 if _PLURAL.search(noun) is not None else 0
        found = [
            _GROUPS[lower][gender + number] for gender in _genders(noun.removesuffix("s") if number else noun)
        ]
    return [one.capitalize() for one in found] if word[:1].isupper() else found


def _genders(noun: str) -> Sequence[Literal[0, 1]]:
    """Masculine, feminine, or either."""
    known = _OTHERWISE.get(noun, _OTHERWISE.get(noun.removesuffix("e")))
    if known is not None:
        return (known,)
    if _FEMININE.search(noun) is not None:
        return (1,)
    return (0,) if _MASCULINE.search(noun) is not None else (0, 1)


def have_same_agreement(phrase: str, other: str, lang: str, *, article: str = "") -> bool:
    """Whether two phrases are of one number and gender, and their spelling leaves no doubt of it.

    `article` stands before the other one, and may say more of it.
    """
    kinds, others = _agreements(phrase, lang), _agreements(other, lang)
    if base_language(lang) == "pt" and (group := _GROUPS.get(article.lower())) is not None:
        told = {(at > 1, at % 2) for at, word in enumerate(group) if word == article.lower()}
        others = others & told or others | told  # it may have been the preposition `a`
    return len(kinds) == 1 and kinds == others


def _agreements(phrase: str, lang: str) -> set[tuple[bool, int]]:
    """Whether a phrase may be in the plural, and its genders; none where nothing is known."""
    words = _WORD.findall(phrase.lower())
    match base_language(lang):
        case "en" if words:
            behind = (at for at, word in enumerate(words) if at and word in _UNCHANGING["en"])
            head = words[next(behind, len(words)) - 1]
            return {(head in _MANY or _ENGLISH_PLURAL.search(head) is not None, 0)}
        case "pt" if words:
            noun = words[0]
            is_plural = _PLURAL.search(noun) is not None
            numbers = [False, True] if _ONE_FOR_BOTH.search(noun) is not None else [is_plural]
            genders = _genders(noun.removesuffix("s") if is_plural else noun)
            return {(number, gender) for number in numbers for gender in genders}
        case _:
            return set()


def as_before(form: str, before: str, lang: str) -> str | None:
    """A Portuguese adjective with the ending of the one that it replaces; None where there is none.

    Also at the end of several words, of which only the last is another: `ser infetado` for `ser infectadas`.
    """
    *words, last = form.split(" ")
    *others, replaced = before.split(" ")
    ending = _ENDING.search(replaced)
    is_of_like = [word.casefold() for word in words] == [word.casefold() for word in others] or not words
    if base_language(lang) != "pt" or ending is None or _O.match(last) is None or not is_of_like:
        return None
    return " ".join([*words, last[:-1] + ending[1]])
