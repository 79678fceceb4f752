from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engine.request import GenerationParams
from service.pipeline.capitals import in_capitals, sentence_case
from service.pipeline.types import DoneEvent, SegmentEvent, TokenEvent, TranslationResult
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request

WHOLE = {"NATO", "EU", "Lisbon", "no", "No", "smoking", "in", "i", "I", "I'm", "a", "A", "sure"}


def count_tokens(word: str) -> int:
    return 1 if word in WHOLE else len(word)


@pytest.mark.parametrize(
    ("sent", "lang", "expected"),
    [
        ("NO SMOKING", "en", "No smoking"),
        ("NO SMOKING IN LISBON!", "en", "No smoking in Lisbon!"),
        ("NATO, EU", "en", None),
        ("IN NATO", "en", "In NATO"),
        ("A BBC HTML PAGE", "en", "A BBC HTML page"),
        ("I AM SURE I'M IN", "en", "I am sure I'm in"),
        ("SMOKING I", "pt", "Smoking i"),
        ("¡NO SMOKING 24/7!", "en", "¡No smoking 24/7!"),
        ("WRITE TO Help@Example.com OR B2", "en", "Write to Help@Example.com or B2"),
        ("İ NO SMOKING", "en", "İ no smoking"),
    ],
)
def test_sentences_in_capitals(sent: str, lang: str, expected: str | None) -> None:
    assert sentence_case(sent, lang, count_tokens) == expected


@pytest.mark.parametrize(
    "text",
    ["", "SMOKING", "No Smoking", "NO smoking", "A1 B2", "禁煙 NO SMOKING", "42", "see a@b.c", "IBM PC-2"],
)
def test_what_stays_as_it_is(text: str) -> None:
    assert sentence_case(text, "en", count_tokens) is None


def test_translations_in_capitals_keep_addresses_and_codes() -> None:
    source = "Write to a@b.pt, www.x.org or B2b"
    assert in_capitals("Escreva a a@b.pt, ou (www.x.org) ou b2b.", source) == (
        "ESCREVA A a@b.pt, OU (www.x.org) OU B2B."
    )
    assert in_capitals("große Straße, ça", "x") == "GROẞE STRAẞE, ÇA"


@given(st.text(max_size=40), st.text(st.sampled_from("AÉßŉİ Iı'@1.ﬁς"), max_size=30))
@settings(deadline=None)
def test_every_character_stays_one(text: str, capitals: str) -> None:
    for one in (text, text.upper(), capitals):
        assert len(in_capitals(one, text)) == len(one)
        plain = sentence_case(one, "en", len)
        assert plain is None or (len(plain) == len(one) and len(plain.split()) == len(one.split()))


async def both_ways(text: str, engine: FakeEngine, **changes: object) -> tuple[TranslationResult, str]:
    asked = request(text, alignment="links", **changes)
    events = [event async for event in make_translator(engine).stream(asked)]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.result == await make_translator(engine).translate(asked)
    return done.result, "".join(e.text for e in events if isinstance(e, TokenEvent | SegmentEvent))


def linked(result: TranslationResult, source: str) -> Sequence[tuple[str, str]]:
    assert result.alignment is not None
    return [
        (source[slice(*link.source)], result.text[slice(*link.target)]) for link in result.alignment.links
    ]


@pytest.mark.parametrize("num_beams", [None, 2])
async def test_the_model_reads_a_sentence_and_the_answer_is_in_capitals(num_beams: int | None) -> None:
    source = "Hello there. KEEP\u200b OUT NOW!\nBye you."
    engine = FakeEngine(reversed_words)
    result, streamed = await both_ways(source, engine, params=GenerationParams(num_beams=num_beams))
    assert result.text == streamed == ". there Hello ! NOW OUT KEEP\n. you Bye"
    assert [source[slice(*s.source)] for s in result.segments] == [
        "Hello there.",
        "KEEP\u200b OUT NOW!",
        "Bye you.",
    ]
    assert [result.text[slice(*s.target)] for s in result.segments] == [
        ". there Hello",
        "! NOW OUT KEEP",
        ". you Bye",
    ]
    assert {("OUT", "OUT"), ("NOW", "NOW"), ("there", "there")} <= set(linked(result, source))


async def test_links_of_both_directions_are_read_without_capitals() -> None:
    engine = FakeEngine(reversed_words)
    source = "KEEP OUT NOW"
    asked = request(source, alignment="symmetric", num_alternatives=1)
    result = await make_translator(engine).translate(asked)
    assert set(linked(result, source)) == {(word, word) for word in source.split()}
    assert [other.text for other in result.alternatives] == ["NOW OUT"]
    assert len(engine.pairs) == 1
    assert sorted(engine.pairs[0].source_ids) == sorted(engine.requests[0].source_ids)


@given(
    st.lists(st.sampled_from(["KEEP OUT. ", "Ok so. ", "A B! ", "a@b.c NO GO ", "\n", "ẞ É "]), max_size=6)
)
@settings(deadline=None, max_examples=40)
def test_streams_and_answers_agree(parts: list[str]) -> None:
    result, streamed = asyncio.run(both_ways("".join(parts), FakeEngine()))
    assert result.text == streamed
