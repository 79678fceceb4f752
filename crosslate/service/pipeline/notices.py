"""What an answer says about itself: a code for programs, words for people, and the places it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from crosslate.models.tokenizers.tokenizer import Span

NoticeCode = Literal[
    "already_in_target_language",
    "degenerate",
    "empty_output",
    "glossary_header",
    "glossary_not_applied",
    "glossary_variant",
    "language_not_served",
    "linked_in_one_direction",
    "low_confidence_language",
    "name_missing",
    "not_shorter",
    "number_differs",
    "option_ignored",
    "pivoted",
    "placeholder_doubled",
    "placeholder_missing",
    "query_unanswered",
    "repetition_left",
    "returned_unchanged",
    "sentence_replaced",
    "source_language_differs",
    "split_long_sentence",
    "tag_misplaced",
    "truncated",
    "unknown_characters",
    "unsupported_content",
    "unsupported_sentence",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that the reader of an answer should know."""

    code: NoticeCode
    message: str
    source: Span | None = None
    """In the text that was sent; None where it is about all of it."""
    target: Span | None = None
    """In the answer."""

    def placed(self, source: Callable[[Span], Span], target: Callable[[Span], Span]) -> Notice:
        """With its spans in another unit."""
        return replace(
            self,
            source=None if self.source is None else source(self.source),
            target=None if self.target is None else target(self.target),
        )


def messages(notices: Iterable[Notice]) -> list[str]:
    """In words, for those who know no codes."""
    return [notice.message for notice in notices]
