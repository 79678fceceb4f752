"""Layout on its way through whole translations, by engines that copy words or turn their order round."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import DoneEvent, SegmentEvent, TokenEvent
from tests.service.pipeline.fakes import FakeEngine, copied, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request

# The engines' tokenizer writes a blank before every mark of punctuation.
WRAPPED = "> The big dog runs into the\n> green wood . It barks .\n>\n> - Milk\tBread\r\n"
MARKED = "# A **big** dog\n\nSee [the _green_ wood](u) where it\nis now[^1]\n\n```\ncode here\n```\n"


async def translated(text: str, engine: FakeEngine, **changes: object) -> str:
    return (await make_translator(engine).translate(request(text, **changes))).text


@pytest.mark.parametrize(("text", "changes"), [(WRAPPED, {}), (MARKED, {"text_format": "markdown"})])
async def test_a_copied_text_keeps_its_layout(text: str, changes: dict[str, object]) -> None:
    assert await translated(text, FakeEngine(copied), **changes) == text


async def test_wrapped_sentences_are_read_whole_and_wrapped_again() -> None:
    result = await make_translator(FakeEngine(reversed_words)).translate(request(WRAPPED, alignment="links"))
    assert result.text == "> . wood green the into runs\n> dog big The . barks It\n>\n> - Milk\tBread\r\n"
    segment = result.segments[0]
    assert WRAPPED[slice(*segment.source)] == "The big dog runs into the\n> green wood ."
    assert result.text[slice(*segment.target)] == ". wood green the into runs\n> dog big The"
    assert result.alignment is not None
    words = [
        (WRAPPED[slice(*link.source)], result.text[slice(*link.target)]) for link in result.alignment.links
    ]
    assert ("green", "green") in words
    assert all(one == other for one, other in words)


async def test_html_in_markdown_is_translated_with_its_tags_and_lines() -> None:
    text = (
        "> <details>\r\n> <summary>A <b>big</b>\r\n> dog &lt; cat</summary>\r\n>\r\n> *Run*\r\n> </details>"
    )
    assert await translated(text, FakeEngine(copied), text_format="markdown") == text
    changed = await translated(text, FakeEngine(reversed_words), text_format="markdown")
    assert changed == text.replace("A <b>big</b>\r\n> dog &lt; cat", "cat &lt;\r\n> dog <b>big</b> A")


async def test_marks_go_with_their_words() -> None:
    text = "A **big** dog\n\nSee [the _green_ wood](u) now"
    changed = await translated(text, FakeEngine(reversed_words), text_format="markdown")
    assert changed == "dog **big** A\n\nnow [wood _green_ the](u) See"


@pytest.mark.parametrize("unit", ["codepoint", "utf16"])
async def test_spans_of_marked_texts_are_those_of_the_texts(unit: OffsetUnit) -> None:
    text = "😀 **Red** cars &amp; blue [ones](u)."
    asked = request(text, text_format="markdown", alignment="links", offset_unit=unit)
    result = await make_translator(FakeEngine(reversed_words)).translate(asked)
    assert result.alignment is not None
    found = result.alignment
    links = {
        (slice_text(text, link.source, found.unit), slice_text(result.text, link.target, found.unit))
        for link in found.links
    }
    assert {("**Red**", "**Red**"), ("cars", "cars"), ("blue", "blue")} <= links


async def test_marks_are_placed_without_asking_for_an_alignment_and_nothing_else_is_attended_to() -> None:
    engine = FakeEngine(copied)
    await make_translator(engine).translate(request("One *two* three\n\nFour", text_format="markdown"))
    assert [asked.attention is not None for asked in engine.requests] == [True, False]


async def test_lines_can_be_kept() -> None:
    engine = FakeEngine(reversed_words)
    assert await translated("It runs into\nthe wood", engine, line_breaks="keep") == "into runs It\nwood the"
    assert await translated("It runs\nThe wood", engine, line_breaks="join") == "wood The\nruns It"
    assert (
        await translated("It runs into\nthe wood", engine, split_sentences=False) == "into runs It\nwood the"
    )


@pytest.mark.parametrize(("text", "changes"), [(WRAPPED, {}), (MARKED, {"text_format": "markdown"})])
async def test_a_stream_is_the_same_text(text: str, changes: dict[str, object]) -> None:
    translator = make_translator(FakeEngine(reversed_words))
    events = [event async for event in translator.stream(request(text, **changes))]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    streamed = "".join(event.text for event in events if isinstance(event, TokenEvent | SegmentEvent))
    assert streamed == done.result.text == (await translator.translate(request(text, **changes))).text


@pytest.mark.parametrize(("text", "changes"), [(WRAPPED, {}), (MARKED, {"text_format": "markdown"})])
async def test_layout_goes_through_a_third_language(text: str, changes: dict[str, object]) -> None:
    turned, back = FakeEngine(reversed_words), FakeEngine(reversed_words)
    first = served_model("pt-en", (("pt", "en"),), engine=turned)
    models = [first, served_model("en-de", (("en", "de"),), engine=back)]
    translator = Translator(ModelCatalog(models), FixedDetector(), has_guard=False)
    result = await translator.translate(request(text, source_lang="pt", target_lang="de", **changes))
    assert result.text == text


async def test_a_mark_whose_place_is_guessed_is_told() -> None:
    def shortened(ids: list[int]) -> list[int]:
        return [*ids[:1], *ids[-1:]]

    text = "One *two* three"
    result = await make_translator(FakeEngine(shortened)).translate(request(text, text_format="markdown"))
    assert result.text == "*One*"
    assert any("guess" in warning.message for warning in result.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Dear all ,\n\n{n, plural,\n\t=0 {no dog}\n  one {one dog}\n  other {# dogs}\n}\nand one cat",
        "{g, select,\n  a {{n, plural, one {A dog} other {Two dogs}}}\r\n  other {They}\n}",
        "Seen on {{day | form:'short'}} by you",
    ],
)
async def test_messages_of_several_lines_and_placeholders_with_bars_are_one(text: str) -> None:
    assert await translated(text, FakeEngine(copied)) == text


async def test_branches_of_a_message_of_several_lines_are_read_as_sentences() -> None:
    text = "You have\n{n, plural,\n  one {a\n   dog}\n  other {some dogs}\n}\nat home"
    changed = await translated(text, FakeEngine(reversed_words))
    assert changed == "have You\n{n, plural,\n  one {dog a}\n  other {dogs some}\n}\nhome at"


async def test_ordinal_numbers_of_a_message_are_spelt_as_the_target_language_does() -> None:
    text = "{n, selectordinal, one {#st} other {#th place}} of all"
    expected = "{n, selectordinal, one {#º of all} other {#º place of all}}"
    assert await translated(text, FakeEngine(copied)) == expected
    kept = await translated(text, FakeEngine(copied), source_lang="pt", target_lang="en")
    assert kept == "{n, selectordinal, one {#st of all} other {#th place of all}}"
