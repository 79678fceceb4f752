"""What a summary's sentences rest on: copied words, facts that the text does not have, and repetitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engine.request import GenerationParams
from service.pipeline.summarization.support import Source, Support, repetitions
from tests.service.pipeline.fakes import EOS, FakeEngine
from tests.service.pipeline.summarization.helpers import make_summarizer, request

TEXT = "The bridge at Ashby closes on 3 May. It weighs 15km-tonnes, says Ingrid Moe, and costs 40 pounds."


def support(sentence: str) -> Support:
    return Source(TEXT, [(0, 36), (37, len(TEXT))]).support(sentence, (0, len(sentence)))


def test_a_copied_sentence_is_faithful() -> None:
    found = support("the bridge at Ashby closes on 3 May")
    assert found.is_copied
    assert found.faithfulness == 1.0
    assert found.unsupported == ()


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Now the bridge at Ashby closes on 4 May.", ["4 May"]),
        ("Now the bridge at Thornton closes.", ["Thornton"]),
        ("So it costs 40 euros now.", []),
        ("So it costs 5km of money.", ["5km"]),
        ("So it costs 40 pounds, says Moe.", []),
        ("Quite another thing.", []),
    ],
)
def test_facts_that_the_text_does_not_have_are_found(sentence: str, wrong: list[str]) -> None:
    found = support(sentence)
    assert not found.is_copied
    assert [sentence[start:end] for start, end in found.unsupported] == wrong


def test_made_up_words_and_facts_cost() -> None:
    same, other, false = (
        support(s).faithfulness
        for s in (
            "The bridge closes, Ashby says.",
            "The river freezes, Ashby says.",
            "The bridge closes in 1999.",
        )
    )
    assert same > other > 0
    assert same > false


@given(st.lists(st.sampled_from(["one two three four", "five six seven eight", "nothing here repeats"])))
def test_of_sentences_that_are_alike_the_first_stays(texts: list[str]) -> None:
    repeated = repetitions(texts)
    assert [text for i, text in enumerate(texts) if i not in repeated] == list(dict.fromkeys(texts))


async def test_a_sentence_said_again_leaves_the_summary() -> None:
    text = "Alpha beta gamma delta. Alpha beta gamma delta. " + "Iota kappa lambda mu nu xi. " * 3
    engine = FakeEngine(lambda ids: [*ids[:-1][:8], EOS])
    result = await make_summarizer(engine, window=60).summarize(
        request(text, length="long", params=GenerationParams(num_beams=2))
    )
    assert result.text.count("Alpha beta gamma delta") == 1
