"""Outputs put right sentence by sentence: what is cut, said twice or made up, and what is certain early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.service.pipeline.parts.part import Part, PartOutput
from crosslate.service.pipeline.summarization.reduction.mending import (
    Certain,
    Evidence,
    Mender,
    ends_a_sentence,
)
from crosslate.service.pipeline.text.origin import DerivedText

TEXT = "The old bridge at Ashby closes on 3 May. It will be free for cyclists. Buses go by Thornton."
MENDER = Mender("en", source=Evidence("en").of(TEXT))
SENTENCES = [
    "The old bridge at Ashby closes on 3 May.",
    "The old bridge at Ashby closes on 9 May.",
    "Buses go by Thornton.",
    "Dr. Moe said so at 3.5 p.m. today!",
    "\u201cIt will be free,\u201d he said.",
    "Mr. No. 5 asked why?",
    "and then",
]


def output(text: str, reason: FinishReason = FinishReason.LENGTH) -> PartOutput:
    hypothesis = Hypothesis(token_ids=[5, 6], score=-0.5, finish_reason=reason)
    part = Part(source=DerivedText.of(TEXT), ids=[5, 0])
    return PartOutput(
        part=part, hypothesis=hypothesis, decoded=text, tokens=None, answer=DerivedText.of(text)
    )


@pytest.mark.parametrize(
    ("text", "is_end"),
    [
        ("It closes in May.", True),
        ('He said "no."', True),
        ("Why?", True),
        ("It closes in", False),
        ("It was asked of Mr.", False),
        ("It was asked by J.", False),
        ("There are three:", False),
        ("", False),
    ],
)
def test_where_a_sentence_ends(text: str, is_end: bool) -> None:
    assert ends_a_sentence(text, "en") is is_end


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Buses go by Thornton. It will be", "Buses go by Thornton."),
        ("Buses go by Thornton. It was asked of Mr.", "Buses go by Thornton."),
        ("Buses go by", "Buses go by"),
        ("Buses go by Thornton. Buses go by Thornton.", "Buses go by Thornton."),
        ("The old bridge at Ashby closes on 9 May. It", "The old bridge at Ashby closes on 3 May."),
    ],
)
def test_what_the_limit_cut_is_left_out(text: str, mended: str) -> None:
    assert MENDER.mended(output(text)).text == mended


def test_what_ended_by_itself_is_not_cut() -> None:
    assert MENDER.mended(output("Buses go by Thornton. And", FinishReason.STOP)).text.endswith("And")


@given(
    written=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6),
    sizes=st.lists(st.integers(1, 9), min_size=1),
    cut=st.integers(0, 12),
    reason=st.sampled_from([FinishReason.LENGTH, FinishReason.STOP]),
)
def test_what_is_certain_early_is_how_the_mended_output_begins(
    written: list[str], sizes: list[int], cut: int, reason: FinishReason
) -> None:
    whole = " ".join(written)
    text = whole[: max(len(whole) - cut, 1)].rstrip()
    certain, told, start = Certain(MENDER), "", 0
    while start < len(text):
        size = sizes[start % len(sizes)]
        told += certain.feed(text[start : start + size])
        start += size
    assert MENDER.mended(output(text, reason)).text.startswith(told)
