"""Sources that are encoded together: of like length, so that little is computed for padding."""

from __future__ import annotations

from crosslate.models.engine.sequence import Sequence


def num_padded_tokens(batch: list[Sequence]) -> int:
    """Encoder tokens of one batch, padding included."""
    return len(batch) * max(sequence.num_source_tokens for sequence in batch)


def batch_by_length(sequences: list[Sequence], max_padding: int) -> list[list[Sequence]]:
    """Split into batches, longest sources first, none with more than `max_padding` padding tokens."""
    batches: list[list[Sequence]] = []
    padding = 0
    for sequence in sorted(sequences, key=lambda s: s.num_source_tokens, reverse=True):
        if batches:
            padding += batches[-1][0].num_source_tokens - sequence.num_source_tokens
        if not batches or padding > max_padding:
            batches.append([])
            padding = 0
        batches[-1].append(sequence)
    return batches
