"""Hard links of whole texts: one for each word of the output at most, at every level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crosslate.models.alignment.alignment import WordLink
from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.alignment.hard_links import HardLinks
from crosslate.service.pipeline.alignment.align import TextAligner
from crosslate.service.pipeline.alignment.token_maps import PartMap, PlacedTokens
from crosslate.service.pipeline.types import AlignmentLevel, AlignRequest
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request

KINDS: tuple[HardLinks, ...] = ("free", "monotone")
CONFIG = AlignmentConfig(layer=0)
TEXT = "Hello big world. 😀 See you!"


def placed(text: str, start: int = 0) -> PlacedTokens:
    """A token for each word of `text`, which begins at `start`, and the end token."""
    words = text.split()
    spans: list[tuple[int, int] | None] = []
    end = 0
    for word in words:
        begin = text.index(word, end)
        end = begin + len(word)
        spans.append((start + begin, start + end))
    return PlacedTokens([*words, "</s>"], [*spans, None], (start, start + len(text)))


def links(
    parts: list[PartMap], source: str, target: str, hard: HardLinks, config: AlignmentConfig = CONFIG
) -> list[WordLink]:
    aligner = TextAligner(source, target, config, hard=hard)
    return list(aligner.links(parts, max_word_pairs=100).links)


def pairs(found: list[WordLink]) -> set[tuple[int, int]]:
    return {(link.source, link.target) for link in found}


@pytest.mark.parametrize("level", ["links", "matrix", "symmetric", "full"])
async def test_free_links_of_a_translation(level: AlignmentLevel) -> None:
    translator = make_translator(FakeEngine(reversed_words))
    result = await translator.translate(request(TEXT, alignment=level, hard_links="free"))
    assert result.alignment is not None
    assert result.alignment.method.hard_links == "free"
    assert result.alignment.method.symmetric == (level == "symmetric")
    assert result.alignment.pharaoh == "0-3 1-2 2-1 3-0 4-4 5-7 6-6 7-5"


@pytest.mark.parametrize("level", ["links", "symmetric"])
async def test_monotone_links_never_go_back(level: AlignmentLevel) -> None:
    translator = make_translator(FakeEngine(reversed_words))
    result = await translator.translate(request(TEXT, alignment=level, hard_links="monotone"))
    assert result.alignment is not None
    assert result.alignment.method.hard_links == "monotone"
    found = [(link.target, link.source) for link in result.alignment.links]
    assert len({target for target, _ in found}) == len(found)
    sources = [source for _, source in sorted(found)]
    assert sources == sorted(sources)
    assert TEXT.index("😀") in [start for start, _ in sources]


@pytest.mark.parametrize("kind", KINDS)
async def test_hard_links_of_a_users_own_pair(kind: HardLinks) -> None:
    asked = AlignRequest(
        source="big world", target="world big", source_lang="en", target_lang="pt", hard_links=kind
    )
    _, alignment = await make_translator().align(asked)
    assert alignment.method.hard_links == kind
    assert alignment.pharaoh == "0-1 1-0" if kind == "free" else len(alignment.links) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("total", [1.0, 0.99])
def test_a_word_that_attended_to_no_text_has_no_link(kind: HardLinks, total: float) -> None:
    weights = np.array([[0.7, 0.1, 0.2], [0, 0, total], [0, 0.4, 0.6], [0, 0, 1]], np.float32)
    part = PartMap(source=placed("a b"), target=placed("x y z"), attention=weights)
    found = links([part], "a b", "x y z", kind)
    assert pairs(found) == {(0, 0), (1, 2)}
    # Of all attention: also what stood for no text counts.
    assert [link.score for link in found] == pytest.approx([0.7, 0.4], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_final_punctuation_is_linked_whatever_it_attended_to(kind: HardLinks) -> None:
    weights = np.array([[0.9, 0, 0.1], [0, 0, 1], [0, 0, 1]], np.float32)
    part = PartMap(source=placed("a ."), target=placed("x ."), attention=weights)
    assert pairs(links([part], "a .", "x .", kind, replace(CONFIG, punctuation=True))) == {(0, 0), (1, 1)}
    assert pairs(links([part], "a .", "x .", kind)) == {(0, 0)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_word_in_two_parts_has_the_stronger_link(kind: HardLinks) -> None:
    first = PartMap(
        source=placed("aa "), target=placed("xx"), attention=np.array([[0.6, 0.4], [0, 1]], np.float32)
    )
    second = PartMap(
        source=placed("bb", 3), target=placed("yy", 2), attention=np.array([[0.9, 0.1], [0, 1]], np.float32)
    )
    found = links([first, second], "aa bb", "xxyy", kind)
    assert [(link.source, link.target) for link in found] == [(1, 0)]
    assert found[0].score == pytest.approx(0.9)
