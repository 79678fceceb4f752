"""Where a translation has what a glossary wants, or what the model wrote instead: by the attention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crosslate.models.alignment.alignment import membership, selected_map, visible_map, word_map
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, overlap
from crosslate.service.pipeline.glossary.grammar import is_function_word
from crosslate.service.pipeline.glossary.inflection import may_be_plural
from crosslate.service.pipeline.glossary.matching import Word, words_of
from crosslate.service.pipeline.glossary.terms import FoundTerm, Term
from crosslate.service.pipeline.text.words import segment_words

_PART = re.compile(r"[^-‐‑]+")
_LEADING_SIGNS, _TRAILING_SIGNS = re.compile(r"[^\w\s]+"), re.compile(r"[^\w\s]+$")
_LEAST_SHARE = 0.1
"""Of a form's attention on its term: one that stands there for something else has less."""
_OWN_SHARE = 0.5
"""Of a word's attention on a term: with more it is a part of its translation."""
_BRIDGED_SHARE = 0.2
"""Of a word between two such."""
_LEAST_FOR_ONE = 0.15
"""Where no word has `_OWN_SHARE`: of the one that has the most."""
_FAINT_SHARE = 0.05
"""Of a form, where no word has `_LEAST_FOR_ONE`."""
_OTHERS_SHARE = 0.2
"""Of a word's attention on one outside of the term: with more, where neither has a better one, it is its
translation. Measured on TICO-19: what more leaves out are words that were lost."""
_LEAST_OF_OTHERS = 3
"""Letters of words that can have one: articles lean on any noun."""


@dataclass(frozen=True, slots=True)
class ReadTerm:
    """A term where it stands in what the model read."""

    term: Term
    span: Span


def found_terms(
    terms: Sequence[ReadTerm],
    read: TokenizedText,
    written: TokenizedText,
    attention: FloatArray,
    config: AlignmentConfig,
) -> list[FoundTerm]:
    """What became of each term, in order.

    Args:
        terms: of the text that was read.
        read: as the model read it.
        written: as the model wrote it.
        attention: `(T, S)`, or `(L, H, T, S)`.
        config: where in it the alignment is.
    """
    if not terms:
        return []
    words = [part for word in segment_words(written.text) for part in _parts(written.text, word)]
    tokens = visible_map(selected_map(attention, config), read.spans)
    spans = [one.span for one in terms]
    # (Tw, terms and other words) -> (terms, Tw) and (others, Tw)
    shares, of_others = np.split(
        word_map(
            tokens,
            sources=_membership([*spans, *_others(read.text, spans)], read.spans),
            targets=membership(words, written.spans),
        ).T,
        [len(terms)],
    )
    line = _Line(written.text, words, _lent(of_others, len(words)), terms[0].term.forms.lang)
    taken: list[Span] = []
    forms = _forms(terms, line, shares, taken)
    found: list[FoundTerm] = []
    for number, one in enumerate(terms):
        form = forms.get(number)
        if form is None:
            counterpart = _counterpart(line, shares[number], line.free(taken))
            if counterpart is None:  # the model may have looked elsewhere as it wrote what is wanted
                form = counterpart = _faint_form(one.term, line, shares[number], taken)
            else:
                counterpart = _with_signs(line.text, counterpart, read.text[slice(*one.span)])
            if counterpart is not None:
                taken.append(counterpart)
        else:
            counterpart = form
        found.append(FoundTerm(_as_written(one.term, form, counterpart, line.text), form, counterpart))
    return found


def _with_signs(text: str, span: Span, term: str) -> Span:
    """With the signs that a term begins or ends with, where they stand beside what it became: `.NET`."""
    start, end = span
    lead, trail = _LEADING_SIGNS.match(term), _TRAILING_SIGNS.search(term)
    if lead is not None and text[:start].endswith(lead.group()):
        start -= len(lead.group())
    if trail is not None and text.startswith(trail.group(), end):
        end += len(trail.group())
    return start, end


def _as_written(term: Term, form: Span | None, counterpart: Span | None, text: str) -> Term:
    """A term that looked like a plural, as what it is: `tests` may be a verb, and the model tells by its own.

    For a noun it would write one in the plural, too.
    """
    if form is not None or counterpart is None or term.ending != "plural":
        return term
    is_plural = may_be_plural(text[slice(*counterpart)], term.forms.lang)
    return term if is_plural else replace(term, ending="verb")


@dataclass(frozen=True)
class _Line:
    """What the model wrote, in words."""

    text: str
    words: Sequence[Span]
    lent: Sequence[bool]
    """Which words are the translation of something that is no term."""
    lang: str

    @cached_property
    def looked_through(self) -> Sequence[Word]:
        """Its words, for forms to be found."""
        return words_of(self.text)

    @cached_property
    def is_small(self) -> Sequence[bool]:
        """Which words stand between others."""
        return [is_function_word(self.word(at), self.lang) for at in range(len(self.words))]

    @cached_property
    def _has_letters(self) -> Sequence[bool]:
        return [any(map(str.isalnum, self.word(at))) for at in range(len(self.words))]

    def word(self, at: int) -> str:
        return self.text[slice(*self.words[at])]

    def free(self, taken: Sequence[Span]) -> Sequence[bool]:
        """Which words belong to no other term, and are no punctuation."""
        if not taken:
            return self._has_letters
        return [
            has_letters and not any(overlap(word, other) for other in taken)
            for has_letters, word in zip(self._has_letters, self.words, strict=True)
        ]


def _parts(text: str, word: Span) -> Iterator[Span]:
    """What hyphens join, of which only some may be a term; a single letter, as of `e-mail`, is none."""
    start, end = word
    parts = [part.span() for part in _PART.finditer(text, start, end)]
    is_whole = any(last - first == 1 and text[first].isalpha() for first, last in parts)
    if is_whole or not any(map(str.isalnum, text[start:end])):
        yield word
    else:
        yield from parts


def _others(text: str, terms: Sequence[Span]) -> list[Span]:
    """The words beside terms."""
    return [
        (start, end)
        for start, end in segment_words(text)
        if end - start >= _LEAST_OF_OTHERS and not any(overlap((start, end), term) for term in terms)
    ]


def _membership(spans: Sequence[Span], tokens: Sequence[Span | None]) -> FloatArray:
    """Which token belongs to which span, wholly: `(spans, S)`."""
    # (spans, 2), (S, 2); a token without text lies before every span
    of_spans = np.array(spans, dtype=np.int64).reshape(-1, 2)
    of_tokens = np.array([(0, 0) if token is None else token for token in tokens], dtype=np.int64)
    is_within = (of_spans[:, :1] < of_tokens[:, 1]) & (of_tokens[:, 0] < of_spans[:, 1:])
    return is_within.astype(np.float32)


def _lent(of_others: FloatArray, num_words: int) -> list[bool]:
    """Which of the words `(others, Tw)` and another word are the best for each other."""
    if not len(of_others):
        return [False] * num_words
    best = of_others.argmax(axis=0)
    return [
        bool(of_others[other, at] >= _OTHERS_SHARE) and int(of_others[other].argmax()) == at
        for at, other in enumerate(best)
    ]


def _forms(terms: Sequence[ReadTerm], line: _Line, shares: FloatArray, taken: list[Span]) -> dict[int, Span]:
    """Of each term the place of one of its forms, each place for one; those that attend to it most first."""
    places = [
        (share + (span[1] - span[0]) / 1000, number, span)
        for number, one in enumerate(terms)
        for share, span in _places(one.term, line, shares[number])
        if share >= _LEAST_SHARE
    ]
    found: dict[int, Span] = {}
    for _, number, span in sorted(places, reverse=True):
        if number not in found and not any(overlap(span, other) for other in taken):
            found[number] = span
            taken.append(span)
    return found


def _places(term: Term, line: _Line, shares: FloatArray) -> Iterator[tuple[float, Span]]:
    """Where its forms stand, with their attention on it."""
    for match in term.forms.phrases.all_in(line.looked_through):
        covered = [at for at, word in enumerate(line.words) if overlap(match.span, word)]
        if covered and term.forms.has_case(match, line.text):
            yield float(shares[covered].mean()), match.span


def _faint_form(term: Term, line: _Line, shares: FloatArray, taken: Sequence[Span]) -> Span | None:
    """The place of a form with little attention on its term, where no word has more."""
    places = [
        (share, span)
        for share, span in _places(term, line, shares)
        if share >= _FAINT_SHARE and not any(overlap(span, other) for other in taken)
    ]
    return max(places)[1] if places else None


def _counterpart(line: _Line, shares: FloatArray, free: Sequence[bool]) -> Span | None:
    """The words that a term became: those next to each other that have the most of it together.

    Small words stand between others, or for a term that has nothing else.
    """
    is_small = line.is_small

    def is_of_term(at: int) -> bool:
        return free[at] and (bool(shares[at] >= _BRIDGED_SHARE) or is_small[at])

    groups: list[list[int]] = []
    for at, share in enumerate(shares):
        if not free[at] or is_small[at] or share < _OWN_SHARE:
            continue
        between = range(groups[-1][-1] + 1, at) if groups else range(0)
        if groups and len(between) <= 1 and all(map(is_of_term, between)):
            groups[-1] += (*between, at)
        else:
            groups.append([at])
    if not groups:
        said = [is_free and not small for is_free, small in zip(free, is_small, strict=True)]
        return _best_word(line, shares, said) or _best_word(line, shares, free)
    group = max(groups, key=lambda group: float(shares[group].sum()))
    own = [at for at in group if not is_small[at] and not line.lent[at]] or group
    return line.words[own[0]][0], line.words[own[-1]][1]


def _best_word(line: _Line, shares: FloatArray, among: Sequence[bool]) -> Span | None:
    """The one word that has most of a term, if it has enough."""
    if not any(among):
        return None
    at = int(np.where(among, shares, -1.0).argmax())
    return line.words[at] if shares[at] >= _LEAST_FOR_ONE else None
