"""What a reader sees of HTML and XML."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.markup.options import MarkupFormat
from crosslate.service.pipeline.markup.readable import readable_markup
from crosslate.service.pipeline.summarization.extraction.units import read_units
from crosslate.service.pipeline.summarization.reading.sentences import read_prose

ARTICLE = """<!DOCTYPE html>
<html lang="en"><head>
  <meta charset="utf-8"><title>Old depot becomes library | The Lisbon Gazette</title>
  <style>.ad { color: red }</style>
  <script type="application/ld+json">{"headline": "Old depot becomes library"}</script>
</head><body>
<header><div class="brand">The Lisbon Gazette</div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport pages of the day.</a></li></ul></nav>
</header>
<main><article>
  <h1>Will the old depot be ready in time?</h1>
  <p class="byline">By <a rel="author">Ana Sousa</a></p>
  <p>The city of Lisbon will turn its old tram depot into a
     <strong>public library</strong>, the mayor said on&nbsp;Monday.</p>
  <figure><img src="a.jpg" alt="A depot"><figcaption>The depot in 1901.</figcaption></figure>
  <aside class="ad"><p>Buy two tickets and get one for free today!</p></aside>
  <div style="display: none">Please enable cookies to read the whole of this story.</div>
  <h2>Costs</h2>
  <p>Building work is expected to cost 18&nbsp;million&nbsp;&euro; and to take two years.</p>
  <table><caption>Where the money goes</caption>
    <tr><th>Part</th><th>Year</th><th>Millions</th></tr>
    <tr><td>Roof of the hall</td><td>2026</td><td>7</td></tr>
  </table>
  <ul><li>200,000 books will stand in the hall.</li><li>Children get a room of their own.</li></ul>
  <form><label>Letter to us</label><textarea>Write here what you think.</textarea>
    <button>Send it now</button></form>
</article></main>
<footer><p>All rights are reserved by the Lisbon Gazette.</p></footer>
</body></html>"""


def marked(sent: str, markup: MarkupFormat = "html") -> str:
    return readable_markup(sent, markup).marked.text


def test_an_article() -> None:
    read = readable_markup(ARTICLE, "html")
    assert read.marked.text.split("\n\n") == [
        "The Lisbon Gazette",
        "# Will the old depot be ready in time?",
        "By Ana Sousa",
        "The city of Lisbon will turn its old tram depot into a public library, the mayor said on Monday.",
        "The depot in 1901.",
        "# Costs",
        "Building work is expected to cost 18 million € and to take two years.",
        "Where the money goes",
        "| Part\t\tYear\t\tMillions\n| Roof of the hall\t\t2026\t\t7",
        "- 200,000 books will stand in the hall.\n- Children get a room of their own.",
        "Letter to us",
    ]
    assert not any(sign in read.plain.text for sign in ("# ", "- ", "|", "\t\t"))
    sentences = read_prose(read.marked.text, "en", {})
    quotable = [unit.text for unit in read_units(read.marked.text, sentences) if unit.is_quotable]
    assert quotable == [
        "The city of Lisbon will turn its old tram depot into a public library, the mayor said on Monday.",
        "The depot in 1901.",
        "Building work is expected to cost 18 million € and to take two years.",
        "200,000 books will stand in the hall.",
        "Children get a room of their own.",
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("one<b>two</b>three", "onetwothree"),
        ("<p>one <b> two</b>\n <i>\tthree</i></p>", "one two three"),
        ("<p>A&amp;B &lt;p&gt; &#x41;&nosuch;</p>", "A&B <p> A&nosuch;"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<h1>one<br>two</h1>three", "# one two\n\nthree"),
        ("<h1></h1><p>one", "one"),
        ("<p>日本\n語</p>", "日本語"),
        ("<ol><li>one<ul><li>two</ol>three", "- one\n\n- two\n\nthree"),
        ("<dl><dt>Tea</dt><dd>A drink.</dd></dl>", "Tea\n\nA drink."),
        ("<pre>one\n  two</pre>", "one\n  two"),
        ("<pre><code>a  = 1\n<b>b</b></code></pre>c", "```\na  = 1\nb\n```\n\nc"),
        (
            "<table><tr><td>It rains today.</td><td>It snows.</td></tr></table>",
            "| It rains today.\nIt snows.",
        ),
        ("<pre><code>one</code><pre>two</pre>three</pre>", "```\none\n\ntwo\n\nthree\n```"),
        ("<pre><code>```</code></pre>", "```"),
        ("<table><tr><td><p>one</p></td></tr><tr><td><p>two</p></td></tr></table>", "| one\n\n| two"),
        ("<nav>Only <b>links</b></nav><footer>here</footer>", "Only links\n\nhere"),
        ("<nav>never closed<p>one", "never closed\n\none"),
        ("<p hidden>one<p>two", "two"),
        ("<p>one<span aria-hidden=true>two</span> <select><option>three</select>four", "one\n\nfour"),
        ("<p translate=no>one</p><p class=notranslate>two", "one\n\ntwo"),
        ("one < two & three </> four", "one < two & three four"),
    ],
)
def test_html(sent: str, expected: str) -> None:
    assert marked(sent) == expected


def test_xml() -> None:
    sent = (
        "<?xml version='1.0'?><!DOCTYPE art><a:art xmlns:a='urn:a'><a:title>What now?</a:title>\n"
        "<a:p>One <a:em>two</a:em> &#8211; &lt;three&gt;.</a:p><!-- no --><style>no</style>\n"
        "<a:nav>Four</a:nav>\n<a:list><a:list-item>five</a:list-item>\n<a:list-item>six</a:list-item></a:list></a:art>"
    )
    assert marked(sent, "xml") == "# What now?\n\nOne two – <three>.\n\nFour\n\n- five\n- six"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("<a><b>x <![CDATA[one < two]]> y</b></a>", "x one < two y"),
        ("<item><d><![CDATA[<p>One &amp; <b>two</b>.</p><p>Three.</p>]]></d></item>", "One & two.\n\nThree."),
        ("<a><![CDATA[]]><c>x</c></a>", "x"),
    ],
)
def test_cdata_is_text_and_html_where_it_has_tags(sent: str, expected: str) -> None:
    assert marked(sent, "xml") == expected


@pytest.mark.parametrize("name", ["b", "nav", "p hidden", "li", "pre", "table", "h1", "svg", "pre><code"])
def test_depth_is_no_matter(name: str) -> None:
    assert marked(f"<{name}>" * 5000 + "words").endswith("words")


def test_each_word_leads_to_where_it_stands() -> None:
    sent = "<ul><li>A&nbsp;<b>caf&eacute;</b>\n<li>t<i>w</i>o</ul>"
    read = readable_markup(sent, "html")
    places = [sent[slice(*read.marked.origin.span(word))] for word in read.words()]
    assert places == ["A", "caf&eacute;", "t<i>w</i>o"]
    assert [read.marked.text[slice(*word)] for word in read.words()] == ["A", "café", "two"]
