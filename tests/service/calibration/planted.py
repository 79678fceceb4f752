"""Readings of pairs whose links are known, by heads that show them more or less well."""

from __future__ import annotations

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.service.calibration.anchors import Anchor
from crosslate.service.calibration.candidates import Reading

Links = list[int]
"""For each target word the source word that it comes from."""


def some_links(chance: np.random.Generator, num_words: int = 8) -> Links:
    """Mostly in order, with two neighbours swapped."""
    links = list(range(num_words))
    first = int(chance.integers(num_words - 2))
    links[first], links[first + 1] = links[first + 1], links[first]
    return links


def turned(links: Links) -> Links:
    """Seen from the source."""
    return [links.index(word) for word in range(len(links))]


def head_of(links: Links, sureness: float, chance: np.random.Generator) -> FloatArray:
    """`(T + 1, S + 1)`, at the row that outputs: each token looks where it should, or with luck elsewhere."""
    num_words = len(links)
    weights = chance.random((num_words + 2, num_words + 1)) * 0.3
    for target, source in enumerate(links):
        wrong = int(chance.integers(num_words))
        weights[target, source if chance.random() < sureness else wrong] += 2.0
    normalised: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def late(head: FloatArray) -> FloatArray:
    """The same a row later, where the token is read."""
    return np.roll(head, 1, axis=0)


def reading(layers: list[list[FloatArray]], anchors: list[Anchor]) -> Reading:
    """Words of one token each, and an end token on either side."""
    attention = np.array(layers, dtype=np.float32)
    num_words = attention.shape[-1] - 1
    words = [(3 * i, 3 * i + 2) for i in range(num_words)]
    spans = [*words, None]
    return Reading.of(attention, source=(words, spans), target=(words, spans), anchors=anchors)
