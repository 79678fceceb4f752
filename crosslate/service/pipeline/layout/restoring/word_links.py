"""Links between the words of one part and of its translation, for marks to be placed by."""

from __future__ import annotations

from crosslate.models.alignment.alignment import (
    directed_links,
    membership,
    selected_map,
    visible_map,
    word_map,
)
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import TokenizedText
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.elements import Words
from crosslate.service.pipeline.text.words import segment_words


def word_links(
    source: TokenizedText, target: TokenizedText, attention: FloatArray, config: AlignmentConfig
) -> tuple[list[Link], Words]:
    """Links in the code points of both texts, and the words of these.

    Args:
        source: as the model read it.
        target: as the model wrote it.
        attention: `(T, S)`, or `(L, H, T, S)`.
        config: where in it the alignment is.
    """
    source_words, target_words = segment_words(source.text), segment_words(target.text)
    words = word_map(
        visible_map(selected_map(attention, config), source.spans),
        sources=membership(source_words, source.spans),
        targets=membership(target_words, target.spans),
        copies=(),
    )
    links = [
        Link(source_words[read], target_words[written], score)
        for read, written, score in directed_links(words)
    ]
    return links, Words(source_words, target_words)
