"""Sentences into chunks that a model takes: as few as can be, of like size, cut between sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.sentences.splitting import split_overlong
from crosslate.service.pipeline.summarization.reading.sentences import Sentence
from crosslate.service.pipeline.text.origin import DerivedText, joined


@dataclass(frozen=True, slots=True)
class Chunking:
    """A text's chunks; each of its sentences is in exactly one of them."""

    chunks: list[Part]
    num_tokens: int
    """Of the text, without what the model wants around each chunk."""
    num_split: int
    """Sentences that were longer than the model takes, and are several here."""


def cut_into_chunks(
    sentences: Sequence[Sentence], reader: Reader, max_tokens: int, *, num_chunks: int = 1
) -> Chunking:
    """Chunks of at most `max_tokens` source tokens, those of an end token and the like included.

    There are `num_chunks` where fewer would do.
    """
    num_around = len(reader.encode(""))
    parts: list[DerivedText] = []
    sizes: list[int] = []
    num_split = 0
    for sentence in sentences:
        size = len(reader.encode(sentence.text))
        if size <= max_tokens:
            parts.append(sentence.source)
            sizes.append(max(size - num_around, 1))
            continue
        pieces = _pieces(sentence.source, reader, max_tokens)
        num_split += len(pieces) > 1
        parts += pieces
        sizes += [max(len(reader.encode(piece.text)) - num_around, 1) for piece in pieces]
    groups = balanced_groups(sizes, max_tokens - num_around, num_groups=num_chunks)
    chunks = list(_fitting(groups, parts, sizes, reader, max_tokens))
    return Chunking(chunks, sum(sizes), num_split)


def within_window(sentences: Sequence[Sentence], reader: Reader, max_tokens: int) -> list[Sentence]:
    """The sentences, those that are longer than the model takes in pieces."""
    found: list[Sentence] = []
    for sentence in sentences:
        if len(reader.encode(sentence.text)) <= max_tokens:
            found.append(sentence)
        else:
            pieces = _pieces(sentence.source, reader, max_tokens)
            found += (Sentence(piece, sentence.is_prose) for piece in pieces)
    return found


def balanced_groups(sizes: Sequence[int], max_size: int, *, num_groups: int = 1) -> list[range]:
    """Runs of consecutive indices, as few as can be, that sum to at most `max_size`; the largest is least.

    There may be up to `num_groups` where fewer would do. A size above `max_size` is a group of its own.
    """
    if not sizes:
        return []
    fewest = max(len(_filled(sizes, max_size)), num_groups)
    low, high = 1, max_size
    while low < high:
        middle = (low + high) // 2
        if len(_filled(sizes, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _filled(sizes, low)


def _filled(sizes: Sequence[int], capacity: int) -> list[range]:
    """Each group takes what still fits."""
    groups: list[range] = []
    start = total = 0
    for i, size in enumerate(sizes):
        if i > start and total + size > capacity:
            groups.append(range(start, i))
            start, total = i, 0
        total += size
    groups.append(range(start, len(sizes)))
    return groups


def _fitting(
    groups: Sequence[range],
    sentences: Sequence[DerivedText],
    sizes: Sequence[int],
    reader: Reader,
    max_tokens: int,
) -> Iterator[Part]:
    """The groups, of which those that joining made longer than the sum of their sentences are cut again."""
    for group in groups:
        members = sentences[group.start : group.stop]
        chunk = reader.part(joined(members, " "), stand_in=members[0].text)
        if len(chunk.ids) <= max_tokens or len(members) == 1:
            yield chunk
        else:
            own = sizes[group.start : group.stop]
            smaller = balanced_groups(own, max(sum(own) - 1, 1))
            yield from _fitting(smaller, members, own, reader, max_tokens)


def _pieces(sentence: DerivedText, reader: Reader, max_tokens: int) -> list[DerivedText]:
    pieces = [sentence.part(*span) for span in split_overlong(sentence.text, reader.tokenize, max_tokens)]
    return [piece for piece in pieces if piece.span[0] < piece.span[1]]
