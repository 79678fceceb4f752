"""Where a translation has what a glossary wants, or what the model wrote instead: by the attention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from crosslate.models.alignment import AlignmentConfig, mask_special, membership, selected_map, word_map
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.glossary.grammar import is_function_word
from crosslate.service.pipeline.glossary.terms import FoundTerm, Term
from crosslate.service.pipeline.words import segment_words

_PART = re.compile(r"[^-‐‑]+")
_LEAST_SHARE = 0.1
"""Of a form's attention on its term: one that stands there for something else has less."""
_OWN_SHARE = 0.5
"""Of a word's attention on a term: with more it is a part of its translation."""
_BRIDGED_SHARE = 0.2
"""Of a word between two such."""
_LEAST_FOR_ONE = 0.15
"""Where no word has `_OWN_SHARE`: of the one that has the most."""


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
    words = [part for word in segment_words(written.text) for part in _parts(written.text, word)]
    tokens = mask_special(selected_map(attention, config), read.spans)
    # The sources' words are the terms: what none has is nobody's. (Tw, terms) -> (terms, Tw)
    shares = word_map(
        tokens.matrix,
        sources=_membership([one.span for one in terms], read.spans),
        targets=membership(words, written.spans),
    ).T
    taken: list[Span] = []
    forms = _forms(terms, words, shares, written.text, taken)
    found: list[FoundTerm] = []
    for number, one in enumerate(terms):
        counterpart = forms.get(number)
        if counterpart is None:
            free = _free(words, written.text, taken)
            counterpart = _counterpart(words, shares[number], free, written.text, one.term.forms.lang)
            if counterpart is not None:
                taken.append(counterpart)
        found.append(FoundTerm(one.term, forms.get(number), counterpart))
    return found


def _parts(text: str, word: Span) -> Iterator[Span]:
    """What hyphens join, of which only some may be a term."""
    start, end = word
    if not any(map(str.isalnum, text[start:end])):
        yield word
        return
    for part in _PART.finditer(text, start, end):
        yield part.span()


def _membership(spans: Sequence[Span], tokens: Sequence[Span | None]) -> FloatArray:
    """Which token belongs to which term, wholly: `(terms, S)`."""
    return np.array(
        [[token is not None and _overlap(span, token) for token in tokens] for span in spans],
        dtype=np.float32,
    ).reshape(len(spans), len(tokens))


def _overlap(span: Span, token: Span) -> bool:
    return token[0] < span[1] and span[0] < token[1]


def _forms(
    terms: Sequence[ReadTerm], words: Sequence[Span], shares: FloatArray, text: str, taken: list[Span]
) -> dict[int, Span]:
    """Of each term the place of one of its forms, each place for one; those that attend to it most first."""
    places: list[tuple[float, int, Span]] = []
    for number, one in enumerate(terms):
        for match in one.term.forms.phrases.all_in(text):
            covered = [at for at, word in enumerate(words) if _overlap(match.span, word)]
            share = float(shares[number, covered].mean()) if covered else 0.0
            if share >= _LEAST_SHARE and one.term.forms.has_case(match, text):
                places.append((share + (match.span[1] - match.span[0]) / 1000, number, match.span))
    found: dict[int, Span] = {}
    for _, number, span in sorted(places, reverse=True):
        if number not in found and not any(_overlap(span, other) for other in taken):
            found[number] = span
            taken.append(span)
    return found


def _free(words: Sequence[Span], text: str, taken: Sequence[Span]) -> list[bool]:
    """Which words belong to no other term, and are no punctuation."""
    return [
        any(map(str.isalnum, text[slice(*word)])) and not any(_overlap(word, other) for other in taken)
        for word in words
    ]


def _counterpart(
    words: Sequence[Span], shares: FloatArray, free: Sequence[bool], text: str, lang: str
) -> Span | None:
    """The words that a term became: those next to each other that have the most of it together."""

    def is_of_term(at: int) -> bool:
        word = text[slice(*words[at])]
        return free[at] and (bool(shares[at] >= _BRIDGED_SHARE) or is_function_word(word, lang))

    groups: list[list[int]] = []
    for at, share in enumerate(shares):
        if not free[at] or share < _OWN_SHARE:
            continue
        between = range(groups[-1][-1] + 1, at) if groups else range(0)
        if groups and len(between) <= 1 and all(map(is_of_term, between)):
            groups[-1] += (*between, at)
        else:
            groups.append([at])
    if not groups:
        return _best_word(words, shares, free)
    group = max(groups, key=lambda group: float(shares[group].sum()))
    said = [at for at in group if not is_function_word(text[slice(*words[at])], lang)] or group
    return words[said[0]][0], words[said[-1]][1]


def _best_word(words: Sequence[Span], shares: FloatArray, free: Sequence[bool]) -> Span | None:
    """The one word that has most of a term, if it has enough."""
    if not any(free):
        return None
    at = int(np.where(free, shares, -1.0).argmax())
    return words[at] if shares[at] >= _LEAST_FOR_ONE else None
