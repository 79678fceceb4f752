from __future__ import annotations

import sys
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.layout.restoring.restoring import layout_of
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupFormat, MarkupOptions
from crosslate.service.pipeline.markup.reading import markup_passages, passages_of_part
from crosslate.service.pipeline.sentences.splitting import core_span
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.text.words import segment_words

SNIPPETS = (
    "word", "Two words", "a", "é", "字", ".", ",", "!", " ", "\n", "\r\n", "\t", "&amp;", "&nbsp;", "&#160;",
    "<b>", "</b>", "<i class='x y'>", "</i>", "<a href=\"u?a=1&amp;b=2\">", "</a>", "<p>", "</p>", "<div>",
    "</div>", "<li>", "<br>", "<br/>", "<img src=x>", " <code>", "</code> ",
    " <span translate=no>", "</span> ", "<script>", "</script>", "<!-- c -->",
    "<!DOCTYPE html>", "<?x y?>", "</>", "<pre>", "</pre>", "<svg>",
    "</svg>", "<x id='7'></x>", "\x00", "<rt>", "</rt>", "<my-x>", "</my-x>", "<label>", " <?= $x->y ?> ",
)  # fmt: skip
ODD_SNIPPETS = (
    *SNIPPETS,
    "<",
    "<title>",
    "</title>",
    "</p",
    "<unclosed a='",
    "<plaintext>",
    "<noscript>",
    "</noscript>",
    "]]>",
    "<![CDATA[",
)


def read(sent: str, markup: MarkupFormat = "html", options: MarkupOptions = NO_OPTIONS) -> list[str]:
    return [passage.text.text for passage in markup_passages(sent, markup, options)]


def untranslated(passage: Passage) -> tuple[tuple[int, int], str]:
    """The passage as if its translation were what was read."""
    core = core_span(passage.text.text, 0, len(passage.text.text))
    assert core is not None
    source = passage.text.part(*core)
    layout = layout_of(passage, source.span)
    links = [Link(word, word, 1.0) for word in segment_words(source.text)]
    restored, _ = layout.restored(DerivedText.of(source.text), source, links)
    assert layout.extent is not None
    return layout.extent, restored.text


def rebuilt(sent: str, passages: list[Passage]) -> str:
    text, at = "", 0
    for passage in passages:
        (start, end), written = untranslated(passage)
        text += sent[at:start] + written
        at = end
    return text + sent[at:]


def without_blanks(sent: str) -> str:
    return "".join(sent.replace("&nbsp;", " ").replace("&#160;", " ").split())


@given(st.lists(st.sampled_from(ODD_SNIPPETS), max_size=14).map("".join))
def test_every_character_of_html_is_in_one_piece(sent: str) -> None:
    pieces = list(scan_html(sent))
    assert [piece.span[0] for piece in pieces] == [0, *(piece.span[1] for piece in pieces)][: len(pieces)]
    assert "".join(sent[slice(*piece.span)] for piece in pieces) == sent


@example(".</b><!-- c --> <code>")
@example("word&amp;<img src=x>&amp;")
@example("word.<b>..")
@example(".</b>.</b>word")
@example("字<my-x>.</b>.")
@example("\x00</i>!</rt><br>字")
@example("!<br></svg></>a</i>")
@example("&amp;<br/><?x y?></a>é")
@example("<b>&amp;<br/></a></b>word")
@example("Two words!<i class='x y'> !")
@example("a<br/>&amp;<my-x>\x00")
@example("!</svg>\x00</script> <code>\n,")
@example(" <span translate=no></span> </>.a")
@example(" <?= $x->y ?> <img src=x>,</svg>é")
@example("<my-x></svg>字<b></i>&nbsp; <code>,</code>   <code>")
@given(st.lists(st.sampled_from(SNIPPETS), max_size=14).map("".join))
def test_what_is_not_translated_comes_back_byte_for_byte(sent: str) -> None:
    """But for a blank at the inner side of a tag, which may come to stand at the outer one."""
    assume(
        "字" not in sent or "\n" not in sent
    )  # between these a line end is read as nothing, not as a blank
    for passages in (markup_passages(sent, "html", NO_OPTIONS), passages_of_part(sent, "html", NO_OPTIONS)):
        found = rebuilt(sent, passages)
        assert without_blanks(found) == without_blanks(sent)
        assert Counter(found) == Counter(sent)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("<p>One <b>two</b></p><p>three", ["One two", "three"]),
        ("<ul>\n  <li>One\n  <li>Two</ul>", ["One", "Two"]),
        ("<!DOCTYPE html><html><head><title>T &amp; U</title><meta x></head><body>V</body>", ["T & U", "V"]),
        ("a\n   b&nbsp;c &lt; d", ["a b c < d"]),
        ("One <!-- no --> <b> two </b>", ["One two"]),
        ("One<br>two. Three<br>four<br/><br/>five<br>Six", ["One two. Three four", "five", "Six"]),
        ("<pre>no</pre>yes<script>no</script> and <style>no</style>no", ["yes and no"]),
        ("<p translate='no'>no</p><p class='a notranslate'>no<p>yes", ["yes"]),
        ("<table><tr><td>A<td>B</table>", ["A", "B"]),
        ("It is big<sup><a>1</a></sup>, he says.<sup>[2, 3]</sup> A<sup>*</sup>", ["It is big, he says. A*"]),
        ("10 km<sup>2</sup>, x<sup>2</sup>, sin<sup>2</sup>, 19<sup>th</sup>", ["10 km2, x2, sin2, 19th"]),
        ("<b><p>one</p><p>two</p></b>", ["one", "two"]),
        ("<a>Home</a><a>About us</a>", ["Home", "About us"]),
        ("<b>un</b><i>seen</i>", ["unseen"]),
        ("<a href=x>un</a><a href=x>seen</a>", ["unseen"]),
        ("<a href=x>home</a><a href=y><b>about</b> us</a><a href=z>2</a>", ["home", "about us2"]),
        ("the <a href=x>red</a><a href=y>house</a> is", ["the red house is"]),
        ("see<a href=x>[a]</a><a href=y>[b]</a>", ["see[a][b]"]),
        ("<label>Name</label>\n<input> <label>Show <input> rows</label>", ["Name", "Show rows"]),
        ("x<noscript><p>Turn <b>it</b> on.\r\n</noscript>y", ["x", "Turn it on.", "y"]),
        ("<noscript>a<noscript><b>b</b></noscript>c</noscript>", ["a", "c"]),
        ("<template><h1>One</h1>{{ two }}</template>", ["One", "{{ two }}"]),
        ("<ruby>one<rp>(</rp><rt>no</rt><rp>)</rp></ruby> two", ["one two"]),
        ("<ruby>one<rt>no<rt>no</ruby> two <rt>no<p>three", ["one two", "three"]),
        ("<mj-text>one</mj-text>\n<mj-button>two</mj-button>", ["one", "two"]),
        ("<v-card><p>a <my-link>b</my-link> c<p><my-link>d</my-link></v-card>", ["a b c", "d"]),
        ("a <?php if ($x > 1): ?>b <?= $y->z ?> c", ["a b <?= $y->z ?> c"]),
        ("<% a<b && c %><p x='<%= d>e %>' <%= f %>>a <%= '<b>' %>", ["<% a<b && c %>", "a <%= '<b>' %>"]),
        ("", []),
        ("<br>\n123", []),
    ],
)  # fmt: skip
def test_the_blocks_of_html_are_read_without_tags(sent: str, words: list[str]) -> None:
    assert read(sent) == words


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("Press <b>Go</b> now", ["Press Go now"]),
        ("<d><par>One</par><par>Two</par></d>", ["One", "Two"]),
        ("<d>\n <par>One <b>x</b></par>\n <par><b>All</b></par>\n</d>", ["One x", "All"]),
        ("<p><em>One</em> <em>two</em></p>", ["One two"]),
        ("<?xml version='1.0'?>\n<!DOCTYPE d>\n<d>Text &amp; &#233;</d>", ["Text & é"]),
        (r"<s>You\'ve <b>Anna\'s</b> \"x\"</s>", ["You've Anna's \"x\""]),
        (r"<s>Don't \'do\' it</s>", [r"Don't \'do\' it"]),
        ("<r><s translatable='false'>One</s><s>Two</s></r>", ["Two"]),
        ("<a>x <![CDATA[<b>]]> y</a>", ["x <![CDATA[<b>]]> y"]),
        ("One<br/>two. Three<br />four<br/><br/>five<h:br/>Six", ["One two. Three four", "five", "Six"]),
    ],
)
def test_the_outline_of_xml_is_found(sent: str, words: list[str]) -> None:
    assert read(sent, "xml") == words
    assert rebuilt(sent, markup_passages(sent, "xml", NO_OPTIONS)) in (sent, sent.replace("&#233;", "é"))


def test_callers_say_what_elements_are() -> None:
    sent = "<d><par>One</par><x>Two</x><y/>z</d>"
    options = MarkupOptions(ignored=frozenset({"x"}), splitting=frozenset({"y"}), finds_outline=False)
    assert read(sent, "xml", options) == ["One<x>Two</x>", "z"]
    options = MarkupOptions(non_splitting=frozenset({"div"}), splitting=frozenset({"b"}))
    assert read("<div>a</div> b <b>c</b>", "html", options) == ["a b", "c"]


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("a < b", "line 1, column 4"),
        ("<a>\n<b></a>", "line 2, column 6"),
        ("a &nbsp; b", "line 1, column 3"),
        ("<!DOCTYPE d [<!ENTITY x 'y'>]><d>&x;</d>", "declarations"),
        ("</root><root>", "line 1"),
    ],
)
def test_xml_that_is_not_well_formed_is_refused_with_its_place(sent: str, fault: str) -> None:
    with pytest.raises(ServiceError, match=fault) as caught:
        markup_passages(sent, "xml", NO_OPTIONS)
    assert (caught.value.status, caught.value.code) == (422, "invalid_markup")
    assert markup_passages(sent, "xml", MarkupOptions(is_lenient=True)) is not None


def test_elements_may_not_stand_too_deep_in_each_other() -> None:
    assert read("<b>" * 100 + "x" + "</b>" * 100) == ["x"]
    assert read("<li>x" * 1000) == ["x"] * 1000
    with pytest.raises(ServiceError) as caught:
        read("<b>" * 101 + "x")
    assert (caught.value.status, caught.value.code) == (413, "markup_too_deep")


WORDS = st.text(alphabet="ab é字&<>", min_size=1, max_size=6)
LEAVES = WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from(["b", "i", "x-y"]), st.lists(inner, max_size=3)).map(
        lambda node: f"<{node[0]} n='1'>{''.join(node[1])}</{node[0]}>"
    ),
    max_leaves=8,
)


@given(st.lists(TREES, max_size=3).map("".join))
@example("a<b n='1'> </b>b")
def test_trees_of_xml_come_back_as_they_were(sent: str) -> None:
    found = rebuilt(sent, markup_passages(sent, "xml", NO_OPTIONS))
    one, other = (ET.fromstring(f"<r>{text}</r>") for text in (sent, found))
    assert [node.tag for node in one.iter()] == [node.tag for node in other.iter()]
    assert "".join(one.itertext()) == "".join(other.itertext())


def num_calls(sent: str, markup: MarkupFormat) -> int:
    """How many functions are called to read a text, those of C among them."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        markup_passages(sent, markup, NO_OPTIONS)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("markup", ["html", "xml"])
@pytest.mark.parametrize(
    "unit",
    [
        "<p>The <b>big</b> dog &amp; a <a href='x'>cat</a>\n run.</p>\n",
        "the <b>big</b> dog <i>and</i> a cat ",
        "<x/>a ",
        "a\r\nb &lt; c\r\n",
        "<code>a</code> b ",
    ],
)
def test_the_work_on_a_page_grows_with_its_length(unit: str, markup: MarkupFormat) -> None:
    markup_passages(unit, markup, NO_OPTIONS)
    once, fourfold = (num_calls(unit * size, markup) for size in (50, 200))
    assert fourfold <= 4.4 * once


@pytest.mark.parametrize(
    ("sent", "texts"),
    [
        ('You have <x id="1"/> messages.', ['You have <x id="1"/> messages.']),
        ('You have <x id="7"></x> messages.', ['You have <x id="7"></x> messages.']),
        ('<p>Hello, <ph id="1" disp="{name}"/>!</p>', ['Hello, <ph id="1" disp="{name}"/>!']),
        ('I am <x id="1"/>here<x id="2"/>, now.', ["I am here, now."]),
        ('Press <x id="1" ctype="image"/> now.', ["Press now."]),
        ('One.<x id="1" equiv-text="&lt;br&gt;"/>Two.', ["One.", "Two."]),
        ('The <b>big</b><x id="1"/> house.', ["The big house."]),
        ("<a><x/></a>", []),
    ],
)
def test_empty_elements_of_xliff_are_words_where_words_would_stand(sent: str, texts: list[str]) -> None:
    assert read(sent, "xml") == texts
