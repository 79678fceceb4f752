"""Summaries of marked-up text: those of what a reader sees, with spans in what was sent."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationParams
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.summarization.types import SummaryResult
from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.types import DoneEvent
from tests.service.pipeline.summarization.helpers import make_summarizer, numbered, request

# Without ideographs: between two of them a line end is no blank.
WORDS = st.text(st.sampled_from("abcdeé&<>\"'𝔘"), min_size=1, max_size=6)
INLINE = st.sampled_from(["b", "i", "span", "a", "em", "unknown", "code", "font"])
NOTHING = [
    "<!-- a comment -->",
    '<img alt="words">',
    "<wbr>",
    "<svg><text>seen by none</text></svg>",
    "<b></b>",
]
BESIDE = [
    "<script>if (a < b) { alert('no'); }</script>",
    "<nav><ul><li><a href='/'>Home</a></li></ul></nav>",
    "<div hidden>Hidden words.</div>",
    "<!-- <p>Words in a comment.</p> -->",
    "<aside><p>Buy this today.</p></aside>",
    "\n\n",
]
BLOCKS = ["p", "div", "section", "blockquote", "article"]


class _Seen(HTMLParser):
    """What another parser sees between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.text += " " * (tag in BLOCKS)

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(markup: str) -> str:
    parser = _Seen()
    for unseen in (*BESIDE, *NOTHING):
        markup = markup.replace(unseen, "")
    parser.feed(markup)
    parser.close()
    return " ".join(parser.text.split())


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, str]:
    """A page and what is seen of it."""
    page, paragraphs = "", []
    for _ in range(draw(st.integers(1, 5))):
        words = [*draw(st.lists(WORDS, min_size=2, max_size=16)), "end."]
        paragraphs.append(" ".join(words))
        written = [html.escape(word) for word in words]
        for _ in range(draw(st.integers(0, 5))):
            first = draw(st.integers(0, len(words) - 1))
            last = draw(st.integers(first, len(words) - 1))
            name = draw(INLINE)
            written[first] = f"<{name} title='x'>{written[first]}"
            written[last] += f"</{name}>"
        at = draw(st.integers(0, len(words) - 1))
        written[at] += draw(st.sampled_from(NOTHING))
        name, blank = draw(st.sampled_from(BLOCKS)), draw(st.sampled_from([" ", "\n  ", "&nbsp;", "  "]))
        page += draw(st.sampled_from(BESIDE)) + f"<{name}>{blank.join(written)}</{name}>"
    return page, "\n\n".join(paragraphs)


async def result_of(text: str, text_format: str, **changes: object) -> SummaryResult:
    return await make_summarizer().summarize(request(text, text_format=text_format, **changes))


@settings(max_examples=60, deadline=None)
@given(page=pages())
async def test_a_page_has_the_summary_of_what_is_seen_of_it(page: tuple[str, str]) -> None:
    markup, text = page
    found = await result_of(markup, "html", alignment="links")
    plain = await result_of(text, "text", alignment="links")
    assert (found.text, found.finish_reason, found.sentences) == (
        plain.text,
        plain.finish_reason,
        plain.sentences,
    )
    assert found.num_characters == len(markup)
    for one, other in zip(found.chunks, plain.chunks, strict=True):
        assert one.text == other.text
        assert seen(markup[slice(*one.source)]).split() == text[slice(*other.source)].split()
    assert found.alignment is not None
    assert plain.alignment is not None
    for rests, expected in zip(found.alignment.sentences, plain.alignment.sentences, strict=True):
        assert rests.target == expected.target
        assert [s.mass for s in rests.sources] == [s.mass for s in expected.sources]
        for source, its in zip(rests.sources, expected.sources, strict=True):
            assert seen(markup[slice(*source.source)]) == text[slice(*its.source)]
    words, expected_words = found.alignment.words, plain.alignment.words
    assert words is not None
    assert expected_words is not None
    assert words.pharaoh == expected_words.pharaoh
    assert [seen(markup[slice(*word)]) for word in words.source_words] == [
        text[slice(*word)] for word in expected_words.source_words
    ]


MARKED = {
    "html": "<h2>A <b>heading</b></h2><ul><li>Tea &amp; cake</ul><table><tr><th>Name<td>Price</table>",
    "xml": "<d><h2>A <b>heading</b></h2>\n<li>Tea &#38; cake</li>\n<tr><td>Name</td><td>Price</td></tr></d>",
    "markdown": "## A **heading**\n\n- Tea &amp; cake\n\n| Name | Price |\n|---|---|\n",
}


@pytest.mark.parametrize("text_format", MARKED)
async def test_a_short_text_is_given_back_without_its_markup(text_format: str) -> None:
    sent = MARKED[text_format]
    params = GenerationParams(min_new_tokens=20, max_new_tokens=40)
    found = await result_of(sent, text_format, alignment="matrix", params=params)
    assert re.sub(r"\n+", "\n", found.text) == "A heading\nTea & cake\nName\tPrice"
    assert [(w.code, "without its markup" in w.message) for w in found.warnings] == [
        ("returned_unchanged", True)
    ]
    assert found.alignment is not None
    assert found.alignment.words is not None
    for link in found.alignment.words.links:
        assert html.unescape(sent[slice(*link.source)]) == found.text[slice(*link.target)]
    assert len(found.alignment.words.links) == len(found.alignment.words.target_words) == 7
    first = found.alignment.sentences[0]
    assert sent[slice(*first.sources[0].source)].startswith("A ")


@pytest.mark.parametrize("unit", ["codepoint", "utf8", "utf16"])
async def test_spans_are_in_the_unit_that_was_asked_for(unit: OffsetUnit) -> None:
    page = f"<p>𝔘é &amp;</p><p>{numbered(12)}</p>"
    found = await result_of(page, "html", offset_unit=unit, alignment="sentences")
    for chunk in found.chunks:
        if chunk.level == 0:
            source = slice_text(page, chunk.source, unit)
            assert seen(source).startswith(("𝔘", "S"))
            assert source.endswith((".", "&amp;"))


async def test_a_long_page_is_read_in_chunks_that_point_into_it() -> None:
    sentences = numbered(30).split(". ")
    page = "".join(f"<p><b>{s.rstrip('.')}</b>.</p><hr>" for s in sentences)
    summarizer = make_summarizer()
    events = [event async for event in summarizer.stream(request(page, text_format="html"))]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (
        done.result.text
        == (await result_of("\n\n".join(f"{s.rstrip('.')}." for s in sentences), "text")).text
    )
    told = [event.chunk for event in events if hasattr(event, "chunk")]
    assert sorted(map(repr, told)) == sorted(map(repr, done.result.chunks))
    first = [chunk for chunk in told if chunk.level == 0]
    assert len(first) > 3
    for chunk in first:
        assert seen(page[slice(*chunk.source)]).startswith(chunk.text.split()[0])


async def test_xml_that_is_not_well_formed_costs_nothing() -> None:
    with pytest.raises(ServiceError, match="not well formed at line 1") as raised:
        await make_summarizer().summarize_all(
            [request("Fine."), request("<p>Not <b>fine</p>", text_format="xml")]
        )
    assert (raised.value.status, raised.value.code) == (422, "invalid_markup")


@pytest.mark.parametrize("page", ["", "<br>", "<script>let a</script>", "<!-- words -->"])
async def test_a_page_without_words_says_so(page: str) -> None:
    found = await result_of(page, "html", alignment="links")
    assert found.text == ""
    assert [w.message for w in found.warnings] == (
        ["The text has no words to summarize; it is returned without its markup."] if page else []
    )
