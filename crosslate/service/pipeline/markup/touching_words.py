"""Whole words with nothing between them but tags, `<b>red</b><i>button</i>`: read as two words.

Within a word, as in `te<x/>st` and `<b>foot</b><i>ball</i>`, nothing is changed. The vocabulary tells the two
apart: it has both parts whole, and not what they are together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.text.words import CountTokens, extra_tokens

_BEFORE, _BEHIND = re.compile(r"(?<!\w)[^\W\d_]+\Z"), re.compile(r"[^\W\d_]+(?!\w)")
_APART = re.compile(
    r"<(?!wbr\b)[^<>!?/][^<>]*/>|<(?P<name>[\w:.-]+)[^<>]*></(?P=name)\s*>|<(?:img|input)\b|</[^<>]+><[\w:]"
    r"|^(?:\*{1,2}_{1,2}|_{1,2}\*{1,2}|~~[*_]{1,2}|[*_]{1,2}~~|\]\([^()\s]*\)\[)$",
    re.IGNORECASE,
)
"""An element with nothing in it, or two that touch, in Markdown too; `<wbr>` is for breaking a word."""
_VOID = re.compile(r"(?:<(?!wbr\b)[^<>!?/][^<>]*/>|<(?:img|input)\b[^<>]*>)+", re.IGNORECASE)
"""Elements with nothing in them, and nothing else: hardly any stands within a word."""
_TAG = re.compile(r"<(?!wbr\b|!)|^[*_~\[(].*|^\]\(", re.IGNORECASE)
_LEAST, _LEAST_AT_VOID, _LOOK = 3, 2, 64
_LETTERS_AS_WORDS = frozenset("aeioàéóAEIOÀÉÓ")
_HALVES = "after any back down every fore here how inter non off out over self some super there under what"
_FIRST_HALVES = frozenset(f"{_HALVES} when where who with entre sobre bi co im ir mis pre re un".split())
"""Words of which longer ones are made, few of which vocabularies have: `<b>under</b><i>estimate</i>`."""


def with_words_apart(passage: Passage, sent: str, count_tokens: CountTokens) -> Passage:
    """The passage with a blank between such words; with a line end where the second begins a sentence.

    Args:
        passage: of a marked-up text, or of Markdown.
        sent: all of that text.
        count_tokens: how many tokens a model reads a word in.
    """
    if not passage.wraps:
        return passage
    found = _found(passage.text, sent, count_tokens)
    edits = [((one.at, one.at), one.between) for one in found if one.between]
    return replace(passage, text=passage.text.edited(edits)) if edits else passage


def words_as_one(given: DerivedText, sent: str, count_tokens: CountTokens) -> list[Span]:
    """Spans of a text, each of what may be two words with only tags between them.

    Args:
        given: a part of what `with_words_apart` has given.
        sent: all of the text.
        count_tokens: as there.
    """
    return [one.words for one in _found(given, sent, count_tokens)]


@dataclass(frozen=True, slots=True)
class _Touching:
    """Two words that may touch, where the second begins, and what to read between them.

    That is nothing where they may be one word.
    """

    words: Span
    at: int
    between: str


def _found(given: DerivedText, sent: str, count_tokens: CountTokens) -> Iterator[_Touching]:
    text, origin = given.text, given.origin
    places = np.flatnonzero(origin.ends < origin.starts).tolist()
    for before, at, behind in _with_those_beside(places, len(text)):
        tags = sent[origin.ends.item(at) : origin.starts.item(at)]
        first = _BEFORE.search(text[max(0, at - _LOOK, before) : at])
        last = _BEHIND.match(text, at, behind)
        if first is None or last is None or _TAG.search(tags) is None:
            continue
        if _are_words(first.group(), last.group(), count_tokens, is_void=_VOID.fullmatch(tags) is not None):
            is_one = _APART.search(tags) is None or first.group().lower() in _FIRST_HALVES
            is_sentence = text[at - 1].islower() and text[at].isupper()
            words = at - len(first.group()), last.end()
            yield _Touching(words, at, "" if is_one else "\n" if is_sentence else " ")


def _with_those_beside(places: list[int], length: int) -> Iterator[tuple[int, int, int]]:
    """Each place with those before and behind it."""
    row = [0, *places, length]
    yield from ((one, at, other) for (one, at), (_, other) in pairwise(pairwise(row)))


def _are_words(first: str, last: str, count_tokens: CountTokens, *, is_void: bool) -> bool:
    """Whether the vocabulary has both whole, and not what they are together."""
    least = _LEAST_AT_VOID if is_void else _LEAST
    if any(len(one) < least and not (is_void and one in _LETTERS_AS_WORDS) for one in (first, last)):
        return False
    if extra_tokens(first + last, count_tokens) <= 0:
        return False
    return extra_tokens(first, count_tokens) <= 0 and extra_tokens(last, count_tokens) <= 0
