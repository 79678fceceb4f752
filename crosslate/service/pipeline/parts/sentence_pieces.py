"""What of a passage is translated in one go: sentences, labels without their dots, captions in brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Protected, unbroken
from crosslate.service.pipeline.sentences.captions import caption_pieces
from crosslate.service.pipeline.sentences.splitting import split_text
from crosslate.service.pipeline.wording.additions import before_ellipsis
from crosslate.service.pipeline.wording.capitals import are_words_in_brackets, is_label_in_capitals

_COUNTED = re.compile(r"\d{1,4}[ \xa0]?[×x][ \xa0](?=[A-ZÀ-Þ])")
_MOST_BLANKS = 6


def sentence_pieces(
    text: str,
    protected: Sequence[Protected],
    lang: str,
    count_tokens: Callable[[str], int],
    *,
    split_sentences: bool,
) -> list[Span]:
    """The spans of these, in order; none begins or ends within what is protected.

    Args:
        text: of a passage.
        protected: of it.
        lang: its language.
        count_tokens: how many tokens a model reads a word in.
        split_sentences: whether sentences are told apart; else lines are.
    """
    spans = split_text(text, lang, split_sentences=split_sentences)
    if "…" in text or "..." in text:
        spans = [before_ellipsis(text, span) for span in spans]
    if split_sentences and ("]" in text or ")" in text):
        are_words = partial(are_words_in_brackets, lang=lang, count_tokens=count_tokens)
        is_label = partial(is_label_in_capitals, lang=lang, count_tokens=count_tokens)
        spans = [*chain.from_iterable(caption_pieces(text, span, are_words, is_label) for span in spans)]
    if _COUNTED.search(text) is not None:
        spans = [_behind_count(text, span) for span in spans]
    return unbroken(spans, protected)


def _behind_count(text: str, span: Span) -> Span:
    """A label without how many there are of it: `2x Chair`."""
    start, end = span
    count = _COUNTED.match(text, start, end)
    is_label = count is not None and text[count.end() : end].count(" ") < _MOST_BLANKS
    return (count.end(), end) if count is not None and is_label and text[end - 1] not in ".!?" else span
