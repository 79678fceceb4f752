"""A glossary's terms in translations of the starters: there, or said not to be."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationOutput, GenerationParams, GenerationRequest
from crosslate.models.errors import InvalidParamsError
from crosslate.service.loading.loading import LocalModel, load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import (
    DoneEvent,
    SegmentEvent,
    TokenEvent,
    TranslationRequest,
    TranslationResult,
)
from crosslate.service.settings.config import ModelSettings

WORDS = ["the", "old", "bridge", "river", "is", "closed", "and", "house", "water", "green"]
SENTENCE = "The old bridge over the river is closed."


@pytest.fixture(scope="module")
def starters() -> Iterator[list[LocalModel]]:
    """Portuguese to English, and English to what is called Galician: Portuguese again."""
    loaded = [
        load_local_model(ModelSettings(id="starter/en-pt"), num_threads=1),
        load_local_model(ModelSettings(id="starter/pt-en"), num_threads=1),
        load_local_model(
            ModelSettings(id="en-gl", path="starter/en-pt", pairs=(("en", "gl"),)), num_threads=1
        ),
    ]
    yield loaded
    for model in loaded:
        model.engine.close()


@pytest.fixture(scope="module")
def translator(starters: list[LocalModel]) -> Translator:
    return Translator(ModelCatalog([model.served for model in starters]))


def asked(text: str, *entries: tuple[str, str], **changes: object) -> TranslationRequest:
    fields: dict[str, object] = {"text": text, "source_lang": "en", "target_lang": "pt", **changes}
    glossary = tuple(GlossaryEntry(*entry) for entry in entries)
    return TranslationRequest(glossary=glossary, **fields)  # type: ignore[arg-type]


def check_places(request: TranslationRequest, result: TranslationResult) -> list[PlacedTerm]:
    """The terms; what they say stands where they say it does."""
    assert result.terms is not None
    for term in result.terms:
        assert request.text[slice(*term.source_span)] == term.source
        if term.span is None:
            assert term.reason is not None
        else:
            assert result.text[slice(*term.span)] == term.target
    warned = [one.source for one in result.warnings if one.code == "glossary_not_applied"]
    assert warned == [term.source_span for term in result.terms if not term.enforced]
    return result.terms


@pytest.mark.parametrize(
    ("text", "entries", "expected"),
    [
        (SENTENCE, [("bridge", "torre")], "A antiga torre sobre o rio está fechada."),
        (SENTENCE, [("bridge", "ponte")], "A antiga ponte sobre o rio está fechada."),
        # What agrees with a term before it goes with it.
        ("I see the river.", [("river", "ribeira")], "Eu vejo a ribeira."),
        ("The river is long.", [("river", "ribeira")], "A ribeira é longa."),
        ("The bridge is closed.", [("bridge", "viaduto")], "O viaduto está fechado."),
        ("The old bridge is closed.", [("bridge", "viaduto")], "O antigo viaduto está fechado."),
        # An article of its own takes the place of the one that is there.
        ("The bridge is closed.", [("bridge", "o viaduto")], "O viaduto está fechado."),
        # Capitals: of a sentence's beginning, of a term, of a heading.
        ("Bridges are old.", [("bridge", "torre")], "As torres são antigas."),
        ("THE BRIDGE IS CLOSED.", [("bridge", "viaduto")], "O VIADUTO ESTÁ FECHADO."),
        ("The bridge is old.", [("bridge", "iPonte")], "O iPonte é antiga."),
        # Several forms of a term: that which the model likes best.
        ("The river is long.", [("river", "ribeira"), ("river", "rio")], "O rio é longo."),
    ],
)
async def test_the_term_is_there_and_the_rest_as_it_was(
    translator: Translator, text: str, entries: list[tuple[str, str]], expected: str
) -> None:
    request = asked(text, *entries)
    result = await translator.translate(request)
    check_places(request, result)
    assert result.text == expected


async def test_without_a_term_in_the_text_nothing_is_different(translator: Translator) -> None:
    plain = await translator.translate(asked(SENTENCE))
    other = await translator.translate(asked(SENTENCE, ("tunnel", "galeria")))
    assert other == dataclasses.replace(plain, terms=[])
    assert plain.terms is None


async def test_what_stands_there_already_costs_nothing(translator: Translator) -> None:
    request = asked(SENTENCE, ("bridge", "ponte"))
    result, plain = await translator.translate(request), await translator.translate(asked(SENTENCE))
    assert result.text == plain.text
    (term,) = check_places(request, result)
    assert (term.target, term.enforced) == ("ponte", True)


@pytest.mark.parametrize("level", ["none", "links", "symmetric", "matrix", "full"])
async def test_links_and_spans_are_of_the_final_text(translator: Translator, level: str) -> None:
    text = f"🙂 Hello. {SENTENCE} The end."
    request = asked(text, ("bridge", "passagem aérea"), alignment=level)
    result = await translator.translate(request)
    assert [term.enforced for term in check_places(request, result)] == [True]
    assert "".join(result.text[slice(*one.target)] for one in result.segments).count("passagem aérea") == 1
    if result.alignment is not None:
        linked = {(text[slice(*x.source)], result.text[slice(*x.target)]) for x in result.alignment.links}
        assert ("bridge", "passagem") in linked
        assert ("river", "rio") in linked


async def test_spans_are_in_the_unit_that_was_asked_for(translator: Translator) -> None:
    text = f"🙂 Olá! {SENTENCE}"
    result = await translator.translate(asked(text, ("bridge", "viaduto"), offset_unit="utf16"))
    assert result.terms is not None
    (term,) = result.terms
    assert term.span is not None
    for whole, span, words in ((text, term.source_span, "bridge"), (result.text, term.span, "viaduto")):
        assert whole.encode("utf-16-le")[2 * span[0] : 2 * span[1]].decode("utf-16-le") == words


@pytest.mark.parametrize(
    "params",
    [
        GenerationParams(num_beams=3),
        GenerationParams(do_sample=True, seed=3),
        GenerationParams(repetition_penalty=1.2, no_repeat_ngram_size=2),
        GenerationParams(max_new_tokens=6),
    ],
    ids=str,
)
async def test_whatever_the_search_and_the_alternatives(
    translator: Translator, params: GenerationParams
) -> None:
    request = asked(SENTENCE, ("bridge", "viaduto"), params=params, num_alternatives=2)
    result = await translator.translate(request)
    assert [term.enforced for term in check_places(request, result)] == [True]
    for text in (result.text, *(one.text for one in result.alternatives)):
        assert "viaduto" in text
        assert "ponte" not in text


async def test_a_stream_comes_to_the_same(translator: Translator) -> None:
    request = asked(f"{SENTENCE} It is late. {SENTENCE}", ("bridge", "viaduto"))
    whole = await translator.translate(request)
    events = [event async for event in translator.stream(request)]
    assert "".join(e.text for e in events if isinstance(e, TokenEvent | SegmentEvent)) == whole.text
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].result == whole
    assert [term.enforced for term in check_places(request, whole)] == [True, True]


async def test_many_texts_at_once_are_as_each_alone(translator: Translator) -> None:
    texts = [SENTENCE, "The river is long.", "A bridge and a river.", "Nothing of it."]
    requests = [asked(text, ("bridge", "viaduto"), ("river", "ribeira")) for text in texts]
    together = await translator.translate_all(requests)
    alone = await asyncio.gather(*map(translator.translate, requests))
    assert [one.text for one in together] == [one.text for one in alone]
    assert [one.terms for one in together] == [one.terms for one in alone]


async def test_on_the_way_through_a_third_language_the_last_model_is_held_to_it(
    translator: Translator,
) -> None:
    request = asked("A ponte velha está fechada.", ("ponte", "viaduto"), source_lang="pt", target_lang="gl")
    result = await translator.translate(request)
    terms = check_places(request, result)
    assert result.model == "starter/pt-en + en-gl"
    assert [(term.source, term.target, term.enforced) for term in terms] == [("ponte", "viaduto", True)]
    assert "viaduto" in result.text


async def test_letters_that_the_model_cannot_write_or_read(translator: Translator) -> None:
    request = asked("The bridge is closed.", ("bridge", "ponte 橋"))
    result = await translator.translate(request)
    check_places(request, result)
    assert result.text == "A ponte 橋 está fechada."
    request = asked("We use 口罩 every day.", ("口罩", "máscaras"))
    result = await translator.translate(request)
    check_places(request, result)
    assert "máscaras" in result.text
    assert "口" not in result.text


async def test_marks_around_a_term_stay(translator: Translator) -> None:
    request = asked("The **old bridge** is `bridge` now.", ("bridge", "viaduto"), text_format="markdown")
    result = await translator.translate(request)
    check_places(request, result)
    assert result.text.count("**") == 2
    assert "viaduto**" in result.text
    assert "`bridge`" in result.text, "code is no language"
    assert len(result.terms or ()) == 1


@pytest.mark.parametrize(
    ("text_format", "text", "expected"),
    [
        ("html", "The <b>bridge</b> is closed.", "A <b>passagem aérea</b> está fechada."),
        (
            "xml",
            "The <g id='1'>old bridge</g> is closed.",
            "A <g id='1'>antiga passagem aérea</g> está fechada.",
        ),
        ("markdown", "The **bridge** is closed.", "A **passagem aérea** está fechada."),
    ],
)
async def test_marks_are_around_all_words_of_a_term(
    translator: Translator, text_format: str, text: str, expected: str
) -> None:
    request = asked(text, ("bridge", "passagem aérea"), text_format=text_format)
    result = await translator.translate(request)
    assert result.text == expected
    assert [term.target for term in check_places(request, result)] == ["passagem aérea"]


async def test_a_form_that_nobody_knows_is_said_and_left(translator: Translator) -> None:
    request = asked("They bridged the river.", ("bridge", "viaduto"))
    result = await translator.translate(request)
    assert [(term.source, term.reason) for term in check_places(request, result)] == [
        ("bridged", "inflected")
    ]


class Refusing(EngineClient):
    """An engine that reads no more than so many times."""

    def __init__(self, engine: EngineClient, num_reads: int) -> None:
        self._engine, self._num_left = engine, num_reads

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        self._num_left -= bool(request.drafts)
        if self._num_left < 0:
            raise InvalidParamsError("too many")
        return await self._engine.generate(request, timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("num_reads", "expected"),
    [(0, "O viaduto é antiga."), (1, "O viaduto é antiga."), (2, "O viaduto é antigo.")],
)
async def test_where_the_model_cannot_be_asked_rules_choose(
    starters: list[LocalModel], num_reads: int, expected: str
) -> None:
    engine = Refusing(starters[0].served.engine, num_reads)  # type: ignore[abstract]
    served = dataclasses.replace(starters[0].served, engine=engine)
    request = asked("The bridge is old.", ("bridge", "viaduto"))
    result = await Translator(ModelCatalog([served])).translate(request)
    assert result.text == expected


class Counting(EngineClient):
    """An engine that counts what it is asked."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine
        self.asked: list[GenerationRequest] = []

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        self.asked.append(request)
        return await self._engine.generate(request, timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("target", "expected", "num_reads"),
    [
        ("viaduto", "O viaduto é antigo.", 2),  # `antiga` goes with what is no longer there
        ("passarela", "A passarela é antiga.", 0),  # of the same kind: nothing else can change
        ("ponte", "A ponte é antiga.", 0),
    ],
)
async def test_the_model_is_asked_again_only_for_what_may_change(
    starters: list[LocalModel], target: str, expected: str, num_reads: int
) -> None:
    engine = Counting(starters[0].served.engine)  # type: ignore[abstract]
    translator = Translator(ModelCatalog([dataclasses.replace(starters[0].served, engine=engine)]))
    text = "The bridge is old. I see the house. The river is long."
    result = await translator.translate(asked(text, ("bridge", target), ("river", "rio")))
    assert result.text.startswith(expected)
    assert result.terms is not None
    assert [(term.target, term.enforced) for term in result.terms] == [(target, True), ("rio", True)]
    assert [bool(request.drafts) for request in engine.asked] == [False] * 3 + [True] * num_reads


@pytest.mark.parametrize(
    ("text", "entries", "expected"),
    [
        (
            "The houses are old and they were built in 1900.",
            [("house", "edifício")],
            "Os edifícios são antigos e foram construídos em 1900.",
        ),
        ("The water is cold.", [("water", "líquido")], "O líquido está frio."),
        (
            "A big red truck hit the small blue car.",
            [("truck", "camioneta"), ("car", "viatura")],
            "Uma grande camioneta vermelha atingiu a pequena viatura azul.",
        ),
        (
            "The data-driven approach is good.",
            [("data", "informação"), ("approach", "método")],
            "O método orientado por informação é bom.",
        ),
        ("The e-mail was sent yesterday.", [("e-mail", "mensagem")], "A mensagem foi enviada ontem."),
        ("Send me an email.", [("email", "correio eletrónico")], "Envie-me um correio eletrónico."),
        # what looks like an address, or like the end of a sentence
        ("We use Node.js now.", [("Node.js", "Node JS")], "Nós usamos o Node JS agora."),
        ("We write .NET code.", [(".NET", "Dot Net")], "Nós escrevemos Dot Net código."),
        (
            "Write to node@example.com.",
            [("node", "nó"), ("example", "amostra")],
            "Escrever para node@example.com.",
        ),
        # with the capitals of the text
        (
            "Apple sells an apple.",
            [("apple", "fruta"), ("Apple", "Apple Inc.")],
            "A Apple Inc. vende uma fruta.",
        ),
    ],
)
async def test_words_on_either_side_go_with_a_term(
    translator: Translator, text: str, entries: list[tuple[str, str]], expected: str
) -> None:
    assert (await translator.translate(asked(text, *entries))).text == expected


@settings(max_examples=25)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1),
    targets=st.lists(
        st.sampled_from(["viaduto", "ribeira", "casa", "x", "água verde"]), min_size=2, max_size=2
    ),
)
async def test_any_text_and_terms_come_out_consistent(
    translator: Translator, words: list[str], targets: list[str]
) -> None:
    request = asked(" ".join(words), ("bridge", targets[0]), ("river", targets[1]))
    result = await translator.translate(request)
    terms = check_places(request, result)
    assert len(terms) == words.count("bridge") + words.count("river")
    spans = sorted(term.span for term in terms if term.span is not None)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_a_term_knows_its_place_in_another_unit() -> None:
    term = PlacedTerm("a", "b", (1, 2), None, "not_linked")
    moved = term.placed(lambda span: (span[0] + 1, span[1] + 1), lambda span: span)
    assert (moved.source_span, moved.span) == ((2, 3), None)
