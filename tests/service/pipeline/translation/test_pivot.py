from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import FinishReason, GenerationParams
from crosslate.models.errors import QueueFullError
from crosslate.service.errors import ServiceError
from crosslate.service.loading.loading import LocalModel, load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import (
    DoneEvent,
    SegmentEvent,
    StreamEvent,
    TokenEvent,
    TranslationRequest,
)
from crosslate.service.settings.config import ModelSettings
from tests.service.pipeline.fakes import FakeEngine, copied, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, request

TEXT = "  Hello big world. 😀 See you!\n\n• One two three\n"


def models(
    first: FakeEngine | None = None, second: FakeEngine | None = None, max_piece_tokens: int | None = None
) -> list[ServedModel]:
    """pt-en, en-de, and back."""
    return [
        served_model("pt-en", (("pt", "en"), ("en", "pt")), engine=first or FakeEngine(reversed_words)),
        served_model("en-de", (("en", "de"), ("de", "en")), engine=second, max_piece_tokens=max_piece_tokens),
    ]


def make_translator(served: list[ServedModel], *ranked: Detection) -> Translator:
    return Translator(ModelCatalog(served), FixedDetector(*ranked), has_guard=False)


def pivoted(text: str, **changes: object) -> TranslationRequest:
    return request(text, **{"source_lang": "pt", "target_lang": "de", **changes})


async def collect(translator: Translator, asked: TranslationRequest) -> list[StreamEvent]:
    return [event async for event in translator.stream(asked)]


def streamed_text(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TokenEvent | SegmentEvent))


async def test_a_text_goes_through_both_models() -> None:
    first, second = FakeEngine(reversed_words), FakeEngine(copied)
    result = await make_translator(models(first, second)).translate(pivoted(TEXT))
    assert result.text == "  . world big Hello 😀 ! you See\n\n• three two One\n"
    assert (result.model, result.source_lang, result.target_lang) == ("pt-en + en-de", "pt", "de")
    assert messages(result.warnings) == [
        "The text was translated from Portuguese, as was asked for, but seems to be in English.",
        "No model translates from Portuguese to German: the text was translated through English.",
    ]
    assert len(first.requests) == len(second.requests) == 3
    assert result.num_characters == len(TEXT)
    assert (result.num_prompt_tokens, result.num_generation_tokens) == (26, 26)


async def test_segments_are_those_of_the_source() -> None:
    result = await make_translator(models()).translate(pivoted(TEXT))
    assert [(TEXT[slice(*s.source)], result.text[slice(*s.target)]) for s in result.segments] == [
        ("Hello big world.", ". world big Hello"),
        ("See you!", "! you See"),
        ("One two three", "three two One"),
    ]


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
@pytest.mark.parametrize("level", ["links", "matrix", "symmetric"])
async def test_links_lead_from_the_source_to_the_final_text(unit: OffsetUnit, level: str) -> None:
    result = await make_translator(models()).translate(pivoted(TEXT, alignment=level, offset_unit=unit))
    alignment = result.alignment
    assert alignment is not None
    pairs = [
        (slice_text(TEXT, x.source, unit), slice_text(result.text, x.target, unit)) for x in alignment.links
    ]
    words = ["Hello", "big", "world", ".", "😀", "See", "you", "!", "•", "One", "two", "three"]
    assert sorted(pairs) == sorted((word, word) for word in words)
    assert alignment.method.pivot == "en"
    assert alignment.method.symmetric == (level == "symmetric")
    if alignment.matrix is not None:
        assert alignment.matrix.sum(axis=1) == pytest.approx(1, abs=1e-5)
    # Each half spends a fifth on the end token.
    assert alignment.sink_mass[0] == pytest.approx(1 - 0.8**2, abs=0.05)


async def test_attributes_go_through_both_models_too() -> None:
    asked = pivoted(
        '<p title="one two three">four five</p>',
        text_format="html",
        markup=MarkupOptions(attributes=frozenset({"title"})),
    )
    result = await make_translator(models()).translate(asked)
    assert result.text == '<p title="three two one">five four</p>'
    assert [notice.code for notice in result.warnings].count("pivoted") == 1


async def test_html_in_markdown_goes_through_both_models_too() -> None:
    asked = pivoted("> <p>one <b>two</b>\n> three &amp; six</p>\n\nfour *five*", text_format="markdown")
    result = await make_translator(models()).translate(asked)
    assert result.text == "> <p>six &amp;\n> three <b>two</b> one</p>\n\n*five* four"


async def test_a_long_sentence_between_is_split_and_stays_one_segment() -> None:
    second = FakeEngine(copied)
    result = await make_translator(models(second=second, max_piece_tokens=4)).translate(
        pivoted("one two three four five six.\nseven", alignment="links")
    )
    assert len(second.requests) > 2
    assert [result.text[slice(*s.target)] for s in result.segments] == [
        ". six five four three two one",
        "seven",
    ]
    assert result.alignment is not None
    assert result.alignment.pharaoh == "0-6 1-5 2-4 3-3 4-2 5-1 6-0 7-7"


async def test_what_the_first_half_loses_is_said_and_breaks_nothing() -> None:
    first = FakeEngine(lambda ids: [0] if len(ids) < 4 else ids)
    asked = pivoted("One.\nOne two three.\nFour.", alignment="matrix")
    result = await make_translator(models(first)).translate(asked)
    assert result.text == "\nOne two three .\n"
    assert [result.text[slice(*s.target)] for s in result.segments] == ["", "One two three .", ""]
    assert "Portuguese to English: Segment 1 has an empty translation." in [
        one.message for one in result.warnings
    ]
    assert result.alignment is not None
    events = await collect(make_translator(models(first)), asked)
    assert [e.segment for e in events if isinstance(e, SegmentEvent)] == result.segments


async def test_the_limit_is_reported_from_either_half() -> None:
    first = FakeEngine(copied)
    first.finish_reason = FinishReason.LENGTH
    result = await make_translator(models(first)).translate(pivoted("One."))
    assert (result.finish_reason, result.segments[0].finish_reason) == ("length", "length")
    assert any(
        w.message.startswith("Portuguese to English: Segment 1 reached the limit") for w in result.warnings
    )


async def test_alternatives_come_from_the_second_half() -> None:
    first, second = FakeEngine(copied), FakeEngine(copied)
    result = await make_translator(models(first, second)).translate(
        pivoted("One two three.", num_alternatives=1)
    )
    assert [a.text for a in result.alternatives] == ["One two three"]
    assert [asked.params for asked in first.requests] == [GenerationParams()]
    assert second.requests[-1].params.num_return_sequences == 2


async def test_the_map_of_every_head_is_refused_before_any_work() -> None:
    first = FakeEngine()
    with pytest.raises(ServiceError, match="through en") as raised:
        await make_translator(models(first)).translate(pivoted("One.", alignment="full"))
    assert (raised.value.status, raised.value.code) == (400, "pivot_not_aligned")
    assert first.requests == []


async def test_symmetric_needs_both_models_for_the_way_back() -> None:
    served = [models()[0], served_model("en-de", (("en", "de"),))]
    with pytest.raises(ServiceError, match="from de to en"):
        await make_translator(served).translate(pivoted("One.", alignment="symmetric"))


async def test_the_source_is_detected() -> None:
    translator = make_translator(models(), Detection("pt", 0.97), Detection("en", 0.02))
    result = await translator.translate(pivoted("Olá", source_lang=None))
    assert (result.detected, result.model) == (Detection("pt", 0.97), "pt-en + en-de")


async def test_a_text_in_the_target_language_comes_back_unchanged() -> None:
    translator = make_translator(models(), Detection("de", 0.97), Detection("pt", 0.02))
    result = await translator.translate(pivoted("Guten Tag", source_lang=None))
    assert (result.text, result.model, result.segments) == ("Guten Tag", "en-de", [])


async def test_a_full_queue_refuses_a_text_only_before_its_first_half() -> None:
    second = FakeEngine(copied)
    result = await make_translator(models(second=second)).translate(pivoted("One two."))
    assert result.text == ". two One"
    assert all(asked.is_admitted for asked in second.requests)
    first = FakeEngine(copied)
    first.failures.append(QueueFullError(num_waiting=1, retry_after_s=0.001))
    with pytest.raises(ServiceError) as raised:
        await make_translator(models(first)).translate(pivoted("One two."))
    assert raised.value.status == 429


@pytest.mark.parametrize("num_beams", [1, 4])
@pytest.mark.parametrize("max_piece_tokens", [3, None])
async def test_the_stream_is_the_whole_output(num_beams: int, max_piece_tokens: int | None) -> None:
    asked = pivoted(TEXT, params=GenerationParams(num_beams=num_beams), offset_unit="utf16")
    events = await collect(make_translator(models(max_piece_tokens=max_piece_tokens)), asked)
    done = events[-1]
    assert isinstance(done, DoneEvent)
    whole = await make_translator(models(max_piece_tokens=max_piece_tokens)).translate(asked)
    assert done.result == whole
    assert streamed_text(events) == whole.text
    assert [event.segment for event in events if isinstance(event, SegmentEvent)] == whole.segments


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.sampled_from(["links", "matrix"]))
@settings(max_examples=40, deadline=None)
def test_of_any_text(text: str, level: str) -> None:
    asked = pivoted(text, alignment=level)
    events = asyncio.run(collect(make_translator(models(max_piece_tokens=3)), asked))
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert streamed_text(events) == done.result.text
    targets = [s.target for s in done.result.segments]
    assert all(a <= b for a, b in targets)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(targets))


@pytest.fixture(scope="module")
def starters() -> Iterator[list[LocalModel]]:
    """In float32: so small a student is near a tie even in short sentences, and int8 may break it."""
    settings = [
        ModelSettings(id="starter/pt-en", dtype="float32"),
        ModelSettings(id="en-gl", path="starter/en-pt", dtype="float32", pairs=(("en", "gl"),)),
    ]
    loaded = [load_local_model(one, num_threads=1) for one in settings]
    yield loaded
    for model in loaded:
        model.engine.close()


async def test_real_models(starters: list[LocalModel]) -> None:
    """Through English to what is called Galician here: Portuguese again, so that the links are plain."""
    translator = Translator(ModelCatalog([model.served for model in starters]))
    text = "O gato preto dorme. A casa é pequena."
    asked = TranslationRequest(text=text, source_lang="pt", target_lang="gl", alignment="links")
    result = await translator.translate(asked)
    assert (result.model, result.text) == ("starter/pt-en + en-gl", "O gato preto dorme. A casa é pequena.")
    assert result.alignment is not None
    linked = {(text[slice(*x.source)], result.text[slice(*x.target)]) for x in result.alignment.links}
    assert {("gato", "gato"), ("preto", "preto"), ("casa", "casa"), ("pequena", "pequena")} <= linked
    assert [text[slice(*s.source)] for s in result.segments] == ["O gato preto dorme.", "A casa é pequena."]
