"""What is said of words that may be left as they are because of what they touch, or stand in."""

from __future__ import annotations

from crosslate.service.pipeline.fidelity.protected.icu import choices
from crosslate.service.pipeline.fidelity.protected.tex import is_note
from crosslate.service.pipeline.fidelity.stand_ins.masks import with_masks, words_left
from crosslate.service.pipeline.markup.touching_words import words_as_one
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.draft import Draft
from crosslate.service.pipeline.text.words import CountTokens


def touching_notices(draft: Draft, count_tokens: CountTokens) -> list[Notice]:
    """Of a draft."""
    given, is_markup = draft.given, draft.read is not None
    protected = with_masks(given.text, draft.protected, count_tokens, has_kept=is_markup)
    left = words_left(given.text, protected, has_kept=is_markup)
    as_one = words_as_one(given, draft.sent, count_tokens) if draft.layout.wraps else []
    said_of_left = "The word at this place stands against a placeholder and was left as it is."
    in_choices = choices(given.text)
    said_of_choices = "A choice in a format of Java's was left as it was."
    said_of_one = "Two words with nothing between them but tags were read as one."
    said_of_notes = "A note within a sentence was left as it was."
    notes = [one.span for one in draft.layout.wraps if one.is_point and is_note(one.opening)]
    found = [Notice("unsupported_sentence", said_of_notes, span) for span in notes]
    return found + [
        Notice("unsupported_sentence", said, given.origin.span(span))
        for said, spans in ((said_of_left, left), (said_of_one, as_one), (said_of_choices, in_choices))
        for span in spans
    ]
