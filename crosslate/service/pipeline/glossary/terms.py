"""Terms: what a caller wants words to be translated to, where they stand, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.glossary.inflection import Ending, plural_of
from crosslate.service.pipeline.glossary.matching import Match, Phrases
from crosslate.service.pipeline.text.origin import DerivedText

MAX_FORMS = 8
"""Of one term that are tried: more are looked for, but not put in."""

Reason = Literal["inflected", "not_linked", "overlapping"]
"""Why a term is not as the glossary has it: it stands in a form for which the translation's is not known; no
word of the translation is clearly its own; another term's translation stands at its place."""


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A term, and one translation of it; several with the same source are a choice."""

    source: str
    target: str


@dataclass(frozen=True)
class Forms:
    """What a term may be translated to."""

    listed: tuple[str, ...]
    lang: str
    is_exact: bool = False
    """To the letter, with the capitals and endings that were given and no other."""

    @cached_property
    def phrases(self) -> Phrases:
        """To find them in a translation."""
        return Phrases(self.listed, self.lang, with_forms=not self.is_exact)

    def has_case(self, match: Match, text: str) -> bool:
        """Whether a form that was found has the capitals that it was listed with; it may have more."""
        if match.ending:
            return True
        found = text[slice(*match.span)]
        if self.is_exact:
            return found == self.listed[match.number]
        return all(
            one.isupper() or not wanted.isupper()
            for one, wanted in zip(found, self.listed[match.number], strict=False)
        )

    def written_as(self, ending: Ending) -> list[str]:
        """How they are written for a term with this ending, the likeliest first; none where nobody knows."""
        match ending:
            case "plural":
                many = [form for one in self.listed if (form := plural_of(one, self.lang)) is not None]
                return list(dict.fromkeys([*many, *self.listed]))[:MAX_FORMS]
            case "verb":
                return []
        return list(self.listed[:MAX_FORMS])


@dataclass(frozen=True, slots=True)
class Term:
    """A glossary's term where it stands in a text."""

    source: Span
    """In the text that the part is of."""
    sent: Span
    """In the text that was sent: the same, but where a third language lies between."""
    forms: Forms
    ending: Ending = ""
    """In what way it differs there from the glossary."""


@dataclass(frozen=True, slots=True)
class FoundTerm:
    """What became of a term in one output."""

    term: Term
    written: Span | None
    """Of a form of it in what the model wrote; None where there is none."""
    counterpart: Span | None
    """What the model wrote for it instead; None where the alignment shows nothing."""

    @property
    def is_applied(self) -> bool:
        """Whether the glossary was held to."""
        return self.written is not None

    @property
    def reason(self) -> Reason | None:
        """Why not."""
        if self.is_applied:
            return None
        if self.counterpart is None:
            return "not_linked"
        return "overlapping" if self.term.forms.written_as(self.term.ending) else "inflected"


@dataclass(frozen=True, slots=True)
class PlacedTerm:
    """What became of a term, for an answer."""

    source: str
    """As it was sent."""
    target: str
    """As it stands in the translation, or is listed first."""
    source_span: Span
    span: Span | None
    """In the translation; None where it is not there."""
    reason: Reason | None = None
    """Why it is not there."""

    @property
    def enforced(self) -> bool:
        """Whether the translation has the glossary's."""
        return self.reason is None

    def placed(self, source: Callable[[Span], Span], target: Callable[[Span], Span]) -> PlacedTerm:
        """With its spans in another unit."""
        span = None if self.span is None else target(self.span)
        return replace(self, source_span=source(self.source_span), span=span)


FindTerms = Callable[[DerivedText, str], Sequence[Term]]
"""In a part of a text, given also with blanks for what is no language in it."""


class Glossary:
    """A caller's terms for one pair of languages, to be found in texts.

    Args:
        entries: with a word in each source.
        source_lang: of the texts.
        target_lang: of their translations.
    """

    def __init__(self, entries: Sequence[GlossaryEntry], source_lang: str, target_lang: str) -> None:
        listed: dict[str, list[str]] = {}
        for entry in entries:
            targets = listed.setdefault(entry.source, [])
            if entry.target not in targets:
                targets.append(entry.target)
        self._phrases = Phrases(list(listed), source_lang)
        self._forms = [Forms(tuple(targets), target_lang) for targets in listed.values()]

    def terms(self, given: DerivedText, words: str) -> list[Term]:
        """Those in a part of a text, in order; `words` is the part with blanks for what is no language."""
        return [
            Term(span := given.origin.span(match.span), span, self._forms[match.number], match.ending)
            for match in self._phrases.find(words)
        ]
