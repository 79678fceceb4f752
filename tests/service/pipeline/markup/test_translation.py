"""Markup on its way through whole translations: by engines that turn the order of words round."""

from __future__ import annotations

import html
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.types import DoneEvent, SegmentEvent, TokenEvent, TranslationResult
from tests.service.pipeline.fakes import FakeEngine, copied, reversed_words
from tests.service.pipeline.helpers import make_translator, request

PAGE = """<!DOCTYPE html>
<html><head><title>Big dogs</title><style>p { x: "<p>" }</style></head>
<body class="a&amp;b">
  <p>The <b>big</b> dog<br/>runs into
     the <a href="u?a=1&amp;b=2">green <i>wood</i></a>
  <ul><li>Milk &lt;1&gt;<li>Bread<!-- not read --></ul>
  <pre>  as is </pre><script>if (a < b) "no"</script>
</body></html>
"""


async def translated(text: str, **changes: object) -> TranslationResult:
    asked = request(text, **{"text_format": "html", **changes})
    return await make_translator(FakeEngine(reversed_words)).translate(asked)


async def test_a_copied_page_is_the_same_page() -> None:
    result = await make_translator(FakeEngine(copied)).translate(request(PAGE, text_format="html"))
    assert result.text == PAGE
    assert not result.warnings


async def test_elements_go_with_their_words_and_the_rest_stays() -> None:
    found = (await translated(PAGE)).text
    assert '  <p><a href="u?a=1&amp;b=2"><i>wood</i> green</a>' in found
    assert "dog <b>big</b> The" in found
    assert "<title>dogs Big</title>" in found
    assert (
        '<li>&lt;1&gt; Milk<li>Bread<!-- not read --></ul>\n  <pre>  as is </pre><script>if (a < b) "no"'
        in found
    )


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("a <b>b</b> c", "c <b>b</b> a"),
        ("a<br>b", "b<br>a"),
        ("a <img src=x>b c", "c <img src=x>b a"),
        ("a <code>x y</code> c", "c <code>x y</code> a"),
        ("a <span translate='no'>x <b>y</b></span> c", "c <span translate='no'>x <b>y</b></span> a"),
        ("<p>a b</p><p class='notranslate'>c d</p>", "<p>b a</p><p class='notranslate'>c d</p>"),
        ("<b>a <i>b</i></b> c", "c <b><i>b</i> a</b>"),
        ("a <b>b</b><u>c</u> d", "d <b>b</b><u>c</u> a"),
    ],
)
async def test_what_stands_in_a_sentence_stands_in_its_translation(sent: str, expected: str) -> None:
    found = (await translated(sent)).text
    assert re.sub(" +", " ", found) == expected


async def test_xml_is_read_by_its_outline() -> None:
    sent = "<d>\n <par>a <b>b</b> &amp;</par>\n <par>c d</par>\n</d>"
    found = await translated(sent, text_format="xml")
    assert found.text == "<d>\n <par>&amp; <b>b</b> a</par>\n <par>d c</par>\n</d>"


@pytest.mark.parametrize("unit", ["codepoint", "utf16"])
async def test_spans_and_links_are_those_of_the_marked_up_texts(unit: OffsetUnit) -> None:
    text = "<p>😀 <b>Red</b> cars &amp; blue <a href=u>ones</a>.</p><p>Two</p>"
    result = await translated(text, alignment="links", offset_unit=unit)
    assert result.alignment is not None
    links = {
        (slice_text(text, link.source, unit), slice_text(result.text, link.target, unit))
        for link in result.alignment.links
    }
    assert {("cars", "cars"), ("blue", "blue"), ("Two", "Two")} <= links
    assert (
        slice_text(text, result.segments[0].source, unit) == "<b>Red</b> cars &amp; blue <a href=u>ones</a>."
    )
    assert slice_text(text, result.segments[1].source, unit) == "Two"


async def test_a_stream_comes_to_the_whole_answer_sentence_by_sentence() -> None:
    asked = request(PAGE, text_format="html")
    text, result, segments = "", None, 0
    async for event in make_translator(FakeEngine(reversed_words)).stream(asked):
        if isinstance(event, (TokenEvent, SegmentEvent)):
            text += event.text
        segments += isinstance(event, SegmentEvent)
        result = event.result if isinstance(event, DoneEvent) else None
    assert result is not None
    assert text == result.text
    assert segments == len(result.segments) > 1


async def test_the_language_is_that_of_what_is_read() -> None:
    result = await translated("<p class='der die das und'>a b</p>", source_lang=None)
    assert result.detected is not None


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=1, max_size=4).map(" ".join)
TREES = st.recursive(
    WORDS,
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "a href='x'", "span"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda node: f"<{node[0]}>{' '.join(node[1])}</{node[0].split()[0]}>"),
    max_leaves=6,
)
TAG = re.compile(r"<[^>]*>")


@given(st.lists(TREES, min_size=1, max_size=3).map(" ".join))
async def test_tags_out_are_tags_in_and_the_words_are_those_of_the_text_without(sent: str) -> None:
    found = (await translated(sent)).text
    plain = await translated(html.unescape(TAG.sub("", sent)), text_format="text")
    assert html.unescape(TAG.sub("", found)) == plain.text
    assert Counter(TAG.findall(found)) == Counter(TAG.findall(sent))
    path: list[str] = []
    for tag in TAG.findall(found):
        if tag.startswith("</"):
            assert path.pop() == tag[2:-1]
        else:
            path.append(tag[1:-1].split()[0])
    assert not path


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            "<p>A {n, plural, one {cat} other {# cats &amp; b}} <!-- c --></p>",
            "<p>{n, plural, one {A cat} other {A # cats &amp; b}} <!-- c --></p>",
        ),
        (
            "<b>{n, select, x {red} other {blue &amp; red}}</b><p>x",
            "<b>{n, select, x {red} other {blue &amp; red}}</b><p>x",
        ),
    ],
)
async def test_a_message_in_markup_is_read_as_one_sentence_for_each_branch(sent: str, expected: str) -> None:
    engine = FakeEngine(copied)
    result = await make_translator(engine).translate(request(sent, text_format="html"))
    assert result.text == expected
    assert not result.warnings


async def test_a_message_with_tags_in_its_sentence_is_left_and_that_is_said() -> None:
    sent = "<p>A <b>big</b> {n, plural, one {cat} other {# cats}} dog</p>"
    result = await make_translator(FakeEngine(copied)).translate(request(sent, text_format="html"))
    assert result.text == sent
    (notice,) = result.warnings
    assert notice.source is not None
    assert (notice.code, sent[slice(*notice.source)]) == (
        "unsupported_sentence",
        "{n, plural, one {cat} other {# cats}}",
    )


@settings(max_examples=30)
@given(st.lists(TREES, min_size=1, max_size=3).map(" ".join))
async def test_links_and_segments_point_into_the_marked_up_texts(sent: str) -> None:
    """The engine copies words, so that what belongs together reads the same but for the tags inside it."""
    result = await translated(sent, alignment="links")
    assert result.alignment is not None
    for link in result.alignment.links:
        source, target = sent[slice(*link.source)], result.text[slice(*link.target)]
        assert TAG.sub("", source) == TAG.sub("", target) in {"alpha", "beta", "gamma", "delta"}
    for segment in result.segments:
        source, target = sent[slice(*segment.source)], result.text[slice(*segment.target)]
        assert TAG.sub("", source).split() == TAG.sub("", target).split()[::-1]
