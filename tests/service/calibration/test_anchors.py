from __future__ import annotations

import pytest

from crosslate.service.calibration.anchors import find_anchors
from crosslate.service.pipeline.text.words import segment_words


def copied(source: str, target: str) -> list[str]:
    source_words, target_words = segment_words(source), segment_words(target)
    found = find_anchors(source, source_words, target, target_words)
    for at, place in found:
        (start, end), (first, last) = target_words[at], source_words[place]
        assert target[start:end] == source[first:last]
    return [target[slice(*target_words[at])] for at, _ in found]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("We met Maria in 2019.", "Encontramos Maria em 2019.", ["Maria", "2019"]),
        ("See https://example.org now", "Veja https://example.org agora", ["https://example.org"]),
        ("Write to a@b.org, please", "Escreva para a@b.org, por favor", ["a@b.org", ","]),
        ("a dog and a cat", "a cadela e o gato", []),  # an article and another article
        ("the 3 of 3", "os 3 de 3", []),  # which is which?
        ("Come as you are", "Venha as vezes", []),
        ("Paris is far", "Paris fica longe", []),  # a sentence begins with a capital anyway
        ("Is it far?", "Fica longe?", []),  # the last mark stands last
        ("Far? No", "Longe? Não", ["?"]),
        ("會議在 NATO 舉行", "The meeting at NATO was held", ["NATO"]),
        ("", "Maria", []),
    ],
)
def test_only_what_is_surely_a_copy_counts(source: str, target: str, expected: list[str]) -> None:
    assert copied(source, target) == expected
