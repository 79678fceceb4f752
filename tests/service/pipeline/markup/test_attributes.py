"""Attributes that a reader sees: translated as texts of their own, and written so that the tag stays one."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.markup.attributes import USUAL_ATTRIBUTES, attributes_of
from crosslate.service.pipeline.markup.options import MarkupFormat, MarkupOptions
from crosslate.service.pipeline.text.offsets import slice_text
from crosslate.service.pipeline.types import TranslationResult
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request

USUAL = MarkupOptions(attributes=USUAL_ATTRIBUTES)


def found(sent: str, markup: MarkupFormat = "html", options: MarkupOptions = USUAL) -> list[str]:
    return [sent[slice(*one.span)] for one in attributes_of(sent, markup, options)]


async def translated(text: str, **changes: object) -> TranslationResult:
    asked = request(text, **{"text_format": "html", "markup": USUAL, **changes})
    return await make_translator(FakeEngine(reversed_words)).translate(asked)


@pytest.mark.parametrize(
    ("sent", "texts"),
    [
        ("<img alt='A dog' src='a dog.png'>", ["A dog"]),
        ('<IMG ALT=dog TITLE="The &quot;dog&quot;" alt="no">', ["dog", "The &quot;dog&quot;"]),
        ("<a title='x y' translate=no>z</a><b class=notranslate><i title='no'>no</i></b>", []),
        ("<pre title='yes'><a title='no'></a></pre><code title='no'>x</code>", ["yes"]),
        ("<textarea placeholder='Your message'>no</textarea>", ["Your message"]),
        ("<input type=submit value='Send now'><input value='no'><option value='no'>", ["Send now"]),
        ("<meta name=Description content='A page'><meta name=viewport content='width=1'>", ["A page"]),
        ("<svg><title>no</title><a title='no'></a></svg><p title='42'>", []),
        (
            "<video><track label='In English'>no</video><picture><img alt='A cat'></picture>",
            ["In English", "A cat"],
        ),
        ("<object translate=no><img alt='no'></object><canvas><img alt='no'></canvas>", []),
        ("<noscript><img alt='A dog'></noscript>", ["A dog"]),
        ("<!-- <a title='no'> --><script>'<a title=\"no\">'</script>", []),
    ],
)
def test_attributes_that_are_texts_are_found(sent: str, texts: list[str]) -> None:
    assert found(sent) == texts
    assert found(sent, options=MarkupOptions()) == []


def test_names_in_xml_are_those_that_were_given() -> None:
    options = MarkupOptions(attributes=frozenset({"label"}), ignored=frozenset({"x"}))
    sent = "<d label='One &amp; two' Label='no'><x label='no'><y label='no'/></x><z label=\"Three\"/></d>"
    assert found(sent, "xml", options) == ["One &amp; two", "Three"]


async def test_they_are_translated_wherever_their_tags_come_to_stand() -> None:
    sent = (
        '<div title="One two"><p>Red <a title=\'Big dog\' href="u?a=1">green</a> blue <img alt=alpha>'
        ' and <i title="say &quot;so&quot;">so</i></p><input placeholder="Your name here"></div>'
    )
    result = await translated(sent, alignment="links")
    assert '<div title="two One"><p>' in result.text
    assert "<a title='dog Big' href=\"u?a=1\">green</a>" in result.text
    assert '<img alt="alpha">' in result.text
    assert '<input placeholder="here name Your"></div>' in result.text
    assert re.search(r'<i title="&#34; ?so ?&#34; say">so</i>', result.text)
    assert result.alignment is not None
    for link in result.alignment.links:
        source, target = (
            slice_text(*one, "codepoint") for one in ((sent, link.source), (result.text, link.target))
        )
        assert source.strip('"') == target.strip('"')
    plain = await translated(sent, markup=MarkupOptions())
    assert result.num_generation_tokens > plain.num_generation_tokens
    assert 'title="One two"' in plain.text


async def test_they_are_translated_where_nothing_is_read_of_an_element_too() -> None:
    sent = "<p>Red <a title='One two'> </a><b title='Big dog'>green</b><br title='Alpha beta'>blue</p>"
    engine = FakeEngine(reversed_words)
    result = await make_translator(engine).translate(request(sent, text_format="html", markup=USUAL))
    assert re.sub(" +", " ", result.text) == (
        "<p>blue <a title='two One'> </a><b title='dog Big'>green</b><br title='beta Alpha'>Red</p>"
    )
    assert len(engine.requests) == 4


async def test_a_page_may_have_nothing_else_to_read() -> None:
    assert (await translated("<img alt='One two'>")).text == "<img alt='two One'>"
    answered = await translated(
        "<d a='One two'/>", text_format="xml", markup=MarkupOptions(attributes=frozenset("a"))
    )
    assert answered.text == "<d a='two One'/>"


class Tags(HTMLParser):
    """The browser's view: each tag's attributes, with references resolved."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[tuple[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(attrs)


def tags(text: str) -> list[list[tuple[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    parser.close()
    return parser.seen


VALUES = st.lists(st.sampled_from(["a", "b's", 'c"d', "<e>", "&", "f&amp;g", "é"]), min_size=1).map(" ".join)


@given(VALUES, st.sampled_from(['"', "'"]))
async def test_whatever_stands_in_one_stays_in_it(value: str, quote: str) -> None:
    written = html.escape(value, quote=False).replace(quote, f"&#{ord(quote)};")
    sent = f"<p id=1 title={quote}{written}{quote} class=x>one</p>"
    answer = (await translated(sent)).text
    expected = await translated(value, text_format="text", markup=MarkupOptions())
    assert tags(answer) == [[("id", "1"), ("title", expected.text), ("class", "x")]]
