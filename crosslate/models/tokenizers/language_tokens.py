"""The tokens by which multilingual checkpoints name languages, under their BCP-47 tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from crosslate.models.errors import InvalidParamsError
from crosslate.models.language.language_codes import bcp47

MAX_NEAREST = 5
_SAME_LANGUAGE = 5
"""Greatest distance, in CLDR's measure, between tags that a reader takes for one language (Norwegian: 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageScheme:
    """How one family writes languages into its sequences."""

    token: re.Pattern[str]
    """Of the whole token; group 1 is the language's code."""
    keeps_region: bool
    source_tag: Literal["first", "last", "target_first"]
    """The source language's token comes before the text, or after the end token, or it is the target's that
    comes before the text."""
    forces_target: bool
    """The first generated token is the target language's."""

    @property
    def chooses_target(self) -> bool:
        """Whether one checkpoint writes all its languages."""
        return self.forces_target or self.source_tag == "target_first"


NLLB = LanguageScheme(
    token=re.compile(r"([a-z]{3}_[A-Z][a-z]{3})"), keeps_region=True, source_tag="first", forces_target=True
)
NLLB_LEGACY = LanguageScheme(token=NLLB.token, keeps_region=True, source_tag="last", forces_target=True)
"""`legacy_behaviour` in the tokenizer's configuration: as NLLB's authors first published it."""
MBART50 = LanguageScheme(
    token=re.compile(r"([a-z]{2,3}_[A-Z]{2})"), keeps_region=False, source_tag="first", forces_target=True
)
MBART = LanguageScheme(token=MBART50.token, keeps_region=False, source_tag="last", forces_target=False)
"""Decoding starts from the target language's token, which the checkpoint's configuration names."""
PLBART = LanguageScheme(
    token=re.compile(r"__([a-z]+(?:_[A-Z]{2})?)__"),
    keeps_region=False,
    source_tag="last",
    forces_target=False,
)
"""As mBART. Most of its languages are for programming: `java`."""
M2M100 = LanguageScheme(
    token=re.compile(r"__([a-z]{2,3})__"), keeps_region=True, source_tag="first", forces_target=True
)

SEAMLESS = LanguageScheme(
    token=re.compile(r"__([a-z]{3}(?:_[A-Z][a-z]{3})?)__"),
    keeps_region=True,
    source_tag="first",
    forces_target=True,
)
"""SeamlessM4T. Its files frame a text as a source or as a target, so that the frame does not tell it."""
MADLAD = LanguageScheme(
    token=re.compile(r"<2([a-z]{2,3}(?:_[A-Z][a-z]{3})?)>"),
    keeps_region=True,
    source_tag="target_first",
    forces_target=False,
)
"""MADLAD-400, a T5: no other T5 has such tokens."""


def scheme_of_frame(tokens: Iterable[str]) -> LanguageScheme | None:
    """The scheme of a tokenizer by what it puts around an empty text; None where no language is in it."""
    around = list(tokens)
    for first, last in ((NLLB, NLLB_LEGACY), (MBART50, MBART), (M2M100, PLBART)):
        for i, token in enumerate(around):
            if first.token.fullmatch(token) or last.token.fullmatch(token):
                return first if i == 0 else last
    return None


class LanguageTokens:
    """Language tokens of one vocabulary.

    Attributes:
        ids: BCP-47 tag -> token id, in the vocabulary's order; of two tokens with one tag, the first.
    """

    def __init__(self, scheme: LanguageScheme, vocabulary: Mapping[str, int]) -> None:
        self.scheme = scheme
        self.ids: dict[str, int] = {}
        for token in sorted(vocabulary, key=vocabulary.__getitem__):
            if match := scheme.token.fullmatch(token):
                self.ids.setdefault(_tag(match[1], scheme), vocabulary[token])

    def id_of(self, language: str) -> int:
        """The token of a language: the same tag, else the nearest of the same language.

        Raises:
            InvalidParamsError: the model has no such language.
        """
        tag = standard_tag(language)
        if tag in self.ids:
            return self.ids[tag]
        nearest = _same_language(tag, self.ids)
        if nearest is not None:
            return self.ids[nearest]
        related = [known for known in self.ids if known.split("-")[0] == tag.split("-")[0]]
        if not related:
            nearest = ", ".join(nearest_tags(tag, self.ids))
            raise InvalidParamsError(
                f"this model has no token for the language {language!r}; nearest: {nearest}"
            )
        return self.ids[min(related, key=len)]

    def forced(self, target_lang: str | None) -> int | None:
        """The token that generation must begin with to write `target_lang`; None where there is no such.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        return self.id_of(target_lang) if target_lang is not None and self.scheme.forces_target else None

    def around_source(self, language: str | None, eos_token_id: int) -> tuple[list[int], list[int]]:
        """What stands before and after a source in this language, or in none that is named.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        tag = [] if language is None else [self.id_of(language)]
        return (tag, [eos_token_id]) if self.scheme.source_tag == "first" else ([], [eos_token_id, *tag])

    def pairs(self, decoder_start_token_id: int | None) -> tuple[tuple[str, str], ...]:
        """Every (source, target) that the model translates; where targets are not forced, into that one."""
        targets = [
            tag
            for tag, token_id in self.ids.items()
            if self.scheme.chooses_target or token_id == decoder_start_token_id
        ]
        return tuple((source, target) for source in self.ids for target in targets if source != target)


def standard_tag(code: str) -> str:
    """The BCP-47 form of a language code; a code that has none, as it is."""
    try:
        return bcp47(code)
    except ValueError:
        return code


def nearest_tags(tag: str, known: Iterable[str]) -> list[str]:
    """A few of the known tags, those of languages whose readers understand each other first."""
    import langcodes

    if not langcodes.tag_is_valid(tag):
        return list(known)[:MAX_NEAREST]
    valid = [candidate for candidate in known if langcodes.tag_is_valid(candidate)]
    return sorted(valid, key=lambda candidate: langcodes.tag_distance(tag, candidate))[:MAX_NEAREST]


def _same_language(tag: str, known: Iterable[str]) -> str | None:
    """The nearest of the known tags, if a reader takes it for the same language."""
    import langcodes

    candidates = [candidate for candidate in known if langcodes.tag_is_valid(candidate)]
    if not langcodes.tag_is_valid(tag) or not candidates:
        return None
    nearest, distance = langcodes.closest_match(tag, candidates, max_distance=_SAME_LANGUAGE)
    return nearest if distance <= _SAME_LANGUAGE else None


def _tag(code: str, scheme: LanguageScheme) -> str:
    if not scheme.keeps_region:
        code = code.split("_", maxsplit=1)[0]
    return standard_tag(code)
