"""What a summary's sentences rest on: copied words, facts that the text does not have, and repetitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationOutput, GenerationParams, GenerationRequest
from crosslate.service.pipeline.degeneration.faults import Fault
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.summarization.reduction.support import Source, Support, repetitions
from crosslate.service.pipeline.summarization.types import ChunkEvent
from crosslate.service.pipeline.types import TokenEvent
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


BRIDGE = (
    "The bridge at Ashby closes on 3 May . Another ferry for cars will then run each hour . "
    "Tickets for it cost 40 pounds , says the mayor of Thornton , and children travel free ."
)


def swapping(one: int, other: int) -> FakeEngine:
    """Copies the first two sentences, with the word at one place of the text instead of that at another."""
    return FakeEngine(lambda ids: [*ids[:one], ids[other], *ids[one + 1 : 19], EOS])


BRIDGE_WORDS = BRIDGE.split()
WRONG_NUMBER = swapping(BRIDGE_WORDS.index("3"), BRIDGE_WORDS.index("40"))
BEAMS = GenerationParams(num_beams=2)


@pytest.mark.parametrize("params", [BEAMS, GenerationParams()], ids=["beams", "greedy"])
@pytest.mark.parametrize("alignment", ["none", "sentences", "links"])
async def test_a_sentence_with_another_number_gives_way_to_the_texts_own(
    alignment: str, params: GenerationParams
) -> None:
    asked = request(BRIDGE, length="long", params=params, alignment=alignment)
    result = await make_summarizer(WRONG_NUMBER, window=60).summarize(asked)
    events = [event async for event in make_summarizer(WRONG_NUMBER, window=60).stream(asked)]
    told = [event.text for event in events if isinstance(event, TokenEvent | ChunkEvent)]
    assert "".join(told) == result.text
    assert result.text == BRIDGE[: BRIDGE.index(" Tickets")]
    assert [warning.code for warning in result.warnings] == ["sentence_replaced"]
    assert [sentence.faithfulness for sentence in result.sentences] == [1.0, 1.0]


async def test_what_is_bounded_by_the_caller_is_flagged() -> None:
    for params in (GenerationParams(max_new_tokens=20), GenerationParams(num_beams=2, max_new_tokens=20)):
        result = await make_summarizer(WRONG_NUMBER, window=60).summarize(
            request(BRIDGE, length="long", params=params)
        )
        assert "unsupported_content" in [warning.code for warning in result.warnings]
        start, end = result.sentences[0].unsupported[0]
        assert result.text[start:end] == "40 May"


async def test_a_sentence_that_goes_back_to_none_of_the_text_is_flagged() -> None:
    text = "Zebras graze here today . " + BRIDGE
    words = text.split()
    made_up = [words.index("Zebras"), words.index("40"), words.index("Thornton"), words.index("free")]
    engine = FakeEngine(lambda ids: [*(ids[i] for i in made_up), ids[4], EOS])
    result = await make_summarizer(engine, window=60).summarize(request(text, length="long", params=BEAMS))
    assert result.text == "Zebras 40 Thornton free ."


class SearchedEngine(FakeEngine):
    """Makes up a number unless it searches with beams."""

    def _output(self, request: GenerationRequest) -> GenerationOutput:
        engine = FakeEngine(lambda ids: [*ids[:19], EOS]) if request.params.num_beams else WRONG_NUMBER
        return engine._output(request)


async def test_facts_of_its_own_are_looked_for_again_with_beams() -> None:
    engine = SearchedEngine()
    result = await make_summarizer(engine, window=60).summarize(request(BRIDGE, length="long"))
    assert [asked.params.num_beams for asked in engine.requests] == [None, 4]
    assert result.text == BRIDGE[: BRIDGE.index(" Tickets")]
    assert result.verdicts == [Verdict(Fault.UNSUPPORTED, "replaced")]
    assert result.warnings == []
