"""Pages that are translated some blocks at a time."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.documents.formats.web.html_portions import html_portions
from tests.service.pipeline.helpers import make_translator, request

TEXTS = st.sampled_from(["a b c", "b, a.", " ", "c &amp; a", "x<br>", "b <br>a", ""])
NAMES = (
    "p",
    "div",
    "b",
    "li",
    "td",
    "pre",
    "code",
    "title",
    "script",
    "span translate=no",
    "p class=notranslate",
)
ELEMENTS = st.recursive(
    TEXTS,
    lambda inner: st.lists(
        st.tuples(st.sampled_from(NAMES), inner, st.booleans()).map(
            lambda one: f"<{one[0]}>{one[1]}" + (f"</{one[0].split()[0]}>" if one[2] else "")
        )
        | inner,
        max_size=4,
    ).map("".join),
    max_leaves=14,
)


async def translated(text: str) -> str:
    return (await make_translator().translate(request(text, text_format="html"))).text


@settings(max_examples=15, deadline=None)
@given(ELEMENTS)
def test_portions_come_out_as_they_do_in_the_whole_page(page: str) -> None:
    portions = list(html_portions(page, 1))
    assert "".join(portions) == page

    async def run() -> None:
        assert "".join([await translated(one) for one in portions]) == await translated(page)

    asyncio.run(run())


def test_a_long_page_is_divided_between_its_blocks() -> None:
    paragraph = "<p>Some <b>words</b> in a paragraph. " + "And more. " * 20 + "</p>\n"
    page = f"<html><head><title>A page</title></head><body><div>{paragraph * 400}</div></body></html>"
    read = read_document("a.html", page.encode(), ReadOptions())
    texts = [segment.text for segment in read.segments]
    assert len(texts) > 5
    assert max(map(len, texts)) < 10_000
    assert "".join(texts) == page
    assert read.write(texts) == page.encode()
