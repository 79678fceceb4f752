"""Sounds and ways of speaking in brackets, as captions have them (`[DOOR SLAMS]`, `(WHISPERING) Be quiet`).

With the brackets models take them for names, and copy them; before a sentence, too. Each is read alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from crosslate.models.tokenizers.tokenizer import Span

_SPEAKER = r"(?P<who>[^\W\d_][^:\[\]()\n]{0,40}:)[ \t]+"
_GROUP = re.compile(
    rf"(?:{_SPEAKER})?(?P<opening>[\[(])(?P<words>[^\W\d_](?:[^\W\d_]|[\d ,.'’&\-]){{1,80}}[^\W\d_])[\])]"
    r"(?=\s*$|\s+(?P<next>\S))"
)
_MIN_LETTERS = 5
"""Of a word in lower case: shorter ones may number items."""

AreWords = Callable[[str], bool]


def caption_pieces(text: str, span: Span, are_words: AreWords, is_label: AreWords) -> Iterator[Span]:
    """The pieces of a sentence that begins with such groups, one for each, and one for what follows.

    Args:
        text: that the sentence is of.
        span: of the sentence.
        are_words: whether what is in capitals are words rather than abbreviations and names.
        is_label: whether a word in capitals before a colon is no name of who speaks.
    """
    at, end = span
    while (group := _GROUP.match(text, at, end)) is not None and _is_caption(group, are_words):
        if group["who"] and (" " in group["who"] or is_label(group["who"][:-1])):
            yield group.span("who")
        yield group.span("words")
        at = group.start("next") if group["next"] else end
    if at < end:
        yield at, end


def _is_caption(group: re.Match[str], are_words: AreWords) -> bool:
    words, following, who = group["words"], group["next"], group["who"]
    if following is not None and following.islower():
        return False  # a sentence goes on: `[NAME] is here`
    if who is not None and not who.isupper():
        return False
    if words.isupper():
        return are_words(words)
    if following is None and group["opening"] != "[":
        return False
    is_word = following is not None and words.islower() and len(words) >= _MIN_LETTERS
    return words[1:].islower() and (is_word or " " in words)


def is_in_brackets(sent: str, span: Span) -> bool:
    """Whether a part of a text is all that stands between two brackets."""
    start, end = span
    return sent[max(start - 1, 0) : start] + sent[end : end + 1] in ("[]", "()")
