"""Whole words with nothing between them but tags, `<b>red</b><i>button</i>`: read as two words.

Within a word, as in `te<x/>st` and `<b>foot</b><i>ball</i>`, nothing is changed. The vocabulary tells the two
apart: it has both parts whole, and not what they are together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.origin import DerivedText
from crosslate.service.pipeline.passages import Passage

_BEFORE, _BEHIND = re.compile(r"(?<!\w)[^\W\d_]+\Z"), re.compile(r"[^\W\d_]+(?!\w)")
_APART = re.compile(
    r"<(?!wbr\b)[^<>!?/][^<>]*/>|<(?P<name>[\w:.-]+)[^<>]*></(?P=name)\s*>|<(?:img|input)\b|</[^<>]+><[\w:]"
    r"|^(?:\*{1,2}_{1,2}|_{1,2}\*{1,2}|~~[*_]{1,2}|[*_]{1,2}~~|\]\([^()\s]*\)\[)$",
    re.IGNORECASE,
)
"""An element with nothing in it, or two that touch, in Markdown too; `<wbr>` is for breaking a word."""
_TAG = re.compile(r"<(?!wbr\b|!)|^[*_~\[(].*|^\]\(", re.IGNORECASE)
_LEAST, _LOOK = 3, 64
_HALVES = "after any back down every fore here how inter non off out over self some super there under what"
_FIRST_HALVES = frozenset(f"{_HALVES} when where who with entre sobre".split())
"""Words of which longer ones are made, few of which vocabularies have: `<b>under</b><i>estimate</i>`."""

CountTokens = Callable[[str], int]


def with_words_apart(passage: Passage, sent: str, count_tokens: CountTokens) -> Passage:
    """The passage with a blank between such words; with a line end where the second begins a sentence.

    Args:
        passage: of a marked-up text, or of Markdown.
        sent: all of that text.
        count_tokens: how many tokens a model reads a word in.
    """
    if not passage.wraps:
        return passage
    edits = [((at, at), between) for at, between in _found(passage.text, sent, count_tokens) if between]
    return replace(passage, text=passage.text.edited(edits)) if edits else passage


def words_as_one(given: DerivedText, sent: str, count_tokens: CountTokens) -> list[Span]:
    """Spans of a text, each of what may be two words with only tags between them.

    Args:
        given: a part of what `with_words_apart` has given.
        sent: all of the text.
        count_tokens: as there.
    """
    places = [at for at, _ in _found(given, sent, count_tokens)]
    return [_both(given.text, at) for at in places]


def _found(given: DerivedText, sent: str, count_tokens: CountTokens) -> Iterator[tuple[int, str]]:
    """Where two words may touch, and what to read between them; nothing where they may be one."""
    text, origin = given.text, given.origin
    for at in np.flatnonzero(origin.ends < origin.starts).tolist():
        tags = sent[origin.ends.item(at) : origin.starts.item(at)]
        first, last = _BEFORE.search(text[max(0, at - _LOOK) : at]), _BEHIND.match(text, at)
        if first is None or last is None or _TAG.search(tags) is None:
            continue
        if _are_words(first.group(), last.group(), count_tokens):
            is_one = _APART.search(tags) is None or first.group().lower() in _FIRST_HALVES
            is_sentence = text[at - 1].islower() and text[at].isupper()
            yield at, "" if is_one else "\n" if is_sentence else " "


def _both(text: str, at: int) -> Span:
    first, last = _BEFORE.search(text[max(0, at - _LOOK) : at]), _BEHIND.match(text, at)
    return (at - len(first.group()) if first else at), (last.end() if last else at)


def _are_words(first: str, last: str, count_tokens: CountTokens) -> bool:
    """Whether the vocabulary has both whole, and not what they are together."""
    if min(len(first), len(last)) < _LEAST or _is_whole(first + last, count_tokens):
        return False
    return _is_whole(first, count_tokens) and _is_whole(last, count_tokens)


def _is_whole(word: str, count_tokens: CountTokens) -> bool:
    return min(count_tokens(word), count_tokens(word.lower())) <= count_tokens("a")
