from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationParams
from crosslate.models.language.graphemes import boundaries
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import DoneEvent, SegmentEvent, TokenEvent, TranslationResult
from crosslate.service.pipeline.wording.capitals import (
    Capitals,
    InCapitals,
    sentence_case,
    speaker,
    without_capitals,
)
from tests.service.pipeline.fakes import EOS, FakeEngine, FakeTokenizer, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request

WHOLE = {"NATO", "EU", "Lisbon", "no", "No", "smoking", "update", "in", "i", "I", "I'm", "a", "A", "sure"}


def count_tokens(word: str) -> int:
    return 1 if word in WHOLE else len(word)


@pytest.mark.parametrize(
    ("sent", "lang", "expected"),
    [
        ("NO SMOKING", "en", "No smoking"),
        ("NO SMOKING IN LISBON!", "en", "No smoking in Lisbon!"),
        ("NATO, EU", "en", None),
        ("SMOKING!", "en", "smoking!"),
        ("LISBON", "en", "Lisbon"),
        ("NATO", "en", None),
        ("IN", "en", None),
        ("BBC", "en", None),
        ("XYZA", "en", None),
        ("IN NATO", "en", "In NATO"),
        ("A BBC HTML PAGE", "en", "A BBC HTML page"),
        ("I AM SURE I'M IN", "en", "I am sure I'm in"),
        ("SMOKING I", "pt", "Smoking i"),
        ("¡NO SMOKING 24/7!", "en", "¡No smoking 24/7!"),
        ("WRITE TO Help@Example.com OR B2", "en", "Write to Help@Example.com or B2"),
        ("İ NO SMOKING", "en", "İ no smoking"),
        ("LISBON DA SMOKING IN", "pt", "Lisbon da Smoking in"),
        ("SMOKING DA UPDATE IN", "pt", "Smoking da update in"),
    ],
)
def test_sentences_in_capitals(sent: str, lang: str, expected: str | None) -> None:
    assert sentence_case(sent, lang, count_tokens) == expected


@pytest.mark.parametrize(
    "text",
    ["", "No Smoking", "NO smoking", "A1 B2", "禁煙 NO SMOKING", "42", "see a@b.c", "IBM PC-2"],
)
def test_what_stays_as_it_is(text: str) -> None:
    assert sentence_case(text, "en", count_tokens) is None


def test_translations_in_capitals_keep_addresses_and_codes() -> None:
    source = "Write to a@b.pt, www.x.org or B2b"
    assert in_capitals("Escreva a a@b.pt, ou (www.x.org) ou b2b.", source).text == (
        "ESCREVA A a@b.pt, OU (www.x.org) OU B2B."
    )
    assert in_capitals("große Straße, ça", "x").text == "GROẞE STRAẞE, ÇA"


def in_capitals(text: str, source: str) -> DerivedText:
    return InCapitals(source, Capitals.ALL, "pt").restored(DerivedText.of(text))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("NO SMOKING: It is so", "No smoking: It is so"),
        ("SMOKING: it is so", "Smoking: it is so"),
        ("UPDATE: it is so", "Update: it is so"),  # a short word that is no name
        ("NO: it is so", None),  # a short word may be a name
        ("LISBON: it is so", None),  # known with a capital only
        ("NATO EU: it is so", None),
        ("NO Smoking: it is so", None),
        ("NO SMOKING:it is so", None),
        ("24/7: it is so", None),
    ],
)
def test_labels_in_capitals(sent: str, expected: str | None) -> None:
    found = without_capitals(sent, "en", count_tokens)
    assert found == (None if expected is None else (expected, Capitals.LABEL))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("JOÃO: Vamos!", "JOÃO"),
        ("INÊS (off): Vamos!", "INÊS"),
        ("MARIA: Vamos!", None),
        ("AÇÃO: Comprar", None),
        ("JOÃO foi", None),
        ("João: vamos", None),
    ],
)
def test_names_of_who_speaks(sent: str, name: str | None) -> None:
    names = ("João", "Inês")

    def count_tokens(word: str) -> int:
        return 1 if word in names or (word.islower() and word.title() not in names) else 2

    span = speaker(sent, "pt", count_tokens)
    assert (None if span is None else sent[slice(*span)]) == name


def test_all_in_capitals_is_no_label() -> None:
    assert without_capitals("NO SMOKING: IN LISBON", "en", count_tokens) == (
        "No smoking: in Lisbon",
        Capitals.ALL,
    )


@pytest.mark.parametrize(
    ("output", "expected"), [("Não fume: é assim: a", "NÃO FUME: é assim: a"), ("Não fume", "Não fume")]
)
def test_translations_of_labels_in_capitals_are_so_too(output: str, expected: str) -> None:
    assert InCapitals("x", Capitals.LABEL, "pt").restored(DerivedText.of(output)).text == expected


@given(st.text(st.sampled_from("aß ﬁǰ̌İı1.ΐ"), max_size=30))
@settings(deadline=None)
def test_letters_that_become_several_are_found_again(text: str) -> None:
    capitals = in_capitals(text, "x")
    assert capitals.text == text.replace("ß", "ẞ").upper()
    places = capitals.origin.inverted(len(text))
    whole = DerivedText.of(capitals.text).origin
    clusters = boundaries(text)
    for first, last in itertools.pairwise(clusters):
        start, end = places.then(whole).span((first, last))
        assert text[first:last].replace("ß", "ẞ").upper() in capitals.text[start:end]


async def test_what_follows_a_ligature_in_capitals_is_still_in_its_place() -> None:
    engine = FakeEngine()
    model = served_model(engine=engine, pairs=(("en", "pt"), ("pt", "en")))
    assert isinstance(model.tokenizer, FakeTokenizer)
    ligature, now = model.tokenizer.token_id("ﬁm"), model.tokenizer.token_id("now")
    engine.translate = lambda ids: [ids[0], ligature, now, EOS]
    translator = Translator(ModelCatalog([model]), FixedDetector(), has_guard=False)
    for level in ("links", "symmetric"):
        result = await translator.translate(request("KEEP OUT NOW", alignment=level))
        assert result.text == "KEEP FIM NOW"
        assert ("NOW", "NOW") in linked(result, "KEEP OUT NOW"), level
        assert result.segments[0].target == (0, 12)


@given(st.text(max_size=40), st.text(st.sampled_from("AÉßŉİ Iı'@1.ﬁς"), max_size=30))
@settings(deadline=None)
def test_every_character_stays_one(text: str, capitals: str) -> None:
    for one in (text, text.upper(), capitals):
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
    assert result.text == streamed == ". there Hello ! NOW OUT KEEP\u200b\n. you Bye"
    assert [source[slice(*s.source)] for s in result.segments] == [
        "Hello there.",
        "KEEP\u200b OUT NOW!",
        "Bye you.",
    ]
    assert [result.text[slice(*s.target)] for s in result.segments] == [
        ". there Hello",
        "! NOW OUT KEEP\u200b",
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
