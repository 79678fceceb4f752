"""Pages of everything that a page may have: tags out are tags in, well nested, and no character is lost."""

from __future__ import annotations

import html
import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.markup.attributes import USUAL_ATTRIBUTES
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.types import TextFormat
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request

_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</?[A-Za-z][^>]*>", re.DOTALL)
_WITHOUT_END = frozenset({"br", "img", "wbr", "input", "dt", "dd"})
WORDS = ["alpha", "beta", "naïve", "👩\u200d👩\u200d👧", "👍🏽", "🇧🇷", "שלום", "مرحبا", "字", "12", "don't"]
WORDS += ["c,", "d.", '"q"', "1st", "&amp;", "&lt;", "&nbsp;", "&eacute;", "&mdash;"]
LEAVES = st.sampled_from([*WORDS, "<br>", "<img src=x alt='e f'>", "<wbr>", "<!-- c -->", "<code>k v</code>"])
INLINE = st.sampled_from(["b", "i", "span class='x y'", "a href='u?a=1&amp;b=2' title='g h'", "u dir=rtl"])


def _element(node: tuple[str, str]) -> str:
    return f"<{node[0]}>{node[1]}</{node[0].split()[0]}>"


def _row(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(parts, st.sampled_from([" ", " ", ""])).map("".join)
    return st.lists(joined, min_size=1, max_size=3).map("".join)


INLINES = st.recursive(LEAVES, lambda inner: st.tuples(INLINE, _row(inner)).map(_element), max_leaves=9)
ROWS = _row(INLINES)
PAGES = st.one_of(
    ROWS,
    st.tuples(ROWS, ROWS).map(lambda two: "<ul><li>{}<ol><li>{}</li></ol></li></ul>".format(*two)),
    st.tuples(ROWS, ROWS).map(lambda two: "<table><tr><th>{}<td>{}</table>".format(*two)),
    st.tuples(ROWS, ROWS).map(lambda two: "<p dir='rtl'>{}</p><dl><dt>{}</dl>".format(*two)),
)


async def _translated(sent: str, text_format: TextFormat = "html", **changes: object) -> str:
    asked = request(sent, text_format=text_format, **changes)
    return (await make_translator(FakeEngine(reversed_words)).translate(asked)).text


def _is_well_nested(text: str) -> bool:
    path: list[str] = []
    for tag in _TAG.findall(text):
        name = re.match(r"</?(\w+)", tag)
        if name is None or name[1] in _WITHOUT_END or name[1] in ("li", "tr", "th", "td"):
            continue
        if not tag.startswith("</"):
            path.append(name[1])
        elif not path or path.pop() != name[1]:
            return False
    return not path


def _characters(text: str) -> Counter[str]:
    """In lower case: titles are read as sentences."""
    return Counter("".join(html.unescape(_TAG.sub("", text)).casefold().split()))


@example("&eacute;<b><i><u dir=rtl>3,5 naïve </u> H2O </i> <wbr> </b> ")
@example("<b><u dir=rtl>x 👍🏽 </u> alpha </b><i>beta 👍🏽 c</i>")
@example("<u dir=rtl>12 <b>c,مرحبا </b></u> <i><b>beta d. </b> <b>1st 🇧🇷</b> </i>")
@example("<span class='x y'><i>👍🏽</i> naïve <!-- c --> </span> <b>&lt; gamma</b> don't")
@example("<code>k v</code> <b><i>d. c, </i> &lt; <u dir=rtl>👍🏽 </u> </b> 1st")
@settings(max_examples=15)
@given(PAGES)
async def test_tags_of_pages_come_out_once_and_well_nested_and_all_characters_with_them(sent: str) -> None:
    found = await _translated(sent)
    assert Counter(_TAG.findall(found)) == Counter(_TAG.findall(sent))
    assert _is_well_nested(found)
    assert _characters(found) == _characters(sent)
    options = MarkupOptions(attributes=USUAL_ATTRIBUTES)
    with_attributes = await _translated(sent, markup=options)
    assert with_attributes.replace("f e", "e f").replace("h g", "g h") == found


XML_LEAVES = st.sampled_from(
    ["one", "two three", "<![CDATA[<k>]]>", "<?x y?>", "<n:e/>", "&#233;", "&lt;", "é字"]
)
XML = st.recursive(
    XML_LEAVES,
    lambda inner: st.tuples(st.sampled_from(["n:a k='1'", "b n:k='&lt;'", "c.d"]), _row(inner)).map(_element),
    max_leaves=8,
)


@settings(max_examples=12)
@given(_row(XML))
async def test_xml_with_namespaces_and_instructions_stays_well_formed(sent: str) -> None:
    found = await _translated(sent, "xml")
    assert Counter(_TAG.findall(found)) == Counter(_TAG.findall(sent))
    one, other = (ET.fromstring(f"<r xmlns:n='urn:n'>{text}</r>") for text in (sent, found))
    assert Counter(node.tag for node in one.iter()) == Counter(node.tag for node in other.iter())
    assert Counter("".join("".join(one.itertext()).split())) == Counter(
        "".join("".join(other.itertext()).split())
    )


@pytest.mark.parametrize("sent", ["<b>red</b>3,5<i>x</i> y", "red<b>{x}</b>y <i>z</i>"])
async def test_what_is_placed_by_links_has_no_tags_of_its_own(sent: str) -> None:
    """Figures and placeholders in one word with others, tags within it."""
    found = await _translated(sent)
    assert Counter(_TAG.findall(found)) == Counter(_TAG.findall(sent))
