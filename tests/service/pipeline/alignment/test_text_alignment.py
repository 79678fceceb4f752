from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.errors import RequestTooLongError
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.errors import ServiceError
from crosslate.service.loading.loading import load_local_model
from crosslate.service.pipeline.alignment.align import TextAligner
from crosslate.service.pipeline.alignment.alignment_result import alignment_result
from crosslate.service.pipeline.alignment.token_maps import PartMap, PlacedTokens
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import AlignmentLevel, AlignRequest
from crosslate.service.settings.config import ModelSettings
from tests.service.pipeline.fakes import (
    EOS,
    NUM_HEADS,
    NUM_LAYERS,
    FakeEngine,
    FakeTokenizer,
    reversed_words,
    served_model,
)
from tests.service.pipeline.helpers import FixedDetector, make_translator, request


async def test_links_are_of_the_whole_texts() -> None:
    text = "  Hello big world. 😀 See you!"
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text, alignment="links"))
    assert result.text == "  . world big Hello 😀 ! you See"
    alignment = result.alignment
    assert alignment is not None
    pairs = {(text[slice(*x.source)], result.text[slice(*x.target)]) for x in alignment.links}
    assert pairs == {(w, w) for w in ["Hello", "big", "world", ".", "😀", "See", "you", "!"]}
    assert alignment.pharaoh == "0-3 1-2 2-1 3-0 4-4 5-7 6-6 7-5"
    assert alignment.matrix is None
    assert len(alignment.sink_mass) == len(alignment.target_words)
    assert alignment.sink_mass[4] == 0
    assert all(0.2 < mass < 0.3 for i, mass in enumerate(alignment.sink_mass) if i != 4)


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
async def test_spans_are_in_the_unit_asked_for(unit: OffsetUnit) -> None:
    text = "👩‍🚀 Olá mundo! É só 𝔘 isso."
    result = await make_translator(FakeEngine(reversed_words)).translate(
        request(text, alignment="matrix", offset_unit=unit)
    )
    alignment = result.alignment
    assert alignment is not None
    assert alignment.unit == unit
    for link in alignment.links:
        assert slice_text(text, link.source, unit) == slice_text(result.text, link.target, unit)
    for token in alignment.source_tokens or []:
        assert token.span is None or slice_text(text, token.span, unit) == token.text
    for token in alignment.target_tokens or []:
        assert token.span is None or slice_text(result.text, token.span, unit) == token.text
    last = result.segments[-1]
    assert slice_text(text, last.source, unit) == "É só 𝔘 isso."
    assert slice_text(result.text, last.target, unit) == ". isso 𝔘 só É"


async def test_the_matrix_is_block_diagonal_with_rows_that_sum_to_one() -> None:
    result = await make_translator().translate(request("One two. Three.", alignment="matrix"))
    alignment = result.alignment
    assert alignment is not None
    assert alignment.matrix is not None
    assert alignment.matrix.shape == (7, 7)
    assert alignment.matrix.sum(axis=1) == pytest.approx([1] * 7)
    assert not alignment.matrix[:4, 4:].any()
    assert not alignment.matrix[:, [3, 6]].any()
    assert alignment.method.layer == 1
    assert alignment.method.heads == (0,)
    assert [t.text for t in alignment.target_tokens or []] == [
        "One",
        "two",
        ".",
        "</s>",
        "Three",
        ".",
        "</s>",
    ]


async def test_full_has_every_layer_and_head_and_still_links() -> None:
    result = await make_translator().translate(request("One two. Three.", alignment="full"))
    alignment = result.alignment
    assert alignment is not None
    assert alignment.matrix is not None
    assert alignment.matrix.shape == (2, 3, 7, 7)
    assert alignment.matrix.sum(axis=-1) == pytest.approx(1)
    assert alignment.method.layer is None
    assert alignment.pharaoh == "0-0 1-1 2-2 3-3 4-4"


@pytest.mark.parametrize("level", ["matrix", "full"])
async def test_too_large_a_matrix_is_refused(level: str) -> None:
    translator = make_translator(max_alignment_values=15)
    with pytest.raises(ServiceError) as raised:
        await translator.translate(request("One two three.", alignment=level))
    assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")


async def test_too_many_pairs_of_words_are_refused() -> None:
    text = "one two three four five"
    translator = make_translator(max_alignment_values=24)
    with pytest.raises(ServiceError, match="5 words in one piece and 5 in its translation") as raised:
        await translator.translate(request(text, alignment="links"))
    assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")


async def test_symmetric_asks_the_reverse_model() -> None:
    engine = FakeEngine(reversed_words)
    result = await make_translator(engine).translate(request("Hello big world. Bye.", alignment="symmetric"))
    assert len(engine.pairs) == 2
    alignment = result.alignment
    assert alignment is not None
    assert alignment.method.symmetric
    assert alignment.method.reverse == "model"
    assert alignment.pharaoh == "0-3 1-2 2-1 3-0 4-5 5-4"


async def test_symmetric_asks_the_encoder_where_no_model_translates_back() -> None:
    engine = FakeEngine(reversed_words)
    model = served_model(pairs=(("en", "pt"),), engine=engine)
    comparing = dataclasses.replace(model.alignment, encoder_scale=20.0)
    catalog = ModelCatalog([dataclasses.replace(model, alignment=comparing)])
    translator = Translator(catalog, FixedDetector(), has_guard=False)
    result = await translator.translate(request("Hello big world. Bye.", alignment="symmetric"))
    assert [pair.encoder_scale for pair in engine.pairs] == [20.0, 20.0]
    # The encoder reads the translation, and says for each token of the source what that is there.
    parts = [part.source_ids for part in engine.requests]
    assert [pair.target_ids for pair in engine.pairs] == parts
    assert [pair.source_ids for pair in engine.pairs] == [engine.translate(ids) for ids in parts]
    assert result.alignment is not None
    assert result.alignment.method.symmetric
    assert result.alignment.method.reverse == "encoder"
    assert result.alignment.pharaoh == "0-3 1-2 2-1 3-0 4-5 5-4"


async def test_symmetric_without_reverse_model_is_refused_before_any_work() -> None:
    engine = FakeEngine()
    with pytest.raises(ServiceError) as raised:
        await make_translator(engine, pairs=(("en", "pt"),)).translate(request("One.", alignment="symmetric"))
    assert raised.value.code == "no_reverse_model"
    assert engine.requests == []


async def test_what_the_reverse_model_cannot_take_is_linked_in_one_direction() -> None:
    engine = FakeEngine(lambda ids: [*ids[:-1], *ids[:-1], 0])
    result = await make_translator(engine, max_source_tokens=6).translate(
        request("one two three four", alignment="symmetric")
    )
    assert engine.pairs == []
    assert result.alignment is not None
    assert "one direction" in result.warnings[0].message


async def test_a_users_own_pair() -> None:
    translator = make_translator()
    model, alignment = await translator.align(
        AlignRequest(source="big\xad world", target=" world  big", source_lang="en", target_lang="pt-BR")
    )
    assert model == "toy"
    assert alignment.pharaoh == "0-1 1-0"
    assert [(link.source, link.target) for link in alignment.links] == [
        ((0, 4), (8, 11)),
        ((5, 10), (1, 6)),
    ]


@pytest.mark.parametrize(("source", "target"), [("", "olá"), ("hello", " "), ("", "")])
async def test_nothing_is_linked_to_a_blank_text(source: str, target: str) -> None:
    engine = FakeEngine()
    _, alignment = await make_translator(engine).align(
        AlignRequest(source=source, target=target, source_lang="en", target_lang="pt", alignment="symmetric")
    )
    assert alignment.links == []
    assert engine.pairs == []


async def test_own_pairs_in_both_directions() -> None:
    engine = FakeEngine()
    asked = AlignRequest(
        source="a b", target="b a", source_lang="en", target_lang="pt", alignment="symmetric"
    )
    _, alignment = await make_translator(engine).align(asked)
    assert alignment.pharaoh == "0-1 1-0"
    assert len(engine.pairs) == 2


async def test_own_pairs_too_long_for_the_model() -> None:
    translator = make_translator(max_source_tokens=3)
    with pytest.raises(ServiceError, match="sentence by sentence") as raised:
        await translator.align(AlignRequest(source="a b c", target="a", source_lang="en", target_lang="pt"))
    assert raised.value.status == 413
    engine = FakeEngine()
    engine.failures.append(RequestTooLongError(900, 512))
    with pytest.raises(ServiceError) as raised:
        await make_translator(engine).align(
            AlignRequest(source="a", target="a", source_lang="en", target_lang="pt")
        )
    assert raised.value.code == "text_too_long"


@pytest.mark.parametrize(
    ("level", "values"), [("matrix", 4 * 4 * 3), ("full", 4 * 4 * 3 * NUM_LAYERS * NUM_HEADS)]
)
async def test_the_matrices_of_a_request_are_counted_together_before_anything_is_decoded(
    level: AlignmentLevel, values: int
) -> None:
    texts = [request("One two three", alignment=level) for _ in range(3)]  # and an end token each
    engine = FakeEngine()
    results = await make_translator(engine, max_alignment_values=values).translate_all(texts)
    matrices = [result.alignment.matrix for result in results if result.alignment is not None]
    assert sum(matrix.size for matrix in matrices if matrix is not None) == values
    engine = FakeEngine()
    translator = make_translator(engine, max_alignment_values=values - 1)
    with pytest.raises(ServiceError, match=r"limits\.max_alignment_values") as raised:
        await translator.translate_all(texts)
    assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")
    with pytest.raises(ServiceError):
        _ = [event async for event in translator.stream(request("a b c d e f g h i", alignment="full"))]
    assert engine.requests == []


async def test_outputs_that_come_out_longer_than_foreseen_are_counted_as_they_are() -> None:
    engine = FakeEngine(lambda ids: [*ids[:-1] * 4, 0])
    translator = make_translator(engine, max_alignment_values=30)
    with pytest.raises(ServiceError) as raised:
        await translator.translate(request("One two three", alignment="matrix"))
    assert raised.value.code == "alignment_too_large"
    assert len(engine.requests) == 1


async def test_a_given_pair_is_counted_before_it_is_read() -> None:
    engine = FakeEngine()
    for level, values in (("matrix", 12), ("full", 12 * NUM_LAYERS * NUM_HEADS)):
        pair = AlignRequest(
            source="One two three",
            target="um dois",
            source_lang="en",
            target_lang="pt",
            alignment=cast("AlignmentLevel", level),
        )
        with pytest.raises(ServiceError) as raised:
            await make_translator(engine, max_alignment_values=values - 1).align(pair)
        assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")
    assert engine.pairs == []


class WholeTokenizer(FakeTokenizer):
    """Blanks separate tokens, nothing else does: `(3)` is one."""

    def _tokenize(self, text: str) -> TokenizedText:
        matches = list(re.finditer(r"\S+", text))
        pieces = [match.group() for match in matches]
        spans: list[Span | None] = [match.span() for match in matches]
        return TokenizedText(text, [*map(self.token_id, pieces), EOS], [*pieces, "</s>"], [*spans, None])


@pytest.mark.parametrize("level", ["links", "symmetric"])
async def test_the_words_of_a_token_that_both_texts_have_are_linked_one_by_one(level: str) -> None:
    engine = FakeEngine(reversed_words)
    pairs = (("en", "pt"), ("pt", "en"))
    model = dataclasses.replace(served_model(engine=engine, pairs=pairs), tokenizer=WholeTokenizer())
    translator = Translator(ModelCatalog([model]), has_guard=False)
    text = "see (3) or [7], not “x”!"
    result = await translator.translate(request(text, alignment=level))
    assert result.text == "“x”! not [7], or (3) see"
    assert result.alignment is not None
    linked = [(text[slice(*x.source)], result.text[slice(*x.target)]) for x in result.alignment.links]
    assert all(source == target for source, target in linked)
    assert sorted(source for source, _ in linked) == sorted([*"()[]37,!“”x", "see", "or", "not"])


HARD_PLACES = (
    "See note ({}) for details.",
    "As shown in table [{}], the cat sleeps.",
    "The result #{} was published.",
    "He wrote “{}” in the book.",
    "It costs ${} today.",
    "About {}% of them stopped.",
    "It happened in {}, and then stopped.",
    "The game ended {}:2.",
    "He lives at {}.",
    "Chapters ({};9) are long.",
)


@pytest.fixture(scope="module")
def starter() -> Iterator[Translator]:
    loaded = load_local_model(ModelSettings(id="starter/en-pt", dtype="float32"), num_threads=1)
    yield Translator(ModelCatalog([loaded.served]))
    loaded.engine.close()


@pytest.mark.parametrize("number", ["3", "12", "2019"])
async def test_numbers_are_linked_to_themselves(starter: Translator, number: str) -> None:
    text = "\n".join(place.format(number) for place in HARD_PLACES)
    result = await starter.translate(request(text, alignment="links"))
    alignment = result.alignment
    assert alignment is not None
    words = {text[slice(*word)] for word in alignment.source_words}
    outputs = {result.text[slice(*word)] for word in alignment.target_words}
    for word in [word for word in words & outputs if number in word]:
        places = [span for span in alignment.source_words if text[slice(*span)] == word]
        linked = [
            link.source
            for link in alignment.links
            if text[slice(*link.source)] == result.text[slice(*link.target)] == word
        ]
        assert set(places) == set(linked)
    assert len([word for word in words & outputs if number in word]) >= 4


def test_links_are_in_code_points_whatever_an_answer_counts_in() -> None:
    source, target = "😀 one two", "two 😀 one"
    words = PlacedTokens(["one", "two", "</s>"], [(2, 5), (6, 9), None], (0, 9))
    turned = PlacedTokens(["two", "one", "</s>"], [(0, 3), (6, 9), None], (0, 9))
    weights = np.array([[0.1, 0.9, 0], [0.9, 0.1, 0], [0, 0, 1]], np.float32)
    config = AlignmentConfig(layer=0)
    part = PartMap(source=words, target=turned, attention=weights)
    links = TextAligner(source, target, config).links([part], max_word_pairs=100)
    found = {(source[slice(*one)], target[slice(*other)]) for one, other, _ in links.spans()}
    assert {("one", "one"), ("two", "two")} <= found
    for unit in ("utf8", "utf16"):
        shown = alignment_result(links, source, target, config=config, level="links", unit=unit)
        answered = {
            (slice_text(source, o.source, unit), slice_text(target, o.target, unit)) for o in shown.links
        }
        assert answered == found
